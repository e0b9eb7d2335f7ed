// The wallboard editor: the small picture of a page's layout can be worked with keys and pointer. It presses the form's
// own buttons and fills its fields, so that the form says and does everything without this as well.
import { isEnd } from "./ended.js";

const COLUMN = 10; // of the picture's own units
const ROW = 8.5;
const MOVES = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const SIZES = { ArrowLeft: "narrower", ArrowRight: "wider", ArrowUp: "lower", ArrowDown: "taller" };
let dragged = null;

// What somebody is typing in stays as they type it.
Idiomorph.defaults.ignoreActiveValue = true;

const field = (place, name) => document.querySelector(`[name="tile:${place}:${name}"]`);
const form = () => document.getElementById("editor");

function press(place, step) {
  document.querySelector(`button[value="tile:${place}:${step}"]`)?.click();
}

function choose(place) {
  for (const one of document.querySelectorAll(".tile-form.is-chosen")) one.classList.remove("is-chosen");
  document.getElementById(`tile-form-${place.replace(":", "-")}`)?.classList.add("is-chosen");
}

function cellsMoved(event) {
  const picture = dragged.box.ownerSVGElement.getBoundingClientRect();
  const unit = 120 / picture.width;
  const across = Math.round(((event.clientX - dragged.x) * unit) / COLUMN);
  const down = Math.round(((event.clientY - dragged.y) * unit) / ROW);
  return [across, down];
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.(".layout__box");
  const step = (event.shiftKey ? SIZES : MOVES)[event.key];
  if (!box || !step) return;
  event.preventDefault();
  press(box.dataset.place, step);
});

document.addEventListener("focusin", (event) => {
  const box = event.target.closest?.(".layout__box");
  if (box) choose(box.dataset.place);
});

document.addEventListener("pointerdown", (event) => {
  const box = event.target.closest?.(".layout__box");
  if (!box || event.button !== 0) return;
  dragged = { box, x: event.clientX, y: event.clientY };
});

document.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const [across, down] = cellsMoved(event);
  dragged.box.setAttribute("transform", `translate(${across * COLUMN} ${down * ROW})`);
});

document.addEventListener("pointerup", (event) => {
  if (!dragged) return;
  const [across, down] = cellsMoved(event);
  const { place } = dragged.box.dataset;
  dragged.box.removeAttribute("transform");
  dragged = null;
  if (!across && !down) return;
  for (const [name, by] of [["column", across], ["row", down]]) {
    const input = field(place, name);
    input.value = Math.max(1, Number(input.value) + by);
  }
  form().requestSubmit(form().querySelector('button[value="keep"]'));
});

// What could not be kept is said, with another try; ended.js says when it is for want of a session or a right.
function tellKept(isKept) {
  document.querySelector('[data-notice="not-kept"]').hidden = isKept;
}

for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, ({ detail }) => {
    if (detail.elt === form() && !isEnd(detail.xhr.status)) tellKept(false);
  });
}
document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (detail.elt === form() && !detail.failed) tellKept(true);
});

// The preview has a session's end of its own; signed in again, it shows the draft again.
document.addEventListener("live:state", ({ detail }) => {
  if (detail.state === "signed-in") document.getElementById("preview").contentWindow.location.reload();
});

const shape = document.querySelector("[data-action=preview-shape]");
shape.hidden = false;
shape.addEventListener("click", () => {
  const isUpright = document.getElementById("preview").classList.toggle("is-upright");
  shape.setAttribute("aria-pressed", String(isUpright));
});
