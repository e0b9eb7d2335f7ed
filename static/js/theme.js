// Theme and width of the navigation, remembered per browser. A classic script in <head>: the first paint is right.
(() => {
  const root = document.documentElement;
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private mode */ } };
  const recall = (name) => { try { return localStorage.getItem(name); } catch { return null; } };

  const theme = recall("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;

  function narrow(isNarrow) {
    const shell = document.querySelector(".shell");
    const button = document.querySelector("[data-action=nav]");
    if (!shell || !button) return;
    shell.dataset.nav = isNarrow ? "icons" : "full";
    button.setAttribute("aria-pressed", String(isNarrow));
  }

  document.addEventListener("DOMContentLoaded", () => narrow(recall("nav") === "icons"));
  document.addEventListener("click", (event) => {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action === "theme") {
      const isDark = getComputedStyle(root).colorScheme === "dark";
      root.dataset.theme = isDark ? "light" : "dark";
      remember("theme", root.dataset.theme);
    } else if (action === "nav") {
      const isNarrow = document.querySelector(".shell").dataset.nav !== "icons";
      narrow(isNarrow);
      remember("nav", isNarrow ? "icons" : "full");
    }
  });
})();
