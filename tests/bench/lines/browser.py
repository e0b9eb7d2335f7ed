"""A real browser on the real site: what a frame of many changed rows costs the page's main thread."""

import asyncio
import re
from collections.abc import Iterator

from playwright.async_api import Page, async_playwright

from tests.bench.line import Bar, Line, Sample, Side, already_taken
from tests.bench.live.boards import SESSIONS, Boards, boards_of
from tests.bench.live.load import Center
from tests.bench.live.servers import Server, our_site, started
from tests.bench.surroundings import QUICK, Surroundings
from tests.services.browser import find_chromium, use_own_node
from tests.services.waiting import until

ROWS = 50
SECONDS = 2 if QUICK else 8
FRAMES_PER_SECOND = 10
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


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """The median and the slowest of a second's frames."""
    with boards_of(surroundings) as boards:
        found = sorted(surroundings.runner.run(measure(boards, surroundings)))
    for name, value in (("median", found[len(found) // 2]), ("p95", found[len(found) * 95 // 100])):
        yield Line(
            f"a frame of {ROWS} changed rows of {SESSIONS} in Chromium, {name}",
            "ms",
            f"ours: parsing and swapping, {FRAMES_PER_SECOND} frames a second",
            {Side.OURS: already_taken([Sample(value)])},
            Bar(30.0),
            samples=1,
        )


async def measure(boards: Boards, surroundings: Surroundings) -> list[float]:
    """Return how many milliseconds each frame took the page."""
    use_own_node()
    chromium = find_chromium()
    async with (
        started(our_site, boards.center.stage, surroundings.folder) as server,
        async_playwright() as playwright,
        await playwright.chromium.launch(
            executable_path=chromium.executable, args=list(chromium.arguments), env={**chromium.environment}
        ) as browser,
    ):
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        return await watch_frames(page, server, boards.center)


async def watch_frames(page: Page, server: Server, center: Center) -> list[float]:
    """Change fifty rows at a time, and collect what the page took for them."""
    name, _, session = server.headers.removeprefix("Cookie: ").strip().partition("=")
    address = f"http://127.0.0.1:{server.port}"
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await page.context.add_cookies([{"name": name, "value": session, "url": address}])
    await page.goto(f"{address}/sessions/")
    await page.evaluate(WATCH_FRAMES)
    await until(lambda: has_frames(page, 1), 20, "the socket's first message")
    center.begin()
    for _ in range(SECONDS * FRAMES_PER_SECOND):
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
