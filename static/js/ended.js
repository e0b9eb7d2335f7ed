// An answer of 401 or 403 to a script means what 4401 and 4403 mean of a socket, and the page says so. Nothing is swapped,
// so what somebody typed stays. Whoever signs in again, in whichever tab, goes on here: a form then gets the token that
// holds now and is sent again, and a page with a socket is loaded anew.
const STATES = new Map([[401, "signed-out"], [403, "not-allowed"]]);
const TOKEN = "[name=csrfmiddlewaretoken]";
let state = "";
let unsent = null; // the form that was refused last
let isRetried = false;

export const hasEnded = () => state !== "";
export const isEnd = (status) => STATES.has(status);

function tell(next) {
  document.dispatchEvent(new CustomEvent("live:state", { detail: { state: next } }));
}

// Returns the token of forms that holds now, "" while nobody is signed in.
async function freshToken() {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector(TOKEN)?.value ?? "";
}

// Returns whether the page goes on as it is.
async function renew() {
  const token = await freshToken();
  if (!token) return false;
  if (document.querySelector("[ws-connect]")) {
    location.reload();
    return false;
  }
  for (const field of document.querySelectorAll(TOKEN)) field.value = token;
  tell("signed-in");
  return true;
}

async function refuse(form, event) {
  unsent = form;
  if (isRetried || !(await renew())) return tell("signed-out");
  isRetried = true;
  if (event?.type === "submit") form.requestSubmit(event.submitter);
  else htmx.trigger(form, "change");
}

async function wake() {
  if (state !== "signed-out" || document.hidden || !(await renew())) return;
  if (unsent?.isConnected) htmx.trigger(unsent, "change"); // what was pressed half an hour ago is not pressed again
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  const ended = STATES.get(detail.xhr.status);
  if (ended === "signed-out" && detail.elt.matches("form")) refuse(detail.elt, detail.requestConfig.triggeringEvent);
  else if (ended) tell(ended);
});
document.addEventListener("htmx:afterOnLoad", ({ detail }) => {
  if (!detail.elt.matches("form") || detail.failed) return;
  isRetried = false;
  unsent = null;
});
document.addEventListener("live:state", ({ detail }) => {
  if (["signed-out", "not-allowed"].includes(detail.state)) state = detail.state;
  else if (detail.state === "signed-in") state = "";
});
document.addEventListener("visibilitychange", wake);
