// The keys that a page of ours knows; the help dialog lists them.
import { ROWS } from "./order.js";
import { toggle } from "./pause.js";

const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
const LINKS = "[data-open], .attention__who, #overview-queues .queue__name";

// Moves to a row; says whether there is any.
function step(by) {
  const links = [...document.querySelectorAll(LINKS)];
  const at = links.indexOf(document.activeElement.closest?.(LINKS));
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.closest(ROWS)?.scrollIntoView({ block: "nearest" });
  return links.length > 0;
}

function search() {
  const field = document.querySelector("input[type=search]");
  field?.focus();
  return field !== null;
}

function help() {
  const dialog = document.getElementById("help");
  dialog?.showModal();
  return dialog !== null;
}

function escape() {
  const menu = document.querySelector("details.menu[open]");
  const close = document.querySelector("#drawer:not([hidden]) [data-close]");
  if (menu) menu.open = false;
  else if (isTyping(document.activeElement) || !close) document.activeElement.blur();
  else close.click();
}

// Each says whether this page has what it is for: where it has not, the key is the browser's.
const KEYS = { "/": search, "j": () => step(1), "k": () => step(-1), "?": help, " ": toggle };

for (const button of document.querySelectorAll("[data-action=help]")) button.hidden = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return escape();
  if (isTyping(event.target) || (event.key === " " && event.target.closest("button, summary"))) return;
  const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (act?.()) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-action=help]")) help();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
