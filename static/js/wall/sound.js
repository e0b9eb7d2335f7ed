// Sound that can be trusted: a browser that allows it sounds by itself, also after it loaded the page anew; in any other
// somebody arms it and hears the test tone, and what the browser blocks is said. A new alert sounds, and again every half
// minute until somebody acknowledges it by a click or a key, or it is over.
import { timeOfDay } from "./clock.js";
import { readClock, write } from "../ticker.js";
import { setting } from "./head.js";

const AGAIN = 30000;
const TEST = [[660, 0], [880, 0.18]]; // hertz, seconds from now
const ALARM = [[880, 0], [660, 0.2], [880, 0.4]];
const button = document.getElementById("wall-sound");
const region = document.getElementById("wall-alert");
let context = null;
let armedAt = "";
let known = new Set();
let isOpen = false; // an alert that nobody acknowledged
let soundedAt = 0;

function play(tones) {
  for (const [pitch, after] of tones) {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const start = context.currentTime + after;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.16);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.17);
  }
}

const isArmed = () => context?.state === "running";

function tell() {
  button.hidden = setting("sounds") === undefined;
  if (button.hidden) return;
  context ??= new AudioContext(); // it runs at once where sound needs no click
  button.dataset.sound = isArmed() ? "on" : "blocked";
  const on = armedAt ? `Sound on, tested ${armedAt}` : "Sound on";
  write(button.querySelector("span"), isArmed() ? on : "Sound blocked: click");
}

async function arm() {
  await context.resume();
  armedAt = timeOfDay(readClock());
  if (isArmed()) play(TEST);
  tell();
}

function hear() {
  const now = new Set([...document.querySelectorAll("[data-alert]")].map((element) => element.dataset.alert));
  const fresh = [...now].filter((name) => !known.has(name));
  known = now;
  if (now.size === 0) isOpen = false;
  if (fresh.length === 0) return;
  region.textContent = fresh.length === 1 ? `New alert: ${fresh[0].replace(":", " ")}` : `${fresh.length} new alerts`;
  isOpen = true;
  soundedAt = 0;
}

function sound() {
  tell();
  if (!isOpen || !isArmed() || setting("sounds") === undefined || Date.now() - soundedAt < AGAIN) return;
  soundedAt = Date.now();
  play(ALARM);
}

hear();
isOpen = false; // what was there when the screen began is no news
tell();
button.addEventListener("click", arm);
for (const name of ["click", "keydown"]) document.addEventListener(name, () => { isOpen = false; });
document.addEventListener("live:shown", hear);
setInterval(sound, 1000);
