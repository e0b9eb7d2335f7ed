// The time of day in the wallboard's zone, its theme, and the night, by the server's clock as far as the screen knows it.
import { serverClock, write } from "../ticker.js";
import { inZone } from "../zone.js";
import { setting } from "./head.js";

const root = document.documentElement;
const here = (at) => inZone(setting("zone") ?? "UTC", at);

export function timeOfDay(at, hasSeconds = false) {
  const { hour, minute, second } = here(at);
  return hasSeconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
}

// Nobody takes another place's time for their own.
function dayOf(at) {
  const { weekday, day, month, place } = here(at);
  return `${weekday} ${day} ${month}, ${place}`;
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
