// Loaded before everything else. When the server went away while the page was loading, the other scripts never came and
// nobody would ever load the page again: this does, as soon as the server answers.
setInterval(async () => {
  if (document.documentElement.dataset.live !== undefined) return;
  const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}, 15000);
