// A screen that nobody looks after for a year: it stays awake, hides the pointer, moves a little so that nothing burns
// in, and loads a new build once, at a quiet moment.
import { setting } from "./head.js";

const root = document.documentElement;
const MINUTE = 60000;
const POINTING = 3000;
const READING = 30000; // what somebody had explained and left open
const PATIENCE = 10 * MINUTE; // with a moment that is not quiet
const BETWEEN = 10 * MINUTE; // two reloads: while builds are mixed, one must not follow the other
const SPREAD = 20000;
const DRIFT = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]]; // quarters of a rem
let lock = null;
let pointer = 0;
let reading = 0;
let step = 0;
let newSince = 0;
let mayReloadAt = 0;

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

function lastReload() {
  try {
    return Number(sessionStorage.getItem("wall-reloaded")) || 0;
  } catch {
    return 0;
  }
}

function reload() {
  try {
    sessionStorage.setItem("wall-reloaded", Date.now());
  } catch {
    return; // without a memory it could go on for ever
  }
  location.reload();
}

const isQuiet = () => !document.querySelector("[data-alert], :popover-open");

function lookForBuild() {
  const build = setting("build");
  if (!build || build === root.dataset.build || root.dataset.live !== "live") {
    newSince = 0;
    return;
  }
  const now = Date.now();
  if (!newSince) {
    newSince = now;
    mayReloadAt = Math.max(now + Math.random() * SPREAD, lastReload() + BETWEEN);
  }
  if (now >= mayReloadAt && (isQuiet() || now - newSince > PATIENCE)) reload();
}

function closeLater(event) {
  clearTimeout(reading);
  if (event.newState === "open") reading = setTimeout(() => event.target.hidePopover(), READING);
}

stayAwake();
document.addEventListener("visibilitychange", stayAwake);
document.addEventListener("pointermove", point);
document.addEventListener("toggle", closeLater, { capture: true });
setInterval(drift, MINUTE);
setInterval(lookForBuild, 1000);
setInterval(stayAwake, MINUTE);
