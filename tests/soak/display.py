"""Run a display for hours of a simulated center's time, and print what its page holds, hour by hour.

On the way a new build is served, for which the screen reloads itself once; the site is killed and started anew; and the
screen's network falls silent for ten minutes by the clock. In the end the screen must show what the appliance holds.
What a page holds goes up and down with the center, so each hour ends with a look at it and at one that was just loaded,
and growth is that of the one's figures by the other's, from the first hour after the reload to the last.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402
from playwright.async_api import BrowserContext, CDPSession, Page, ViewportSize  # noqa: E402

from dashboard.displays.tokens import PATH, TOKEN  # noqa: E402
from dashboard.wallboards.stored import create  # noqa: E402
from dashboard.wallboards.templates import EXECUTIVE_WALL, QUEUE_WALL, TEAM_WALL  # noqa: E402
from tests.e2e.lossy import LossyProxy  # noqa: E402
from tests.e2e.mirroring import Appliance, installed, simulating  # noqa: E402
from tests.services.browser import running_browser  # noqa: E402
from tests.services.database import default_database, migrate  # noqa: E402
from tests.services.displays import pair, somebody  # noqa: E402
from tests.services.process import free_port  # noqa: E402
from tests.services.site import Site, serving  # noqa: E402
from tests.services.valkey import ValkeyServer  # noqa: E402

SAMPLES = 12  # an hour
REBUILT_AFTER, KILLED_AFTER, CUT_AFTER = 1 / 12, 1 / 3, 2 / 3  # of all hours
FRESH_SECONDS = 20  # after which a page that was just loaded has settled
VIEWPORT = ViewportSize(width=1920, height=1080)
FIGURES = {"Nodes": "DOM nodes", "JSEventListeners": "listeners", "JSHeapUsedSize": "heap, MB"}
LOGGED_IN = re.compile(r"In session\s+\d+\D*?of\s+(\d+)")


@dataclass
class Stage:
    """The center, its site on a fixed port, a display's token, and how long its network is cut."""

    appliance: Appliance
    environment: dict[str, str]
    folder: Path
    token: str
    stack: ExitStack
    cut_seconds: float
    starts: int = 0
    site: Site | None = None
    proxy: LossyProxy = field(default_factory=LossyProxy)
    loads: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def start_site(self) -> Site:
        """Start the site, killing the one that runs."""
        if self.site is not None:
            self.site.process.end(signal.SIGKILL)
        self.starts += 1
        self.site = self.stack.enter_context(serving(self.environment, self.folder / f"web-{self.starts}.log"))
        return self.site

    async def rebuild(self) -> None:
        """Serve another build."""
        self.environment["BUILD"] = "second"
        await asyncio.to_thread(self.start_site)

    async def kill(self) -> None:
        """Kill the site and start it anew."""
        await asyncio.to_thread(self.start_site)

    async def cut(self) -> None:
        """Let the network fall silent."""
        self.proxy.is_silent = True
        await asyncio.sleep(self.cut_seconds)
        self.proxy.is_silent = False

    def disturbances(self, hours: int) -> dict[int, Callable[[], Awaitable[None]]]:
        """Return what happens after which hour."""
        return {
            max(1, round(hours * REBUILT_AFTER)): self.rebuild,
            round(hours * KILLED_AFTER): self.kill,
            round(hours * CUT_AFTER): self.cut,
        }


@contextmanager
def staged(folder: Path, speed: float, cut_seconds: float) -> Iterator[Stage]:
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
        stage = Stage(appliance, environment | {"DEBUG": "1"}, folder, token, stack, cut_seconds)
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
    """Let hours of `seconds` each pass by the clock; print and return what was measured in each."""
    session = await begin_measuring(page)
    disturbances = stage.disturbances(hours)
    began = time.monotonic()
    measured = []
    while (number := int((time.monotonic() - began) / seconds) + 1) <= hours:
        measured.append(await pass_hour(page, session, began + number * seconds))
        print(f"hour {number:3}  " + "; ".join(measured[-1].told(name) for name in FIGURES), flush=True)
        if disturb := disturbances.get(number):
            print(f"          {disturb.__name__}", flush=True)
            await disturb()
    return measured


async def pass_hour(page: Page, session: CDPSession, ends_at: float) -> Hour:
    """Measure for what is left of an hour."""
    hour = Hour()
    pause = max(0, ends_at - time.monotonic() - FRESH_SECONDS) / SAMPLES
    for _ in range(SAMPLES):
        await asyncio.sleep(pause)
        hour.samples.append(await measure(session))
    hour.fresh, hour.held = await measure_fresh(page), await measure(session)
    await asyncio.sleep(max(0, ends_at - time.monotonic()))
    return hour


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


async def watch(stage: Stage, hours: int, seconds: float) -> tuple[list[Hour], bool]:
    """Open the screen, let the hours pass; return what was measured, and whether it is right in the end."""
    async with running_browser() as browser:
        context = await browser.new_context(viewport=VIEWPORT)
        cookie = {"name": TOKEN, "value": stage.token, "domain": "127.0.0.1", "path": PATH}
        await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
        page = await load(context, f"{stage.environment['DASHBOARD_URL']}{PATH}")
        page.on("domcontentloaded", lambda page: stage.loads.append(page.url))
        page.on("pageerror", lambda error: stage.faults.append(str(error)))
        measured = await pass_hours(page, stage, hours, seconds)
        is_right = await shows_truth(page, stage)
    return measured, is_right


async def soak(stage: Stage, hours: int, speed: float) -> int:
    """Run, print the growth; return 1 when a figure grew by more than 5 % or the screen did anything wrong."""
    stage.proxy = await LossyProxy.start()
    stage.proxy.upstream_port = int(stage.environment["PORT"])
    stage.environment["DASHBOARD_URL"] = f"http://127.0.0.1:{stage.proxy.port}"
    await asyncio.to_thread(stage.start_site)
    measured, is_right = await watch(stage, hours, 3600 / speed)
    await stage.proxy.close()
    first = measured[min(stage.disturbances(hours))]  # the first hour after the reload
    growth = {name: 100 * (measured[-1].share(name) / first.share(name) - 1) for name in FIGURES}
    print("growth  " + "  ".join(f"{FIGURES[name]} {value:+.1f} %" for name, value in growth.items()))
    print(f"reloads: {len(stage.loads)} (1 for the new build); errors of scripts: {stage.faults}")
    print(f"in the end the screen is {'right' if is_right else 'WRONG'}")
    return 0 if is_right and max(growth.values()) <= 5 and len(stage.loads) == 1 and not stage.faults else 1


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.display", description=__doc__)
    parser.add_argument("--hours", type=int, default=24, help="of the center's time (24)")
    parser.add_argument("--speed", type=float, default=10.0, help="how many times as fast that runs (10)")
    parser.add_argument("--cut", type=float, default=600.0, help="seconds of a silent network (600)")
    given = parser.parse_args()
    folder = Path(settings.VAR_DIR)
    folder.mkdir(parents=True)
    started = time.monotonic()
    try:
        with staged(folder, given.speed, given.cut) as stage:
            return asyncio.run(soak(stage, given.hours, given.speed))
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
        print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
