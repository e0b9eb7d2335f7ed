// A form that must not be sent twice by a double click: its buttons rest while it is under way. Without this module the
// server tells the second one by its key.
const buttonsOf = (form) => form.querySelectorAll("button[type=submit]");

function rest(form, isResting) {
  for (const button of buttonsOf(form)) button.disabled = isResting;
  form.toggleAttribute("aria-busy", isResting);
}

document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-once]")) setTimeout(() => rest(target, true)); // only then the pressed button is in what is sent
});
// Back from the page that it led to, by a browser that had kept this one.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.querySelectorAll("[data-once]")) rest(form, false);
});
