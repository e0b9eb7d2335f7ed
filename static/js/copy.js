// The address holds filters, sort, columns and what is open: copying it shares the view.
const SAID = 2000;
const button = document.querySelector("[data-action=copy-link]");

async function copy() {
  const label = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(location.href);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Not allowed";
  }
  setTimeout(() => { label.textContent = "Copy link"; }, SAID);
}

if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", copy);
}
