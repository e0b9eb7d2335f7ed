"""Two web processes, two workers and two mirrors behind nginx, as a large site has them; run by name.

PostgreSQL and Valkey below, a center of 500 sessions and one polled vendor above. What two web processes carry stands
beside what one carries behind the same nginx; then the active mirror is killed, and a web process.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from asgiref.sync import sync_to_async

from tests.bench.line import Bar, LeftOut, Line, Sample, Side, already_taken
from tests.bench.live.boards import REPRESENTATIVES, SESSIONS
from tests.bench.live.crowd import Crowd, crowd_at
from tests.bench.live.load import Center, Load, count_wrong, run_load
from tests.bench.live.proxy import find_nginx, proxying
from tests.bench.live.servers import Queue, Server, by_filter, cpu_seconds, session_header, site_on
from tests.bench.processes import Stage, mirrored
from tests.bench.surroundings import QUICK, Surroundings
from tests.e2e.polling import TABLES, vendors_simulated
from tests.services.process import Process, free_port, running
from tests.services.site import Site
from tests.services.waiting import until

SOCKETS = (200,) if QUICK else (1000, 2000)
FAILING_SOCKETS = 200
LOAD = Load(20, 200)
ROUNDS, SECONDS = (1, 2.0) if QUICK else (3, 4.0)
KILLS = 1 if QUICK else 3
WAITING = "another mirror holds the lease"
MIRROR_BAR, WEB_BAR = Bar(10.0), Bar(5.0)
RETURN_SECONDS = 30.0
ONE, TWO = Side.LIMIT, Side.OURS
COMPARES = "ours: two web processes; limit: one; both behind nginx, with two workers and two mirrors"

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Farm:
    """Everything but the web processes. `mirrors` are those started after the stage's own, newest last."""

    stage: Stage
    center: Center
    folder: Path
    stack: ExitStack
    mirrors: list[Process] = field(default_factory=list)

    async def start(self, name: str, *command: str) -> Process:
        """Start a process with a folder of its own; on a thread, so that the simulator goes on."""
        own = self.folder / name
        own.mkdir(exist_ok=True)
        process = running(
            *command,
            log_path=own / "log",
            environment=self.stage.environment | {"VAR_DIR": str(own), "WORKER_PROCESSES": "2"},
        )
        return await sync_to_async(self.stack.enter_context)(process)

    async def start_mirror(self) -> None:
        """Start one more mirror, and wait until it waits for the lease."""
        process = await self.start(f"mirror{len(self.mirrors)}", "manage.py", "runmirror")
        self.mirrors.append(process)
        await sync_to_async(process.wait_for_output)(WAITING)

    async def start_polling(self) -> None:
        """Start two workers and beat."""
        for number in range(2):
            await self.start(f"worker{number}", "-m", "celery", "-A", "dashboard.celery", "worker")
        await self.start("beat", "-m", "celery", "-A", "dashboard.celery", "beat")


@dataclass
class Found:
    """What was measured: by sockets, then by side; and the seconds of each failover."""

    windows: dict[int, dict[Side, list[Figures]]] = field(default_factory=dict)
    mirror_seconds: list[float] = field(default_factory=list)
    web_seconds: list[float] = field(default_factory=list)

    def add(self, sockets: int, side: Side, figures: Figures) -> None:
        """Keep a window's figures."""
        self.windows.setdefault(sockets, {}).setdefault(side, []).append(figures)


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """What two carry beside what one carries; then the failovers."""
    if find_nginx() is None:
        yield LeftOut("scale-out", "nginx is not installed")
        return
    with surroundings.database("postgresql") as url:
        found = asyncio.run(measure(surroundings, url))
    for sockets, by_side in found.windows.items():
        for name in by_side[TWO][0]:
            yield load_line(f"{LOAD.name}, {sockets:,} sockets behind nginx, {name}", name, by_side)
    yield failover_line("killed mirror: changes on the page again", found.mirror_seconds, MIRROR_BAR)
    yield failover_line("killed web process: all sockets back and right", found.web_seconds, WEB_BAR)


def load_line(title: str, name: str, by_side: Mapping[Side, list[Figures]]) -> Line:
    """Return the line of one figure."""
    sides = {side: already_taken([Sample(one[name]) for one in found]) for side, found in by_side.items()}
    unit = {"p50": "ms", "p99": "ms", "missed": ""}.get(name, "% of a core")
    return Line(title, unit, COMPARES, sides, Bar(0) if name == "missed" else None, samples=ROUNDS)


def failover_line(name: str, seconds: list[float], bar: Bar) -> Line:
    """Return the slowest of some failovers."""
    compares = f"the slowest of {len(seconds)}, from SIGKILL; {FAILING_SOCKETS} sockets through nginx"
    return Line(name, "s", compares, {Side.OURS: already_taken([Sample(max(seconds))])}, bar, samples=1)


async def measure(surroundings: Surroundings, database_url: str) -> Found:
    """Build the farm, load it, break it."""
    found = Found()
    async with farm_of(surroundings, database_url) as farm:
        for _ in range(ROUNDS):
            for side, count in ((ONE, 1), (TWO, 2)):
                async with served(farm, count) as (server, proxy, _sites):
                    for sockets in SOCKETS:
                        found.add(sockets, side, await load_once(farm, server, proxy, sockets))
        async with served(farm, 2) as (server, _proxy, _sites):
            found.mirror_seconds = [await kill_mirror(farm, server) for _ in range(KILLS)]
        for _ in range(KILLS):
            async with served(farm, 2) as (server, _proxy, sites):
                found.web_seconds.append(await kill_web(farm, server, sites))
    return found


@asynccontextmanager
async def farm_of(surroundings: Surroundings, database_url: str) -> AsyncIterator[Farm]:
    """Run everything but the web processes."""
    with ExitStack() as stack:
        vendors = await sync_to_async(stack.enter_context)(vendors_simulated(surroundings.folder))
        phones = f'[phones]\n{TABLES["phones"]}url = "{vendors.urls["evovoice"]}"\ninterval = 5\n'
        async with mirrored(surroundings, database_url, SESSIONS, REPRESENTATIVES, phones) as stage:
            farm = Farm(stage, Center(stage), surroundings.folder, stack)
            await farm.start_mirror()
            await farm.start_polling()
            await farm.center.spread()
            yield farm


@asynccontextmanager
async def served(farm: Farm, count: int) -> AsyncIterator[tuple[Server, tuple[psutil.Process, ...], list[Site]]]:
    """Run so many web processes behind nginx; gives them as one server, nginx's processes, and each site."""
    with ExitStack() as stack:
        enter = sync_to_async(stack.enter_context)
        entrance, *ports = (free_port() for _ in range(1 + count))
        environment = farm.stage.environment | {"DASHBOARD_URL": f"http://127.0.0.1:{entrance}"}
        sites = [await enter(site_on(port, environment, farm.folder)) for port in ports]
        proxy = await enter(proxying(entrance, ports, farm.folder / "nginx"))
        processes = tuple(psutil.Process(site.process.popen.pid) for site in sites)
        header = await sync_to_async(session_header)(sites[0])
        yield Server(entrance, processes, by_filter, header), proxy, sites


async def load_once(farm: Farm, server: Server, proxy: tuple[psutil.Process, ...], sockets: int) -> Figures:
    """Run one window."""
    async with crowd_at(server.port, server.headers) as crowd:
        await crowd.watch(LOAD.watchers(farm.center.queues, server, sockets))
        spent = cpu_seconds(proxy)
        outcome = await run_load(LOAD, farm.center, server, crowd, SECONDS)
        return {
            "p50": outcome.report.p50_ms or 1000 * SECONDS,
            "p99": outcome.report.p99_ms or 1000 * SECONDS,
            "missed": outcome.wrong + outcome.report.gaps,
            "web processes together": outcome.cpu_share,
            "nginx": 100 * (cpu_seconds(proxy) - spent) / SECONDS,
        }


async def kill_mirror(farm: Farm, server: Server) -> float:
    """Kill the active mirror, change a session of each queue, and return when all pages show it; start another one."""
    async with failing_crowd(farm, server) as crowd:
        active = farm.mirrors[-2].popen.pid if len(farm.mirrors) > 1 else farm.stage.process.pid
        farm.center.begin()
        psutil.Process(active).kill()
        began = time.monotonic()
        farm.center.change(len(farm.center.queues))
        await until(showing(farm, server, crowd), RETURN_SECONDS, "changes by the other mirror")
        seconds = time.monotonic() - began
    await farm.start_mirror()
    return seconds


async def kill_web(farm: Farm, server: Server, sites: list[Site]) -> float:
    """Kill a web process, change a session of each queue, and return when all sockets are back and show it."""
    async with failing_crowd(farm, server) as crowd:
        carried = await sync_to_async(open_sockets)(sites[0])
        farm.center.begin()
        crowd.measure()
        await crowd.ask()
        sites[0].process.popen.kill()
        began = time.monotonic()
        farm.center.change(len(farm.center.queues))
        await until(showing(farm, server, crowd, lost=carried), RETURN_SECONDS, "all sockets by the other process")
        return time.monotonic() - began


@asynccontextmanager
async def failing_crowd(farm: Farm, server: Server) -> AsyncIterator[Crowd]:
    """Open sockets that come back, on all queues."""
    async with crowd_at(server.port, server.headers, "returns") as crowd:
        await crowd.watch(LOAD.watchers(farm.center.queues, server, FAILING_SOCKETS))
        yield crowd


def open_sockets(site: Site) -> int:
    """Return how many sockets a web process has."""
    metrics = site.get("/metrics").text
    return next(int(float(line.split()[1])) for line in metrics.splitlines() if line.startswith("dashboard_sockets "))


def showing(farm: Farm, server: Server, crowd: Crowd, lost: int = 0) -> Callable[[], Awaitable[bool]]:
    """Return a look at whether so many sockets ended, all are open, and all show this window's changes."""
    shown: dict[str, Queue | None] = {server.path(queue): queue for queue in farm.center.queues}

    async def look() -> bool:
        report = await crowd.ask()
        is_complete = report.joined == FAILING_SOCKETS and report.closed >= lost
        return is_complete and not count_wrong(report, farm.center, shown)

    return look
