// Whose turn it is: pages, and the parts of a page whose rows do not fit. It stands on the root, where no frame sweeps it
// away; the style sheet shows what belongs to it.
import { setting } from "./head.js";

const EVERY = 500;
const root = document.documentElement;
const upright = matchMedia("(orientation: portrait)");
let turns = [];
let told = "";
let page = 0;
let part = 0;
let began = performance.now();

function read() {
  const text = setting("turns") ?? "[]";
  if (text !== told) {
    told = text;
    turns = JSON.parse(text).map(([seconds, wide, tall, name]) => ({ seconds, wide, tall, name }));
  }
}

const partsOf = (turn) => (upright.matches ? turn.tall : turn.wide);

function tell() {
  const turn = turns[page];
  root.dataset.wallPage = page + 1;
  root.dataset.wallPart = part + 1;
  const words = [];
  if (turns.length > 1) words.push(`${turn?.name} ${page + 1}/${turns.length}`);
  if (turn && partsOf(turn) > 1) words.push(`part ${part + 1}/${partsOf(turn)}`);
  const place = document.getElementById("wall-turn");
  if (place && place.textContent !== words.join(" · ")) place.textContent = words.join(" · ");
}

function show() {
  read();
  if (page >= turns.length) page = part = 0;
  if (turns[page] && part >= partsOf(turns[page])) part = 0;
  tell();
}

function next() {
  const turn = turns[page];
  if (!turn) return;
  began = performance.now();
  if (part + 1 < partsOf(turn)) part += 1;
  else {
    part = 0;
    page = (page + 1) % turns.length;
  }
  tell();
}

// Whoever reads an explanation is not turned away from it.
const isRead = () => document.querySelector(":popover-open") !== null;

show();
setInterval(() => {
  if (!isRead() && turns[page] && performance.now() - began >= turns[page].seconds * 1000) next();
}, EVERY);
document.addEventListener("live:shown", show);
upright.addEventListener("change", show);
document.addEventListener("keydown", (event) => { if (event.key === "ArrowRight") next(); });
