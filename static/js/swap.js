// One piece of a frame in the place of what the page shows under its id. Idiomorph keeps whatever somebody is in the
// middle of, at a price; a table's cells that nobody is in are simply replaced, which is several times cheaper.
const OURS = new Set(["data-changed", "data-selected", "data-overdue", "aria-current"]); // what our modules set
const OPEN = "details[open], dialog[open], :popover-open";
const TYPED_IN = "input, textarea, select";

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

function syncAttributes(old, piece) {
  for (const { name } of [...old.attributes]) {
    if (!piece.hasAttribute(name) && !isKept(name, old, "remove")) old.removeAttribute(name);
  }
  for (const { name, value } of piece.attributes) {
    if (old.getAttribute(name) !== value && !isKept(name, old, "update")) old.setAttribute(name, value);
  }
}

function swapCells(row, piece, isInUse) {
  syncAttributes(row, piece);
  const cells = [...row.children];
  [...piece.children].forEach((next, place) => {
    const cell = cells[place];
    if (cell.isEqualNode(next)) return;
    if (isInUse(cell)) morph(cell, next);
    else cell.replaceWith(document.importNode(next, true));
  });
  return [row];
}

// Returns whether somebody is in the middle of something in a cell. Where focus, selection and press are is read once,
// before a frame's first change: each later reading would have the browser work out styles anew.
export function readUse() {
  const { activeElement } = document;
  const selection = getSelection();
  const pressed = document.querySelector("td:active");
  const isSelected = (cell) => selection.containsNode(cell, true);
  const hasSelection = !selection.isCollapsed;
  return (cell) =>
    cell === pressed || cell.contains(activeElement) || (hasSelection && isSelected(cell)) || cell.querySelector(OPEN) !== null;
}

// Returns the elements that changed.
export function swap(old, piece, isInUse) {
  const isRow = old.localName === "tr" && piece.localName === "tr" && old.childElementCount === piece.childElementCount;
  return isRow ? swapCells(old, piece, isInUse) : morph(old, piece);
}
