// Opening a row beside its list without leaving the page. Without this module the same links open it by a reload.
import { ROWS } from "./order.js";

const drawer = () => document.getElementById("drawer");
const isPlain = (event) => event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);

function mark() {
  const { kind, key } = drawer()?.dataset ?? {};
  const chosen = kind ? document.querySelector(`[data-open="${CSS.escape(`${kind}:${key}`)}"]`) : null;
  for (const link of document.querySelectorAll("[data-open][aria-current]")) link.removeAttribute("aria-current");
  for (const row of document.querySelectorAll("[data-selected]")) row.removeAttribute("data-selected");
  chosen?.setAttribute("aria-current", "true");
  chosen?.closest(ROWS)?.toggleAttribute("data-selected", true);
}

async function load(url) {
  try {
    await htmx.ajax("GET", url, { target: "#drawer", select: "#drawer", swap: "outerHTML" });
  } catch {
    location.assign(url);
    return;
  }
  history.pushState(null, "", url.replace(/\?$/, ""));
  mark();
}

async function open(link) {
  await load(link.href);
  drawer()?.focus({ preventScroll: true });
}

async function close(link) {
  const { kind, key } = drawer().dataset;
  await load(link.href);
  document.querySelector(`[data-open="${CSS.escape(`${kind}:${key}`)}"]`)?.focus({ preventScroll: true });
}

function linkOfRow(target) {
  if (target.closest("a, button, summary, input, label") || !getSelection().isCollapsed) return null;
  return target.closest(ROWS)?.querySelector("[data-open]");
}

if (drawer()) {
  mark();
  document.addEventListener("live:shown", mark);
  window.addEventListener("popstate", () => location.reload());
  document.addEventListener("click", (event) => {
    if (!isPlain(event)) return;
    const closing = event.target.closest("[data-close]");
    const link = event.target.closest("a[data-open]") ?? linkOfRow(event.target);
    if (!closing && !link) return;
    event.preventDefault();
    if (closing) close(closing);
    else open(link);
  });
}
