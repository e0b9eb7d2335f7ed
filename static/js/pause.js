// Pause: frames wait, the clocks stand, and a bar says for how long and how much. Resuming shows everything at once.
import { show } from "./frame.js";
import { duration, readClock, tick } from "./ticker.js";

const LIMIT = 1000; // frames; beyond them a repaint is cheaper than replaying
const root = document.documentElement;
const bar = document.getElementById("paused");
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
  bar.hidden = false;
  timer = setInterval(tell, 1000);
  tell();
}

function resume() {
  clearInterval(timer);
  bar.hidden = true;
  delete root.dataset.paused;
  const frames = buffer;
  const isTooLong = frames.length > LIMIT;
  buffer = [];
  changes = 0;
  if (isTooLong) document.dispatchEvent(new Event("live:lost"));
  else for (const frame of frames) show(frame);
  tick(document);
}

export function toggle() {
  if (!bar) return;
  if (isPaused()) resume();
  else pause();
  for (const button of buttons()) button.setAttribute("aria-pressed", String(isPaused()));
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
