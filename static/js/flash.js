// What changed shows it once, 600 ms long, not more than once a second, and not at all for who wants no motion.
const SHOWN = 600;
const PAUSE = 1000;
const STALL = 3000; // between two looks at the clock: the page stood still, asleep or frozen
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const flashedAt = new WeakMap();
const ROWS = "tr, .rep, .attention__row";
let lookedAt = Date.now();
let wokeAt = 0;

function flash(row) {
  const now = performance.now();
  if (now - (flashedAt.get(row) ?? -PAUSE) < PAUSE) return;
  flashedAt.set(row, now);
  row.toggleAttribute("data-changed", true);
  setTimeout(() => row.toggleAttribute("data-changed", false), SHOWN);
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
  for (const element of [...detail.changed, ...detail.fresh]) if (element.matches?.(ROWS)) flash(element);
});
