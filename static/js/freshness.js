// The two lights, in words, and the page's look while it is not live. A short gap is nobody's business: 1 s of grace.
import { setClock } from "./ticker.js";

const GRACE = 1000;
const root = document.documentElement;
let timer = 0;

function setLight(level, words) {
  const light = document.getElementById("light-screen");
  if (!light) return;
  light.className = `fresh__leg fresh__leg--${level}`;
  light.querySelector("use").setAttribute("href", `#g-${level}`);
  light.querySelector("b").textContent = words;
}

function setUnknown() {
  const light = document.getElementById("light-appliance");
  if (!light) return;
  light.className = "fresh__leg fresh__leg--unknown";
  light.querySelector("use").setAttribute("href", "#g-unknown");
  light.querySelector("b").textContent = "unknown";
  light.querySelector(".fresh__since")?.remove();
}

function warn(level, words) {
  root.dataset.live = "down";
  setLight(level, words);
  setUnknown();
}

function live() {
  clearTimeout(timer);
  timer = 0;
  if (root.dataset.live === "live") return;
  root.dataset.live = "live";
  setLight("ok", "live");
}

function end(words, notice) {
  clearTimeout(timer);
  warn("critical", words);
  const shown = document.querySelector(`[data-notice="${notice}"]`);
  if (shown) shown.hidden = false;
}

// A page without a socket, whose user signed in again.
function goOn() {
  delete root.dataset.live;
  document.querySelector('[data-notice="signed-out"]').hidden = true;
}

document.addEventListener("live:state", ({ detail }) => {
  switch (detail.state) {
    case "live": return live();
    case "signed-in": return goOn();
    case "signed-out": return end("signed out", "signed-out");
    case "not-allowed": return end("not allowed", "not-allowed");
    case "too-many": return end("too many pages open", "too-many");
    case "closed": return;
    default: {
      const words = `reconnecting, try ${detail.tries}`;
      // After silence the page has been wrong for long: no grace.
      if (root.dataset.live === "down" || detail.state === "silent") warn("critical", words);
      else if (!timer) timer = setTimeout(() => warn("critical", words), GRACE);
    }
  }
});

document.addEventListener("htmx:wsAfterMessage", () => {
  setClock(document.getElementById("light-appliance")?.dataset.now);
});
