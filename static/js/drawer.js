// Opening a row beside its list without leaving the page. Without this module the same links open it by a reload.
import { hasEnded } from "./ended.js";
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

// Returns whether the page shows what the address names. What cannot be had says why itself, on a page of its own, unless
// this page has come to its end: then it says so and stays.
async function load(url) {
  const before = drawer();
  await htmx.ajax("GET", url, { target: "#drawer", select: "#drawer", swap: "outerHTML" }).catch(() => null);
  if (drawer() === before) {
    if (!hasEnded()) location.assign(url);
    return false;
  }
  history.pushState(null, "", url.replace(/\?$/, ""));
  mark();
  return true;
}

async function open(link) {
  if (await load(link.href)) drawer()?.focus({ preventScroll: true });
}

async function close(link) {
  const { kind, key } = drawer().dataset;
  if (!(await load(link.href))) return;
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
