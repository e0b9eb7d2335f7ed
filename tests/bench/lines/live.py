"""Many browsers on live boards: from the appliance's send to the browser's receipt, commit included.

Real processes: a simulator, a swarm of browsers, `runmirror`, Valkey, and in turns the site, the textbook's shape and a
bare broadcast.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from tests.bench.line import Bar, LeftOut, Line, Measure, Sample, Side, already_taken
from tests.bench.live.boards import Boards, boards_of
from tests.bench.live.crowd import crowd_at
from tests.bench.live.load import SETTLE_SECONDS, Center, Load, Outcome, run_load
from tests.bench.live.servers import STARTS, Server, grouped, started
from tests.bench.surroundings import QUICK, Surroundings

SOCKETS = 200 if QUICK else 1000
TEXTBOOK_SOCKETS = 100  # with a thousand a change on one view would take it minutes
ROUNDS = 1 if QUICK else 5
MOST_SECONDS, ENOUGH_CHANGES = 1.5, 200  # of a window
TEXTBOOK_SECONDS = 0.6  # it falls behind with the first changes, and catches up in many times as long
FAN_OUT = Load(views=1, changes_per_second=7)  # so far apart that each change is a frame


@dataclass(frozen=True, slots=True)
class Target:
    """A load with the bars it must reach."""

    load: Load
    p50_ms: float | None = None
    p99_ms: float | None = None


SLOW_TARGETS = (Target(Load(20, 200), 60, 130), Target(Load(1, 20)), Target(Load(1, 200), None, 175))
TARGETS = (Target(Load(20, 20), 15, 80), *([] if QUICK else SLOW_TARGETS))
MOST_CPU = 60.0  # % of a core
MOST_SWARM_CPU = 80.0


@dataclass
class Windows:
    """What was measured of one load, by side."""

    outcomes: dict[Side, list[Outcome]] = field(default_factory=dict)

    def add(self, side: Side, outcome: Outcome) -> None:
        """Keep an outcome."""
        self.outcomes.setdefault(side, []).append(outcome)

    def sides(self, read: Callable[[Outcome], float]) -> dict[Side, Callable[[], Sample]]:
        """Return the sides of a line that shows one figure of the outcomes."""
        return {
            side: already_taken([Sample(read(one), one.cpu_seconds) for one in found])
            for side, found in self.outcomes.items()
        }

    @property
    def count(self) -> int:
        """How many samples there are of each side."""
        return min(map(len, self.outcomes.values()))


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """Latency, processor time and completeness for each load; then the fan-out alone."""
    with boards_of(surroundings) as boards:
        found = surroundings.runner.run(measure_all(boards, surroundings))
    if QUICK:
        yield from (LeftOut(target.load.name) for target in SLOW_TARGETS)
    for target in TARGETS:
        yield from load_lines(target, found[target.load])
    yield from fan_out_lines(found[FAN_OUT])


def load_lines(target: Target, windows: Windows) -> Iterator[Line]:
    """The lines of one load."""
    name, sides = target.load.name, windows.sides
    compares = f"ours and the broadcast: {SOCKETS} sockets; textbook: {TEXTBOOK_SOCKETS}"

    def line(what: str, unit: str, read: Callable[[Outcome], float], bar: float | None) -> Line:
        limit = None if bar is None else Bar(bar)
        return Line(f"{name}, {what}", unit, compares, sides(read), limit, samples=windows.count)

    yield line("p50", "ms", lambda one: one.report.p50_ms or 1000 * SETTLE_SECONDS, target.p50_ms)
    yield line("p99", "ms", lambda one: one.report.p99_ms or 1000 * SETTLE_SECONDS, target.p99_ms)
    yield line("web process", "% of a core", lambda one: one.cpu_share, MOST_CPU)
    yield line("views and browsers that missed a change", "", lambda one: one.wrong + one.report.gaps, 0)
    yield line("the load client itself", "% of a core", lambda one: one.swarm_share, MOST_SWARM_CPU)


def fan_out_lines(windows: Windows) -> Iterator[Line]:
    """Processor time of one frame to all sockets, rendering and acknowledgements included; what a socket holds."""
    compares = "textbook: one channel-layer group, rendered once; limit: websockets.broadcast"
    for beside, measure, limit in (("a group", Measure.TO_TEXTBOOK, 0.2), ("a broadcast", Measure.TO_LIMIT, 4.0)):
        yield Line(
            f"one row to {SOCKETS} sockets, beside {beside}",
            "ms CPU a frame",
            compares,
            windows.sides(lambda one: 1000 * one.cpu_seconds * SOCKETS / max(1, one.report.messages)),
            None if QUICK else Bar(limit, measure),  # what a frame costs at all is shared by fewer
            samples=windows.count,
        )
    yield Line(
        f"memory of a socket, of {SOCKETS}",
        "kB",
        "resident memory that the server gains while all but the first open a board and get its rows",
        windows.sides(lambda one: one.socket_kb),
        samples=windows.count,
    )


@dataclass(frozen=True, slots=True)
class Crowding:
    """So many browsers of a server, and the loads that they see one after the other."""

    server: Server
    sockets: int
    loads: tuple[Load, ...]


def crowdings(side: Side, server: Server) -> list[Crowding]:
    """Return the crowds of a server. One that sees the fan-out comes first: it tells what a socket holds.

    The textbook's server works on for long after many changes on one view, so no crowd comes after that one.
    """
    single, many = ([one.load for one in TARGETS if (one.load.views == 1) is is_one] for is_one in (True, False))
    if side is not Side.TEXTBOOK:
        return [Crowding(server, SOCKETS, (FAN_OUT, *single)), Crowding(server, SOCKETS, tuple(many))]
    alone = Crowding(grouped(server), SOCKETS, (FAN_OUT,))
    return [alone, *(Crowding(server, TEXTBOOK_SOCKETS, tuple(loads)) for loads in (many, single) if loads)]


async def measure_all(boards: Boards, surroundings: Surroundings) -> dict[Load, Windows]:
    """Let all sides have their turns, so that what disturbs one disturbs all."""
    found = {load: Windows() for load in (FAN_OUT, *(target.load for target in TARGETS))}
    for _ in range(ROUNDS):
        for side, start in STARTS.items():
            async with started(start, boards.center.stage, surroundings.folder) as server:
                for crowding in crowdings(side, server):
                    outcomes = await watched(crowding, boards.center, partial(window_seconds, side))
                    for load, outcome in zip(crowding.loads, outcomes, strict=True):
                        found[load].add(side, outcome)
    return found


def window_seconds(side: Side, load: Load) -> float:
    """Return how long a load is watched: what has many changes a second need not be long."""
    if side is Side.TEXTBOOK:
        return TEXTBOOK_SECONDS
    return min(MOST_SECONDS, ENOUGH_CHANGES / load.changes_per_second)


async def watched(crowding: Crowding, center: Center, seconds: Callable[[Load], float]) -> list[Outcome]:
    """Open the sockets, run each load for so long, and close them."""
    server, loads = crowding.server, crowding.loads
    async with crowd_at(server.port, server.headers) as crowd:
        watchers = loads[0].watchers(center.queues, server, crowding.sockets)
        await crowd.watch(dict.fromkeys(watchers, 1))
        before = server.rss_mb()
        await crowd.watch({path: count - 1 for path, count in watchers.items()})
        socket_kb = 1000 * (server.rss_mb() - before) / (crowding.sockets - len(watchers))
        outcomes = [await run_load(load, center, server, crowd, seconds(load)) for load in loads]
        return [replace(outcome, socket_kb=socket_kb) for outcome in outcomes]
