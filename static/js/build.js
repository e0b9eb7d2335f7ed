// A page that another build serves by now loads itself anew: once, not all screens together, and at a quiet moment.
const root = document.documentElement;
const MINUTE = 60000;
const BETWEEN = 10 * MINUTE; // two reloads: while builds are mixed, one must not follow the other
const SPREAD = 20000;
const KEY = "build-reloaded";

function lastReload() {
  try {
    return Number(sessionStorage.getItem(KEY)) || 0;
  } catch {
    return 0;
  }
}

function reload() {
  try {
    sessionStorage.setItem(KEY, Date.now());
  } catch {
    return; // without a memory it could go on for ever
  }
  location.reload();
}

// `isQuiet(waited)` says whether to reload, having waited for so many milliseconds.
export function followBuild(isQuiet) {
  let newSince = 0;
  let mayReloadAt = 0;

  function look() {
    const build = document.getElementById("light-appliance")?.dataset.build; // of the process that serves now
    if (!build || build === root.dataset.build || root.dataset.live !== "live") {
      newSince = 0;
      return;
    }
    const now = Date.now();
    if (!newSince) {
      newSince = now;
      mayReloadAt = Math.max(now + Math.random() * SPREAD, lastReload() + BETWEEN);
    }
    if (now >= mayReloadAt && isQuiet(now - newSince)) reload();
  }

  setInterval(look, 1000);
}
