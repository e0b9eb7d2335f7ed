// Cut off from the server: the last good picture stays, dimmed, with its age, and its clocks stand. Whoever may no longer
// see it sees nothing of it.
import { duration, readClock, tick } from "../ticker.js";
import { timeOfDay } from "./clock.js";

const root = document.documentElement;
const banner = document.getElementById("wall-lost");
let heardAt = Date.now(); // on this screen's clock, as its age is
let pictureAt = readClock();
let tries = 0;

const say = (name, text) => { banner.querySelector(`[data-lost="${name}"]`).textContent = text; };

function lose() {
  banner.hidden = false;
  root.dataset.paused = pictureAt;
  tick(document);
  say("since", timeOfDay(pictureAt));
  say("picture", timeOfDay(pictureAt, true));
}

function find() {
  banner.hidden = true;
  delete root.dataset.paused;
  tick(document);
}

function look() {
  const isLost = root.dataset.live === "down";
  if (isLost === banner.hidden) (isLost ? lose : find)();
  if (!isLost) return;
  say("age", `${duration((Date.now() - heardAt) / 1000)} old`);
  say("tries", tries ? `Reconnecting, try ${tries}.` : "");
}

document.addEventListener("htmx:wsAfterMessage", () => {
  heardAt = Date.now();
  if (banner.hidden) pictureAt = readClock();
});
document.addEventListener("live:state", ({ detail }) => {
  tries = detail.tries;
  if (detail.state === "signed-out" || detail.state === "not-allowed") root.dataset.ended = detail.state;
  look();
});
setInterval(look, 1000);
