// A screen that shows no wallboard yet: asks every 2 s whether it has something else to show, and counts its code down.
const EVERY = 2000;
const PATIENCE = 8000; // for an answer
const YOUNG = 10000; // a page that is younger and already wrong would be wrong again after a reload
const { dataset } = document.body;
const bornAt = performance.now();
const isYoung = () => performance.now() - bornAt < YOUNG;

function setLight(level, words) {
  document.documentElement.dataset.live = level === "ok" ? "live" : "down";
  const light = document.getElementById("light");
  light.className = `pairing__light state state--${level}`;
  light.querySelector("use").setAttribute("href", `#g-${level}`);
  light.querySelector("b").textContent = `Screen ↔ server: ${words}`;
}

async function call(url, options = {}) {
  return fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...options });
}

async function claim() {
  const form = document.getElementById("claim");
  await call(form.action, { method: "POST", body: new FormData(form) });
  location.reload();
}

async function look() {
  const answer = await call(dataset.ask);
  if (!answer.ok) throw new Error("no state");
  const { state } = await answer.json();
  setLight("ok", "live");
  if (state === dataset.state) return;
  if (state === "confirmed") await claim();
  else if (state === "none" && isYoung()) document.getElementById("cookies").hidden = false;
  else location.reload();
}

async function ask() {
  try {
    await look();
  } catch {
    setLight("critical", "no contact, trying again");
  }
  setTimeout(ask, EVERY * (0.75 + Math.random() / 2));
}

function countDown() {
  const shown = document.getElementById("left");
  if (!shown) return;
  const left = Math.max(0, Math.round(Number(shown.dataset.left) - (performance.now() - bornAt) / 1000));
  shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

countDown();
setInterval(countDown, 1000);
setTimeout(ask, EVERY);
if (dataset.again) setTimeout(() => location.reload(), Number(dataset.again) * 1000);
