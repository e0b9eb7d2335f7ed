// htmx's swap style "live": a frame's pieces into the page, by id (dashboard/live/fragments.py writes them).
// Rows travel in <template>, because a bare <tr> does not survive a parser outside a table.
import { arrange } from "./order.js";
import { forgetHeld, hold, isHeld, outgoing, replaceHeld } from "./held.js";
import { swap } from "./swap.js";

const places = new Map(); // DOM id of a view's whole -> where we are in its stream
const ENVELOPE = /^<div hx-swap-oob="live:#([\w-]+)"( data-ack)?/;

const pieceOf = (template) => template.content.firstElementChild;
const parts = (frame, name) => frame.querySelectorAll(`:scope > [data-${name}]`);

// Returns whether the frame may be shown: a repetition is skipped, a gap ends the socket, and the next one paints anew.
function follows(frame, id) {
  const place = places.get(id);
  const next = { epoch: frame.dataset.epoch, seq: Number(frame.dataset.seq) };
  if (frame.dataset.frame !== "paint") {
    if (next.epoch === place?.epoch && next.seq <= place.seq) return false;
    if (next.epoch !== place?.epoch || next.seq !== place.seq + 1) {
      document.dispatchEvent(new Event("live:lost"));
      return false;
    }
  }
  places.set(id, next);
  return true;
}

// Returns the elements under whose ids something changed, and those within them that htmx has to look at.
function swapChanged(frame) {
  const changed = [];
  const unread = [];
  for (const template of parts(frame, "swap")) {
    const id = template.dataset.swap;
    const old = document.getElementById(id);
    if (frame.dataset.frame === "paint") forgetHeld(old);
    if (old) {
      unread.push(...swap(old, pieceOf(template)));
      changed.push(document.getElementById(id));
    } else {
      replaceHeld(id, document.importNode(pieceOf(template), true));
    }
  }
  return { changed, unread };
}

function takeNew(frame) {
  const fresh = new Map();
  for (const template of parts(frame, "new")) {
    const id = template.dataset.new;
    document.getElementById(id)?.remove(); // went and came back while its list was held
    fresh.set(id, document.importNode(pieceOf(template), true));
  }
  return fresh;
}

function dropGone(frame) {
  for (const mark of parts(frame, "gone")) {
    const row = document.getElementById(mark.dataset.gone);
    if (row && isHeld(row.parentElement)) outgoing(row);
    else row?.remove();
  }
}

export function show(frame) {
  const { changed, unread } = swapChanged(frame);
  dropGone(frame);
  const fresh = takeNew(frame);
  for (const order of parts(frame, "order")) {
    const list = document.getElementById(order.dataset.order);
    if (!list) continue;
    const ids = order.textContent.split(" ").filter(Boolean);
    if (isHeld(list)) hold(list, ids, fresh);
    else arrange(list, ids, fresh);
  }
  const rows = [...fresh.values()];
  const detail = { kind: frame.dataset.frame, changed, fresh: rows, gone: parts(frame, "gone").length };
  document.dispatchEvent(new CustomEvent("live:shown", { detail }));
  return [...unread, ...rows];
}

htmx.defineExtension("live", {
  isInlineSwap: () => false,
  handleSwap(style, target, frame) {
    if (style !== "live") return false;
    if (!follows(frame, target.id)) return [];
    const offer = new CustomEvent("live:frame", { cancelable: true, detail: { frame, id: target.id } });
    return document.dispatchEvent(offer) ? show(frame) : [];
  },
});

document.addEventListener("htmx:wsAfterMessage", (event) => {
  const { message, socketWrapper } = event.detail;
  const [, id, asks] = ENVELOPE.exec(message) ?? [];
  const place = places.get(id);
  if (!id) socketWrapper.sendImmediately("hb");
  else if (asks && place) socketWrapper.sendImmediately(`ack:${place.seq}`);
});
