// The time of day in the wallboard's zone, its theme, and the night, by the server's clock as far as the screen knows it.
import { serverClock, write } from "../ticker.js";
import { setting } from "./head.js";

const root = document.documentElement;
const formats = new Map();

function format(name, zone, options) {
  const key = `${name} ${zone}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }));
  return formats.get(key);
}

export function timeOfDay(at, hasSeconds = false) {
  const zone = setting("zone") ?? "UTC";
  const options = { hour: "2-digit", minute: "2-digit", ...(hasSeconds && { second: "2-digit" }) };
  return format(hasSeconds ? "seconds" : "minutes", zone, options).format(at);
}

// Nobody takes the site's zone for their own.
function dayOf(at) {
  const zone = setting("zone") ?? "UTC";
  const day = format("day", zone, { weekday: "long", day: "numeric", month: "long" }).format(at);
  return zone === "UTC" ? `${day}, UTC` : day;
}

function isNight(time) {
  const [begins, ends] = (setting("night") ?? "").split("-");
  return begins <= ends ? time >= begins && time < ends : time >= begins || time < ends;
}

function tick() {
  const now = serverClock();
  const time = timeOfDay(now);
  for (const element of document.querySelectorAll('[data-wall="time"]')) write(element, time);
  for (const element of document.querySelectorAll('[data-wall="date"]')) write(element, dayOf(now));
  const wish = setting("themeWish");
  if (wish) root.dataset.theme = wish === "auto" ? (isNight(time) ? "dark" : "light") : wish;
  root.toggleAttribute("data-dim", setting("dims") !== undefined && isNight(time));
  const note = document.getElementById("wall-note");
  if (note) write(note, setting("privacy") ?? "");
}

tick();
setInterval(tick, 1000);
document.addEventListener("live:shown", tick);
