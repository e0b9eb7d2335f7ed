"""How cost grows with sessions, with sockets and with views; run by name, drawn by `python -m tests.bench.chart`.

The charts find a line's place by its name: "<what>, <size> <sessions, sockets or views>".
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from functools import partial

import httpx2
from asgiref.sync import sync_to_async

from realtime.feed import Published
from tests.bench.line import Line, Sample, Side, already_taken
from tests.bench.lines.board import fetch_pages
from tests.bench.lines.live import FAN_OUT, Crowding, watched
from tests.bench.live import boards
from tests.bench.live.crowd import crowd_at
from tests.bench.live.load import Center, Load
from tests.bench.live.servers import Server, our_site, started
from tests.bench.processes import COPY_SECONDS, Stage, mirrored
from tests.bench.surroundings import QUICK, Surroundings
from tests.services.waiting import until, wait_until

SESSIONS = (100, 1_000) if QUICK else (100, 1_000, 10_000, 50_000)
SOCKETS = (10, 100) if QUICK else (10, 100, 1_000, 4_000)
SECONDS = 2.0 if QUICK else 4.0
ENOUGH = 100  # of sockets, to tell what one takes from what the process takes anyway
VIEWS = (1, 20) if QUICK else (1, 20, 200)
SESSIONS_A_REPRESENTATIVE = 5
SOCKETS_ON_VIEWS = 200 if QUICK else 1_000
CHANGES_PER_SECOND = 20
CHANGES = 60
APART_SECONDS = 0.15  # more than the tenth of a second for which a busy view gathers

Figures = dict[str, tuple[str, float]]
"""What -> its unit and its value."""


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """Every figure at every size."""
    for size in SESSIONS:
        with surroundings.database("sqlite") as url:
            yield from lines_of(asyncio.run(measure_sessions(surroundings, url, size)), size, "sessions")
    with surroundings.database("sqlite") as url:
        for of, size, figures in asyncio.run(measure_crowds(surroundings, url)):
            yield from lines_of(figures, size, of)


def lines_of(figures: Figures, size: int, of: str) -> Iterator[Line]:
    """Return a line for each figure."""
    for what, (unit, value) in figures.items():
        yield Line(f"{what}, {size:,} {of}", unit, "", {Side.OURS: already_taken([Sample(value)])}, samples=1)


async def measure_sessions(surroundings: Surroundings, database_url: str, size: int) -> Figures:
    """Memory, commit, render and first paint of a center with so many sessions, one board of it on show."""
    async with mirrored(surroundings, database_url, size, size // SESSIONS_A_REPRESENTATIVE) as stage:
        mirror_mb = stage.rss_mb()
        async with started(our_site, stage, surroundings.folder) as server:
            await sync_to_async(wait_until)(partial(is_ready, server), COPY_SECONDS, "the site's rows")
            pages = await sync_to_async(fetch_pages, thread_sensitive=False)(server, 5)
            commit_ms, render_ms = await change_one_by_one(stage, server)
            return {
                "mirror memory": ("MB", mirror_mb),
                "web memory": ("MB", server.rss_mb()),
                "commit of a change": ("ms", commit_ms),
                "render of a change": ("ms", render_ms),
                "first paint": ("ms", statistics.median(one.value for one in pages.cold)),
            }


def is_ready(server: Server) -> bool:
    """Say whether the site has read the rows."""
    return httpx2.get(f"http://127.0.0.1:{server.port}/readyz", trust_env=False, timeout=60).is_success


async def change_one_by_one(stage: Stage, server: Server) -> tuple[float, float]:
    """Return the median until a change was published, and the mean look at a board that shows the first 500 rows."""
    sent: dict[str, float] = {}
    delays: list[float] = []

    def hear(told: Published) -> None:
        rows = (told.change.inserts if told.change else {}).get("support_session", {}).values()
        delays.extend(1000 * (time.monotonic() - sent[row["customer_company"]]) for row in rows)

    async def are_heard() -> bool:
        return len(delays) == CHANGES

    row_ids = list(stage.simulator.center.tables["support_session"])
    async with crowd_at(server.port, server.headers) as crowd:
        await crowd.watch({server.path(None): 1})
        stage.on_published[:] = [hear]
        before = await sync_to_async(rendered)(server)
        for number in range(CHANGES):
            company = f"Company {number}"
            sent[company] = time.monotonic()
            row = {row_ids[number * 7 % len(row_ids)]: {"customer_company": company}}
            stage.simulator.apply(update={"support_session": row})
            await asyncio.sleep(APART_SECONDS)
        await until(are_heard, 20, "the last change")
        count, seconds = await sync_to_async(rendered)(server)
    return statistics.median(delays), 1000 * (seconds - before[1]) / (count - before[0])


def rendered(server: Server) -> tuple[float, float]:
    """Return how often the site looked at a view, and the seconds that this took."""
    text = httpx2.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False, timeout=30).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("dashboard_render_seconds_"))
    return float(values["dashboard_render_seconds_count"]), float(values["dashboard_render_seconds_sum"])


async def measure_crowds(surroundings: Surroundings, database_url: str) -> list[tuple[str, int, Figures]]:
    """Return the figures of a middling center by its sockets and by its views."""
    async with mirrored(surroundings, database_url, boards.SESSIONS, boards.REPRESENTATIVES) as stage:
        center = Center(stage)
        await center.spread()
        by_sockets = [("sockets", size, await measure_sockets(center, surroundings, size)) for size in SOCKETS]
        return by_sockets + [("views", size, await measure_views(stage, surroundings, size)) for size in VIEWS]


async def measure_sockets(center: Center, surroundings: Surroundings, size: int) -> Figures:
    """One view with so many sockets: what a frame and a socket cost."""
    async with started(our_site, center.stage, surroundings.folder) as server:
        (outcome,) = await watched(Crowding(server, size, (FAN_OUT,)), center, lambda _load: SECONDS)
        frames = outcome.report.messages / size
        figures = {
            "CPU of a frame to all": ("ms", 1000 * outcome.cpu_seconds / frames),
            "p99": ("ms", outcome.report.p99_ms or 0.0),
        }
        return figures | ({"memory of a socket": ("kB", outcome.socket_kb)} if size >= ENOUGH else {})


async def measure_views(stage: Stage, surroundings: Surroundings, size: int) -> Figures:
    """So many views, on which the same number of sockets is spread, under the same changes."""
    center = Center(stage, size)
    await center.spread()
    async with started(our_site, stage, surroundings.folder) as server:
        load = Load(size, CHANGES_PER_SECOND)
        (outcome,) = await watched(Crowding(server, SOCKETS_ON_VIEWS, (load,)), center, lambda _load: SECONDS)
        return {
            "web process": ("% of a core", outcome.cpu_share),
            "p50": ("ms", outcome.report.p50_ms or 0.0),
            "p99": ("ms", outcome.report.p99_ms or 0.0),
        }
