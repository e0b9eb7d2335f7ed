// One ticker for every clock. The server sends moments once; ages count here, on the server's clock.
// <time data-since="…"> shows the time since then, never less than 0; <time data-until="…"> the time left, or overdue.
// A moment on a source's clock names it in data-source. How far each is ahead comes with the light, or where it stands: of
// a source that cannot be trusted nobody knows what it is like since then, so no wait of it grows.
// <time data-clock="zone"> is the clock itself, in the site's zone.
import { inZone } from "./zone.js";

const root = document.documentElement;
const LOOKS = 8;
const JUMP = 60000; // somebody set a clock
let looks = []; // the last few times somebody told us the server's clock: milliseconds it was ahead of ours
let ahead = 0;
let told = "";

const twoDigits = (number) => String(number).padStart(2, "0");

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 3600) return `${Math.floor(whole / 60)}:${twoDigits(whole % 60)}`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))}`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

// The same text again is what the page still shows, not a new look at the clock.
export function setClock(text) {
  const look = Date.parse(text) - Date.now();
  if (!Number.isFinite(look) || text === told) return;
  told = text;
  if (Math.abs(look - ahead) > JUMP) looks = [];
  looks = [...looks, look].slice(-LOOKS);
  ahead = Math.max(...looks); // being late on the way only makes it seem less
}

function readClocks() {
  try {
    return JSON.parse(document.getElementById("light-appliance")?.dataset.clocks || "{}");
  } catch {
    return {};
  }
}

export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tickUntil(element, seconds) {
  const isOverdue = seconds <= -1; // what came due within this second is not yet
  write(element, !isOverdue ? `in ${duration(seconds)}` : `overdue ${duration(-seconds)}`);
  element.toggleAttribute("data-overdue", isOverdue);
}

function tickClock(element, now) {
  const { weekday, day, month, year, hour, minute, second, place } = inZone(element.dataset.clock, now);
  write(element, `${weekday.slice(0, 3)} ${day} ${month} ${year}, ${hour}:${minute}:${second} ${place}`);
}

// A bullet bar's middle is the target.
function fill(bar, seconds) {
  const share = (50 * seconds) / Math.max(1, Number(bar.dataset.target));
  bar.setAttribute("width", `${Math.min(100, Math.max(0, share)).toFixed(1)}%`);
}

// The server's clock, in milliseconds, as far as we know it.
export const serverClock = () => Date.now() + ahead;

// The same; while the page is paused, the moment at which it was.
export const readClock = () => Number(root.dataset.paused) || serverClock();

const CLOCKS = "time[data-since], time[data-until], time[data-clock], rect[data-target]";

function tickOne(element, now, clocks) {
  const { since, until, target, source } = element.dataset;
  const clock = clocks[source] ?? 0;
  const there = typeof clock === "string" ? Date.parse(clock) : now + 1000 * clock;
  const ago = (moment) => (there - Date.parse(moment)) / 1000;
  if (target !== undefined) fill(element, ago(since));
  else if (since !== undefined) write(element, duration(ago(since)));
  else if (until !== undefined) tickUntil(element, -ago(until));
  else tickClock(element, now);
}

// Sets the clocks within `wholes`.
export function tick(...wholes) {
  const now = readClock();
  const clocks = readClocks();
  for (const whole of wholes) {
    for (const element of whole.querySelectorAll(CLOCKS)) tickOne(element, now, clocks);
  }
}

setClock(root.dataset.now);
tick(document);
setInterval(() => tick(document), 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(document); });
// A swap brought the written times back: set them before the next paint.
document.addEventListener("live:shown", ({ detail }) => tick(...detail.changed, ...detail.fresh));
document.addEventListener("htmx:wsAfterMessage", () => {
  const lights = document.querySelector(".fresh");
  if (lights) tick(lights);
});
for (const name of ["live:arranged", "htmx:afterSwap"]) document.addEventListener(name, () => tick(document));
