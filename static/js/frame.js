// htmx's swap style "live": a frame's pieces into the page, by id (dashboard/live/fragments.py writes them).
// Rows travel in <template>, because a bare <tr> does not survive a parser outside a table.
import { arrange } from "./order.js";

let place = { epoch: "", seq: 0 };

const pieceOf = (template) => template.content.firstElementChild;
const morph = (old, piece) => Idiomorph.morph(old, piece, { morphStyle: "outerHTML", ignoreActiveValue: true });

// Returns whether the frame may be shown: a repetition is skipped, a gap ends the socket, and the next one paints anew.
function follows(frame) {
  const next = { epoch: frame.dataset.epoch, seq: Number(frame.dataset.seq) };
  if (frame.dataset.frame !== "paint") {
    if (next.epoch === place.epoch && next.seq <= place.seq) return false;
    if (next.epoch !== place.epoch || next.seq !== place.seq + 1) {
      document.dispatchEvent(new Event("live:lost"));
      return false;
    }
  }
  place = next;
  return true;
}

export function show(frame) {
  const shown = [];
  for (const template of frame.querySelectorAll(":scope > template[data-swap]")) {
    const old = document.getElementById(template.dataset.swap);
    if (old) shown.push(...morph(old, pieceOf(template)));
  }
  for (const mark of frame.querySelectorAll(":scope > [data-gone]")) {
    document.getElementById(mark.dataset.gone)?.remove();
  }
  const fresh = new Map();
  for (const template of frame.querySelectorAll(":scope > template[data-new]")) {
    fresh.set(template.dataset.new, document.importNode(pieceOf(template), true));
  }
  for (const order of frame.querySelectorAll(":scope > [data-order]")) {
    const list = document.getElementById(order.dataset.order);
    if (list) arrange(list, order.textContent.split(" ").filter(Boolean), fresh);
  }
  shown.push(...fresh.values());
  return shown;
}

htmx.defineExtension("live", {
  isInlineSwap: () => false,
  handleSwap(style, _target, frame) {
    if (style !== "live") return false;
    return follows(frame) ? show(frame) : [];
  },
});

document.addEventListener("htmx:wsAfterMessage", (event) => {
  const { message, socketWrapper } = event.detail;
  const isFrame = message.startsWith("<div hx-swap-oob=\"live:");
  socketWrapper.sendImmediately(isFrame ? `ack:${place.seq}` : "hb");
});
