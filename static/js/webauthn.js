// Security keys: asks the browser for a credential, puts its answer into the form and sends that.
const form = document.querySelector("[data-security-key]");
const problem = form?.querySelector("[data-security-key-problem]");

function say(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

async function ask(kind, options) {
  if (kind === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

async function submit(event) {
  event.preventDefault();
  say("");
  try {
    const options = JSON.parse(document.getElementById("security-key-options").textContent).publicKey;
    const credential = await ask(form.dataset.securityKey, options);
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.removeEventListener("submit", submit);
    form.submit();
  } catch (error) {
    say(error.name === "InvalidStateError" ? "This key is here already." : "The key did not answer, or you cancelled. Try again.");
  }
}

if (form) {
  form.hidden = false;
  if (window.PublicKeyCredential?.parseCreationOptionsFromJSON) form.addEventListener("submit", submit);
  else {
    say("This browser is too old for security keys.");
    form.querySelector("button").disabled = true;
  }
}
