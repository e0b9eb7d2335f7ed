// While the pointer or the focus is in a list, its rows stay where they are: what would move them waits, and a pill says
// how much. Values keep changing in place, and a row that is gone stays, faded, until the list is let go.
import { arrange, countMoves } from "./order.js";

const waiting = new Map(); // list -> { ids, fresh, gone }
const pill = document.getElementById("held");
const canHover = matchMedia("(hover: hover)");

export function isHeld(list) {
  if (!pill || !list?.id) return false;
  return list.matches(":focus-within") || (canHover.matches && list.matches(":hover"));
}

const entryOf = (list) => {
  if (!waiting.has(list)) waiting.set(list, { ids: null, fresh: new Map(), gone: new Set() });
  return waiting.get(list);
};

// A row that came while its list was held changes too.
export function replaceHeld(id, row) {
  for (const { fresh } of waiting.values()) if (fresh.has(id)) fresh.set(id, row);
}

export function outgoing(row) {
  entryOf(row.parentElement).gone.add(row.id);
  row.classList.add("is-outgoing");
  tell();
}

export function hold(list, ids, fresh) {
  const entry = entryOf(list);
  const wanted = new Set(ids);
  entry.ids = ids;
  for (const [id, row] of fresh) if (wanted.has(id)) entry.fresh.set(id, row);
  for (const id of entry.fresh.keys()) if (!wanted.has(id)) entry.fresh.delete(id);
  for (const id of ids) entry.gone.delete(id);
  tell();
}

function countChanges([list, entry]) {
  const moves = entry.ids ? countMoves(list, entry.ids) : 0;
  return entry.fresh.size + entry.gone.size + moves;
}

function tell() {
  if (!pill) return;
  const count = [...waiting].map(countChanges).reduce((sum, one) => sum + one, 0);
  pill.hidden = count === 0;
  pill.querySelector("span").textContent = count === 1 ? "1 change" : `${count} changes`;
}

function release(list) {
  const entry = waiting.get(list);
  waiting.delete(list);
  for (const id of entry.gone) document.getElementById(id)?.remove();
  if (entry.ids && list.isConnected) arrange(list, entry.ids, entry.fresh);
}

// Everything that waits within `whole` is in what comes now.
export function forgetHeld(whole) {
  for (const list of [...waiting.keys()]) if (!list.isConnected || whole?.contains(list)) waiting.delete(list);
  tell();
}

function releaseLeft(force = false) {
  if (!waiting.size) return;
  for (const list of [...waiting.keys()]) if (force || !isHeld(list)) release(list);
  tell();
  document.dispatchEvent(new Event("live:arranged"));
}

for (const name of ["pointerover", "focusin"]) document.addEventListener(name, () => releaseLeft());
document.addEventListener("focusout", () => setTimeout(releaseLeft)); // only then is the focus where it goes
document.documentElement.addEventListener("pointerleave", () => setTimeout(releaseLeft));
pill?.addEventListener("click", () => releaseLeft(true));
