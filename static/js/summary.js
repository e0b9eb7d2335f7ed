// For who does not see the page: what happened, in one polite sentence, at most every 30 s.
import { ROWS } from "./order.js";

const EVERY = 30000;
const region = document.getElementById("summary");
const counts = { fresh: 0, gone: 0, changed: 0 };

const phrase = (count, word) => (count ? [`${count} ${word}`] : []);

function tell() {
  const words = [...phrase(counts.fresh, "new"), ...phrase(counts.gone, "gone"), ...phrase(counts.changed, "changed")];
  if (words.length && !document.hidden) region.textContent = `${document.querySelector("h1").textContent}: ${words.join(", ")}`;
  Object.assign(counts, { fresh: 0, gone: 0, changed: 0 });
}

if (region) {
  setInterval(tell, EVERY);
  document.addEventListener("live:shown", ({ detail }) => {
    if (detail.kind === "paint") return;
    counts.fresh += detail.fresh.length;
    counts.gone += detail.gone;
    counts.changed += detail.changed.filter((element) => element.matches?.(ROWS)).length;
  });
}
