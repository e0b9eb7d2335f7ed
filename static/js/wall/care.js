// A screen that nobody looks after for a year: it stays awake, hides the pointer, moves a little so that nothing burns
// in, and loads a new build once, at a quiet moment.
import { followBuild } from "../build.js";

const root = document.documentElement;
const MINUTE = 60000;
const POINTING = 3000;
const READING = 30000; // what somebody had explained and left open
const PATIENCE = 10 * MINUTE; // with a moment that is not quiet
const DRIFT = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]]; // quarters of a rem
let lock = null;
let pointer = 0;
let reading = 0;
let step = 0;

async function stayAwake() {
  if (document.hidden || (lock && !lock.released) || !navigator.wakeLock) return;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    lock = null; // a browser may refuse on battery; the screen's own settings decide then
  }
}

function point() {
  root.classList.add("is-pointing");
  clearTimeout(pointer);
  pointer = setTimeout(() => root.classList.remove("is-pointing"), POINTING);
}

function drift() {
  step = (step + 1) % DRIFT.length;
  const [x, y] = DRIFT[step];
  document.querySelector(".wall").style.translate = `${x / 4}rem ${y / 4}rem`;
}

const isQuiet = (waited) => waited > PATIENCE || !document.querySelector("[data-alert], :popover-open");

function closeLater(event) {
  clearTimeout(reading);
  if (event.newState === "open") reading = setTimeout(() => event.target.hidePopover(), READING);
}

stayAwake();
document.addEventListener("visibilitychange", stayAwake);
document.addEventListener("pointermove", point);
document.addEventListener("toggle", closeLater, { capture: true });
setInterval(drift, MINUTE);
followBuild(isQuiet);
setInterval(stayAwake, MINUTE);
