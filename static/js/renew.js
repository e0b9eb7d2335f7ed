// A new build on a page that somebody may be working with: nothing typed is lost, and nobody is interrupted.
import { followBuild } from "./build.js";

const REST = 10000; // since somebody last moved or typed
const BUSY = "dialog[open], details[open], :popover-open, html[data-paused]";
let usedAt = 0;

const isTyped = (field) => field.value !== field.defaultValue || field.matches(":focus");
const isIdle = () => document.hidden || Date.now() - usedAt > REST;

function isQuiet() {
  if (!isIdle() || document.querySelector(BUSY) || !getSelection().isCollapsed) return false;
  return ![...document.querySelectorAll("input:not([type=hidden]), textarea")].some(isTyped);
}

for (const name of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
  document.addEventListener(name, () => { usedAt = Date.now(); }, { passive: true, capture: true });
}
followBuild(isQuiet);
