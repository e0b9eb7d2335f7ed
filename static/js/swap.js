// One piece of a frame in the place of what the page shows under its id. What differs is written where it stands, down to
// one text or attribute, so whatever somebody is in the middle of stays. Where the two are not built alike, idiomorph
// finds out what became of what, which takes many times as long.
import { arrange } from "./order.js";

const OURS = new Set(["data-changed", "data-selected", "data-overdue", "aria-current"]); // what our modules set
const TYPED_IN = "input, textarea, select";
const CLOCKS = "time[data-since], time[data-until]"; // their text is the ticker's
const READ_BY_HTMX = /^(hx|ws)-/;

function isKept(name, element, change) {
  if (name === "open") return element.localName === "details";
  if (name === "aria-current") return change === "remove" && element.hasAttribute("data-open");
  return OURS.has(name);
}

function morph(old, piece) {
  const callbacks = { beforeAttributeUpdated: (name, element, change) => !isKept(name, element, change) };
  // Idiomorph leaves the active element's content alone as well: right for what is typed in, wrong for a link.
  const ignoreActiveValue = document.activeElement?.matches(TYPED_IN) ?? false;
  return Idiomorph.morph(old, piece, { morphStyle: "outerHTML", ignoreActiveValue, callbacks });
}

const isSame = (old, next) => old?.nodeName === next?.nodeName && old.id === next.id;

function isAlike(old, piece) {
  let [node, next] = [old.firstChild, piece.firstChild];
  while (node && isSame(node, next)) [node, next] = [node.nextSibling, next.nextSibling];
  return !node && !next;
}

const isList = (whole) =>
  whole.firstElementChild !== null && [...whole.childNodes].every((one) => one.id || one.nodeValue?.trim() === "");

function writeAttributes(old, piece, fresh) {
  for (const name of old.getAttributeNames()) {
    if (!piece.hasAttribute(name) && !isKept(name, old, "remove")) old.removeAttribute(name);
  }
  for (const name of piece.getAttributeNames()) {
    const value = piece.getAttribute(name);
    if (old.getAttribute(name) === value || isKept(name, old, "update")) continue;
    old.setAttribute(name, value);
    if (READ_BY_HTMX.test(name)) fresh.push(old);
  }
}

function writeChildren(old, piece, fresh) {
  for (let node = old.firstChild, next = piece.firstChild; node; node = node.nextSibling, next = next.nextSibling) {
    write(node, next, fresh);
  }
}

// A list whose rows are all named: each goes on under its name.
function writeList(list, piece, fresh) {
  const gone = new Map([...list.children].map((row) => [row.id, row]));
  const come = new Map();
  for (const next of piece.children) {
    const row = gone.get(next.id);
    if (isSame(row, next)) {
      gone.delete(next.id);
      write(row, next, fresh);
    } else {
      come.set(next.id, document.importNode(next, true));
    }
  }
  for (const row of gone.values()) row.remove();
  arrange(list, [...piece.children].map((row) => row.id), come);
  fresh.push(...come.values());
}

function write(old, piece, fresh) {
  if (old.isEqualNode(piece)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = piece.nodeValue;
    return;
  }
  const hasSame = isAlike(old, piece);
  if (old.matches(TYPED_IN) || !(hasSame || (isList(old) && isList(piece)))) {
    fresh.push(...morph(old, piece));
    return;
  }
  writeAttributes(old, piece, fresh);
  if (old.matches(CLOCKS)) return;
  if (hasSame) writeChildren(old, piece, fresh);
  else writeList(old, piece, fresh);
}

// Returns the elements that htmx has to look at: those that are new, and those that it reads otherwise now.
export function swap(old, piece) {
  const fresh = [];
  if (isSame(old, piece)) write(old, piece, fresh);
  else fresh.push(...morph(old, piece));
  return fresh;
}
