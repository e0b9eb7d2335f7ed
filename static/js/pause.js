// Pause: frames wait, the clocks stand, and a bar says for how long and how much. Resuming shows everything at once.
import { show } from "./frame.js";
import { duration, readClock, tick } from "./ticker.js";

const LIMIT = 1000; // frames; beyond them a repaint is cheaper than replaying
const root = document.documentElement;
const bar = document.getElementById("paused"); // its clock ticks, so it is no live region
const summary = document.getElementById("summary");
let buffer = [];
let changes = 0;
let since = 0;
let timer = 0;

const buttons = () => document.querySelectorAll("[data-action=pause][aria-pressed]");
const isPaused = () => root.hasAttribute("data-paused");

function tell() {
  bar.querySelector("[data-paused=time]").textContent = duration((Date.now() - since) / 1000);
  const words = changes === 1 ? "1 change waiting" : `${changes} changes waiting`;
  bar.querySelector("[data-paused=count]").textContent = changes ? words : "no change waiting";
}

function pause() {
  since = Date.now();
  root.dataset.paused = readClock();
  tick(document); // the clocks stand at that moment, not at their last tick
  bar.hidden = false;
  summary.textContent = "Paused";
  timer = setInterval(tell, 1000);
  tell();
}

function resume() {
  clearInterval(timer);
  bar.hidden = true;
  summary.textContent = "Resumed";
  delete root.dataset.paused;
  const frames = buffer;
  const isTooLong = frames.length > LIMIT;
  buffer = [];
  changes = 0;
  if (isTooLong) document.dispatchEvent(new Event("live:lost"));
  else frames.forEach(showLate);
  tick(document);
}

// htmx reads what is new by itself only while a frame comes.
function showLate(frame) {
  for (const node of show(frame)) {
    if (node.nodeType === Node.ELEMENT_NODE && node.isConnected) htmx.process(node);
  }
}

// Says whether there is anything to pause.
export function toggle() {
  if (!bar) return false;
  if (isPaused()) resume();
  else pause();
  for (const button of buttons()) button.setAttribute("aria-pressed", String(isPaused()));
  return true;
}

for (const button of buttons()) button.hidden = false;
document.addEventListener("live:frame", (event) => {
  const { frame, id } = event.detail;
  // What somebody opens while paused is new to them: it is painted.
  if (!isPaused() || id !== "board") return;
  event.preventDefault();
  if (frame.dataset.frame === "paint") buffer = [];
  if (buffer.length <= LIMIT) buffer.push(frame.cloneNode(true));
  changes += frame.querySelectorAll(":scope > [data-swap], :scope > [data-new], :scope > [data-gone]").length;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-action=pause]")) toggle();
});
