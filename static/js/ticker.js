// One ticker for every clock. The server sends absolute times once; ages count here, on the server's clock.
// <time data-since="…"> shows the time since then, never less than 0; data-offset adds the seconds that the clock of
// whoever wrote the time is ahead of the server's.
const root = document.documentElement;
let ahead = 0; // milliseconds that the server's clock is ahead of ours

const twoDigits = (number) => String(number).padStart(2, "0");

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 3600) return `${Math.floor(whole / 60)}:${twoDigits(whole % 60)}`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))}`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

export function setClock(text) {
  const server = Date.parse(text);
  if (Number.isFinite(server)) ahead = server - Date.now();
}

export function tick() {
  const now = Date.now() + ahead;
  for (const element of document.querySelectorAll("time[data-since]")) {
    const offset = Number(element.dataset.offset ?? 0);
    const text = duration((now - Date.parse(element.dataset.since)) / 1000 + offset);
    if (element.textContent !== text) element.textContent = text;
  }
}

setClock(root.dataset.now);
tick();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
document.addEventListener("htmx:wsAfterMessage", tick); // a swap brought the written times back; before the next paint
