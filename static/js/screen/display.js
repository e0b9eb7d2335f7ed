// A display's own part of a wallboard's screen: it does what the server tells it, and tells how it is.
const TELL = 15000;
const SHOWN = 10000; // its name, when asked for
const LEAVE = 20000; // from a screen that ended to what comes after it
const RENEW = 6 * 3600000; // the cookie with its token is kept for 400 days from the last time
const PATIENCE = 8000;
const AGAIN = 5000;
const root = document.documentElement;
const { ask } = document.getElementById("display").dataset;
const { wallboard } = document.getElementById("standing").dataset;
let toldAt = -Infinity;
let reconnects = 0;
let isLost = false;
let isLeaving = false;
let obeyed = "";
let namedUntil = 0;

const fetchState = () => fetch(ask, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });

// Only from a server that answers: a browser's own error page would stay for ever.
async function leave() {
  isLeaving = true;
  const answer = await fetchState().catch(() => null);
  if (answer?.ok) location.reload();
  else setTimeout(leave, AGAIN);
}

function tell(socket) {
  toldAt = performance.now();
  const [width, height] = [innerWidth, innerHeight].map((size) => Math.round(size * devicePixelRatio));
  socket.sendImmediately(`screen:${width}x${height}:${reconnects}:${root.dataset.build}`);
}

function showName() {
  const order = document.getElementById("order");
  order.hidden = order.dataset.order !== "identify" || performance.now() >= namedUntil;
}

// An order can come twice: from this web process itself, and by the channel layer.
function obey() {
  const { order, number } = document.getElementById("order").dataset;
  if (number && number !== obeyed) {
    obeyed = number;
    namedUntil = performance.now() + SHOWN;
    setTimeout(showName, SHOWN);
    if (order === "reload") leave();
  }
  showName();
}

document.addEventListener("htmx:wsAfterMessage", ({ detail }) => {
  if (isLeaving) return;
  obey();
  if (document.getElementById("standing").dataset.wallboard !== wallboard) leave();
  else if (performance.now() - toldAt >= TELL) tell(detail.socketWrapper);
});

document.addEventListener("live:state", ({ detail }) => {
  switch (detail.state) {
    case "live":
      if (isLost) {
        reconnects += 1;
        toldAt = -Infinity;
      }
      isLost = false;
      return;
    case "signed-out":
    case "not-allowed":
    case "too-many":
      document.querySelector(".wall__board").replaceChildren();
      setTimeout(leave, LEAVE);
      return;
    default:
      isLost = true;
  }
});

setInterval(() => fetchState().catch(() => null), RENEW);
