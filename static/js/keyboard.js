// The keys that a page of ours knows; the help dialog lists them.
import { ROWS } from "./order.js";
import { toggle } from "./pause.js";

const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
const rows = () => [...document.querySelectorAll("[data-open]")];

function step(by) {
  const links = rows();
  const at = links.indexOf(document.activeElement.closest?.("[data-open]"));
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.closest(ROWS)?.scrollIntoView({ block: "nearest" });
}

function escape() {
  const menu = document.querySelector("details.menu[open]");
  const close = document.querySelector("#drawer:not([hidden]) [data-close]");
  if (menu) menu.open = false;
  else if (isTyping(document.activeElement) || !close) document.activeElement.blur();
  else close.click();
}

const KEYS = {
  "/": () => document.querySelector("input[type=search]")?.focus(),
  "j": () => step(1),
  "k": () => step(-1),
  "?": () => document.getElementById("help")?.showModal(),
  " ": toggle,
};

for (const button of document.querySelectorAll("[data-action=help]")) button.hidden = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return escape();
  if (isTyping(event.target) || (event.key === " " && event.target.closest("button, summary"))) return;
  const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-action=help]")) KEYS["?"]();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
