// Whose turn it is: pages, and the parts of a page whose rows do not fit. It stands on the root, where no frame sweeps it
// away; the style sheet shows what belongs to it. The server's clock says whose turn it is, so screens that show the same
// turn together. What was shown stays for as long as it was given: rows that come and go move nobody on.
import { serverClock, write } from "../ticker.js";
import { setting } from "./head.js";

const EVERY = 500;
const LEAST = 3000; // what is left of a turn: less is not worth beginning
const MOST = 8; // parts that have a page's whole time each; more of them share it, so that the other pages come round
const SHORTEST = 8000; // of a part that shares: what a screenful of names takes to read
const LONGEST = 3600000; // a turn: what lasts longer, a clock that was set does
const root = document.documentElement;
const upright = matchMedia("(orientation: portrait)");
let turns = []; // [{ name, page, pages, part, parts, lasts }], a part each
let told = "";
let shown = null;
let until = 0;
let skipped = 0; // how far somebody went ahead by hand

const timeOf = (given, parts) => (parts > MOST ? Math.max(Math.min(given, SHORTEST), (given * MOST) / parts) : given);

function read() {
  const text = `${upright.matches} ${setting("turns") ?? "[]"}`;
  if (text === told) return;
  told = text;
  const pages = JSON.parse(setting("turns") ?? "[]");
  turns = pages.flatMap(([seconds, wide, tall, name], page) => {
    const parts = upright.matches ? tall : wide;
    const one = { name, page, pages: pages.length, parts, lasts: timeOf(seconds * 1000, parts) };
    return Array.from({ length: parts }, (_, part) => ({ ...one, part }));
  });
}

// The turn of a moment, and what is left of it.
function turnAt(moment) {
  const whole = turns.reduce((sum, { lasts }) => sum + lasts, 0);
  let left = moment % whole;
  for (const turn of turns) {
    if (left < turn.lasts) return { turn, left: turn.lasts - left };
    left -= turn.lasts;
  }
  return { turn: turns[0], left: 0 };
}

function tell() {
  root.dataset.wallPage = shown.page + 1;
  root.dataset.wallPart = shown.part + 1;
  const words = [];
  if (shown.pages > 1) words.push(`${shown.name} ${shown.page + 1}/${shown.pages}`);
  if (shown.parts > 1) words.push(`part ${shown.part + 1}/${shown.parts}`);
  const place = document.getElementById("wall-turn");
  if (place) write(place, words.join(" · "));
}

// Whoever reads an explanation is not turned away from it.
const isRead = () => document.querySelector(":popover-open") !== null;

function follow(now) {
  const { turn, left } = turnAt(now + skipped);
  if (shown && left < LEAST) return;
  shown = turn;
  until = now + left;
}

function show() {
  read();
  if (turns.length === 0) return;
  const now = serverClock();
  const before = shown;
  shown = turns.find(({ page, part }) => page === shown?.page && part === shown?.part) ?? null;
  const isOver = now >= until || until - now > LONGEST;
  if (!shown || (isOver && !isRead())) follow(now);
  if (shown !== before) tell();
}

function next() {
  if (turns.length === 0) return;
  const now = serverClock();
  skipped += turnAt(now + skipped).left;
  shown = null;
  follow(now);
  tell();
}

show();
setInterval(show, EVERY);
document.addEventListener("live:shown", show);
upright.addEventListener("change", show);
document.addEventListener("keydown", (event) => { if (event.key === "ArrowRight") next(); });
