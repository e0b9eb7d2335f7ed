"""Run a display for hours of a simulated center's time, and print what its page holds, hour by hour.

On the way the site is killed and started anew, and the screen's network is cut; in the end the screen must show what
the appliance holds. What a page holds goes up and down with the center, so each hour ends with a look at it and at
one that was just loaded, and growth is that of the one's figures by the other's, from the first hour to the last.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from playwright.async_api import BrowserContext, CDPSession, Page, ViewportSize, async_playwright  # noqa: E402

from dashboard.displays.tokens import PATH, TOKEN  # noqa: E402
from dashboard.wallboards.stored import create  # noqa: E402
from dashboard.wallboards.templates import EXECUTIVE_WALL, QUEUE_WALL, TEAM_WALL  # noqa: E402
from tests.e2e.mirroring import Appliance, installed, simulating  # noqa: E402
from tests.services.browser import find_chromium, use_own_node  # noqa: E402
from tests.services.database import default_database, migrate  # noqa: E402
from tests.services.displays import pair, somebody  # noqa: E402
from tests.services.process import free_port  # noqa: E402
from tests.services.site import Site, serving  # noqa: E402
from tests.services.valkey import ValkeyServer  # noqa: E402

SAMPLES = 12  # an hour
CUT = 1 / 6  # of an hour
FRESH_SECONDS = 20  # after which a page that was just loaded has settled
VIEWPORT = ViewportSize(width=1920, height=1080)
FIGURES = {"Nodes": "DOM nodes", "JSEventListeners": "listeners", "JSHeapUsedSize": "heap, MB"}
LOGGED_IN = re.compile(r"In session\s+\d+\D*?of\s+(\d+)")


@dataclass
class Stage:
    """The center, its site on a fixed port, and a display's token."""

    appliance: Appliance
    environment: dict[str, str]
    folder: Path
    token: str
    stack: ExitStack
    starts: int = 0
    site: Site | None = None

    def start_site(self) -> Site:
        """Start the site, killing the one that runs."""
        if self.site is not None:
            self.site.process.end(signal.SIGKILL)
        self.starts += 1
        self.site = self.stack.enter_context(serving(self.environment, self.folder / f"web-{self.starts}.log"))
        return self.site


@contextmanager
def staged(folder: Path, speed: float) -> Iterator[Stage]:
    """Run a center, its mirror and the site, with a display on a wallboard of several pages."""
    url = f"sqlite:///{folder / 'site.sqlite3'}"
    with ExitStack() as stack:
        valkey = ValkeyServer(folder / "valkey.sock")
        valkey.start()
        stack.callback(valkey.stop)
        stack.enter_context(default_database(url))
        migrate()
        pages = QUEUE_WALL.pages + TEAM_WALL.pages + EXECUTIVE_WALL.pages
        board = create(somebody(), replace(QUEUE_WALL, pages=tuple(replace(page, seconds=20) for page in pages)))
        token = pair("Soak", board)[1]
        options = ("--sessions", "60", "--reps", "40", "--speed", str(speed))
        appliance = stack.enter_context(simulating(folder, *options))
        installation = stack.enter_context(installed(folder, url, appliance))
        installation.start_mirror()
        environment = {"DATABASE_URL": url, "PORT": str(free_port()), "SOURCES_FILE": str(folder / "sources.toml")}
        stage = Stage(appliance, environment | {"DEBUG": "1"}, folder, token, stack)
        stage.start_site()
        installation.wait_for_state("live")
        yield stage


Figures = dict[str, float]


@dataclass
class Hour:
    """What the page held in an hour's samples and at its end, and a fresh one then."""

    samples: list[Figures] = field(default_factory=list)
    held: Figures = field(default_factory=dict)
    fresh: Figures = field(default_factory=dict)

    def share(self, name: str) -> float:
        """Return how much of a figure the page had in the end, by what a fresh one had."""
        return self.held[name] / self.fresh[name]

    def told(self, name: str) -> str:
        """Return a figure in words."""
        middle = median(figures[name] for figures in self.samples)
        return f"{FIGURES[name]} {middle:.1f}, in the end {self.held[name]:.1f} (fresh {self.fresh[name]:.1f})"


async def begin_measuring(page: Page) -> CDPSession:
    """Return a session in which a page can be measured."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    return session


async def measure(session: CDPSession) -> Figures:
    """Return what a page holds, after its garbage is collected."""
    await session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}
    return {name: metrics[name] / (1e6 if name == "JSHeapUsedSize" else 1) for name in FIGURES}


async def load(context: BrowserContext, address: str) -> Page:
    """Return a page with the screen, live."""
    page = await context.new_page()
    page.on("crash", lambda _page: print("a page crashed", flush=True))
    await page.goto(address)
    await page.wait_for_selector('html[data-live="live"]', timeout=60_000)
    return page


async def measure_fresh(page: Page) -> Figures:
    """Return what the same page holds when it was just loaded, in a browser window of its own."""
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(viewport=VIEWPORT)
    await context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]  # what it gave, it takes
    fresh = await load(context, page.url)
    await asyncio.sleep(FRESH_SECONDS)
    figures = await measure(await begin_measuring(fresh))
    await context.close()
    return figures


async def pass_hours(page: Page, stage: Stage, hours: int, seconds: float) -> list[Hour]:
    """Let hours of `seconds` each pass; print and return what was measured."""
    session = await begin_measuring(page)
    disturbances: dict[int, Callable[[], object]] = {
        hours // 3: stage.start_site,
        2 * hours // 3: lambda: asyncio.run_coroutine_threadsafe(cut(page, seconds * CUT), loop).result(),
    }
    loop = asyncio.get_running_loop()
    measured = []
    for number in range(1, hours + 1):
        if disturb := disturbances.get(number - 1):
            await asyncio.to_thread(disturb)
        hour = Hour()
        for _ in range(SAMPLES):
            await asyncio.sleep(seconds / SAMPLES)
            hour.samples.append(await measure(session))
        hour.fresh, hour.held = await measure_fresh(page), await measure(session)
        measured.append(hour)
        print(f"hour {number:3}  " + "; ".join(hour.told(name) for name in FIGURES), flush=True)
    return measured


async def cut(page: Page, seconds: float) -> None:
    """Cut a screen's network for a while."""
    await page.context.set_offline(True)
    await asyncio.sleep(seconds)
    await page.context.set_offline(False)


async def shows_truth(page: Page, stage: Stage, tries: int = 100) -> bool:
    """Say whether the screen comes to show as many people as the appliance holds."""
    for _ in range(tries):
        texts = await page.locator("#wall-tiles").all_text_contents()
        held = len((await asyncio.to_thread(lambda: stage.appliance.truth))["representative"])
        shown = {int(count) for count in LOGGED_IN.findall(" ".join(texts))}
        if shown == {held}:
            return True
        await asyncio.sleep(0.3)
    print(f"the screen says of {sorted(shown)}, the appliance holds {held}")
    return False


async def soak(stage: Stage, hours: int, speed: float) -> int:
    """Run, print the growth; return 1 when a figure grew by more than 5 % or the screen is wrong in the end."""
    site, chromium = stage.site, find_chromium()
    assert site is not None
    use_own_node()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium.executable,
            args=list(chromium.arguments),
            env={**os.environ, **chromium.environment},
        )
        context = await browser.new_context(viewport=VIEWPORT)
        cookie = {"name": TOKEN, "value": stage.token, "domain": "127.0.0.1", "path": PATH}
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
        page = await load(context, f"{site.origin}{PATH}")
        measured = await pass_hours(page, stage, hours, 3600 / speed)
        is_right = await shows_truth(page, stage)
        await browser.close()
    growth = {name: 100 * (measured[-1].share(name) / measured[0].share(name) - 1) for name in FIGURES}
    print("growth  " + "  ".join(f"{FIGURES[name]} {value:+.1f} %" for name, value in growth.items()))
    print(f"in the end the screen is {'right' if is_right else 'WRONG'}")
    return 0 if is_right and max(growth.values()) <= 5 else 1


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.display", description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="of the center's time (24)")
    parser.add_argument("--speed", type=float, default=10.0, help="how many times as fast that runs (10)")
    given = parser.parse_args()
    folder = Path(settings.VAR_DIR)
    folder.mkdir(parents=True)
    started = time.monotonic()
    try:
        with staged(folder, given.speed) as stage:
            return asyncio.run(soak(stage, given.hours, given.speed))
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
        print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
