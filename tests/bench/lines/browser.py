"""A real browser on the real site: what a frame of many changed rows costs the page's main thread."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from playwright.async_api import Page, ViewportSize

from tests.bench.line import Bar, Line, Sample, Side, Take, already_taken
from tests.bench.live.boards import SESSIONS, Boards, boards_of
from tests.bench.live.load import Center
from tests.bench.live.servers import Server, our_site, started
from tests.bench.surroundings import QUICK, Surroundings
from tests.services.browser import running_browser
from tests.services.waiting import until

ROWS = 50
WINDOWS = 2 if QUICK else 5
WINDOW_FRAMES = 10 if QUICK else 16
FRAMES_PER_SECOND = 10
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}
MANY_ROWS = 10  # a frame with fewer is not counted: it is time's, or a part of a batch
MARK = re.compile(r"@@(\d+):(\d+)@@")  # what `Center.change` writes
WATCH_FRAMES = """
  window.frames = [];
  let began = 0, rows = 0;
  document.addEventListener("htmx:wsBeforeMessage", (event) => {
    rows = event.detail.message.split("data-swap=").length - 1;
    began = performance.now();
  });
  document.addEventListener("htmx:wsAfterMessage", () => window.frames.push([rows, performance.now() - began]));
"""


SWAP_ALL = """() => {
  const html = document.getElementById("board").outerHTML;
  const began = performance.now();
  htmx.swap("#board", html, { swapStyle: "outerHTML" });
  return performance.now() - began;
}"""
WRITE_TEXTS = """(count) => {
  const cells = [...document.querySelectorAll("#sessions [data-col=customer] bdi")].slice(0, count);
  const began = performance.now();
  for (const cell of cells) cell.textContent = `at ${began}`;
  return performance.now() - began;
}"""


@dataclass
class Found:
    """Milliseconds: of each window's frames, of the whole board swapped, of texts written."""

    windows: list[list[float]] = field(default_factory=list)
    swapped: list[float] = field(default_factory=list)
    written: list[float] = field(default_factory=list)

    def frames(self, share: float) -> Take:
        """Return one sample a window: the frame that so large a share of it does not exceed."""
        ordered = map(sorted, self.windows)
        return already_taken(Sample(one[min(len(one) - 1, int(len(one) * share))]) for one in ordered)


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """The median and the slowest of a window's frames."""
    with boards_of(surroundings) as boards:
        found = surroundings.runner.run(measure(boards, surroundings))
    for name, share in (("median", 0.5), ("p95", 0.95)):
        yield Line(
            f"a frame of {ROWS} changed rows of {SESSIONS} in Chromium, {name}",
            "ms",
            f"ours: parsing and swapping, {FRAMES_PER_SECOND} frames a second; textbook: htmx swaps the whole board; "
            "limit: as many texts written",
            {
                Side.OURS: found.frames(share),
                Side.TEXTBOOK: already_taken(map(Sample, found.swapped)),
                Side.LIMIT: already_taken(map(Sample, found.written)),
            },
            Bar(30.0),
            samples=WINDOWS,
        )


async def measure(boards: Boards, surroundings: Surroundings) -> Found:
    """Watch frames on one page, and on another one without a socket what other ways take, in turns."""
    found = Found()
    async with started(our_site, boards.center.stage, surroundings.folder) as server, running_browser() as browser:
        page, beside = await browser.new_page(viewport=VIEWPORT), await browser.new_page(viewport=VIEWPORT)
        await beside.route_web_socket("**", lambda _socket: None)  # no frame comes there
        await asyncio.gather(show(page, server), show(beside, server))
        await until(lambda: has_frames(page, 1), 20, "the socket's first message")
        boards.center.begin()
        for _ in range(WINDOWS):
            found.windows.append(await watch_frames(page, boards.center))
            found.swapped.append(await beside.evaluate(SWAP_ALL))
            found.written.append(await beside.evaluate(WRITE_TEXTS, ROWS))
    return found


async def show(page: Page, server: Server) -> None:
    """Open the board as somebody who is signed in."""
    name, _, session = server.headers.removeprefix("Cookie: ").strip().partition("=")
    address = f"http://127.0.0.1:{server.port}"
    await page.context.add_cookies([{"name": name, "value": session, "url": address}])
    await page.goto(f"{address}/sessions/")
    await page.evaluate(WATCH_FRAMES)


async def watch_frames(page: Page, center: Center) -> list[float]:
    """Change fifty rows at a time; return how many milliseconds each frame took the page."""
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await page.evaluate("window.frames = []")
    for _ in range(WINDOW_FRAMES):
        center.change(ROWS)
        await asyncio.sleep(1 / FRAMES_PER_SECOND)
    await until(lambda: shows_changes(page, center), 20, f"every row's last change; the page's errors: {faults[:1]}")
    frames: list[tuple[int, float]] = await page.evaluate("window.frames")
    return [took for rows, took in frames if MANY_ROWS <= rows <= 2 * ROWS]


async def shows_changes(page: Page, center: Center) -> bool:
    """Whether each row shows its last change: a page whose script fails takes little time."""
    shown = MARK.findall(await page.content())
    return center.expected(None).items() <= {row: int(at) for row, at in shown}.items()


async def has_frames(page: Page, count: int) -> bool:
    """Say whether the page had so many messages."""
    found: bool = await page.evaluate(f"window.frames.length >= {count}")
    return found
