// What changed shows it once, 600 ms long: a row not more than once a second, the page not more than three times a
// second, and not at all where so many rows change that a flash says nothing, or for who wants no motion.
import { ROWS } from "./order.js";

const SHOWN = 600;
const PAUSE = 1000;
const MANY_ROWS = 20;
const FLASHES = 3; // in a PAUSE
const STALL = 3000; // between two looks at the clock: the page stood still, asleep or frozen
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const flashed = new Set(); // ids of rows that have had their flash of this second
let flashes = [];
let lookedAt = Date.now();
let wokeAt = 0;

function flash(row) {
  const id = row.id;
  flashed.add(id);
  row.toggleAttribute("data-changed", true);
  setTimeout(() => document.getElementById(id)?.toggleAttribute("data-changed", false), SHOWN);
  setTimeout(() => flashed.delete(id), PAUSE);
}

function mayFlash(now) {
  flashes = flashes.filter((at) => now - at < PAUSE);
  return flashes.length < FLASHES;
}

function hasJustWoken() {
  const now = Date.now();
  if (now - lookedAt > STALL) wokeAt = now;
  lookedAt = now;
  return now - wokeAt < PAUSE;
}

setInterval(hasJustWoken, PAUSE);

document.addEventListener("live:shown", ({ detail }) => {
  // A repaint is no news: after a wake nothing is replayed.
  if (detail.kind === "paint" || hasJustWoken() || calm.matches || document.hidden) return;
  const rows = [...detail.changed, ...detail.fresh].filter((element) => element.matches?.(ROWS) && !flashed.has(element.id));
  const now = performance.now();
  if (rows.length === 0 || rows.length > MANY_ROWS || !mayFlash(now)) return;
  flashes.push(now);
  rows.forEach(flash);
});
