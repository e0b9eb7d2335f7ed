"""Readers that never read: what each costs the site, and what they cost the others."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.line import Bar, LeftOut, Line, Measure, Sample, Side, already_taken
from tests.bench.live.boards import SESSIONS, Boards, boards_of
from tests.bench.live.crowd import crowd_at
from tests.bench.live.load import Center, Load, run_load
from tests.bench.live.servers import Server, our_site, started
from tests.bench.surroundings import QUICK, Surroundings

LOAD = Load(1, 200)
READERS = 100
STOPPED = 100
ROUNDS = 3
SECONDS = 3.0  # less than the five after which they are sent away


@dataclass
class Found:
    """What the windows gave."""

    memory_mb: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """Memory of a reader that stopped, and the delay of those that did not."""
    if QUICK:
        yield LeftOut("readers that never read")
        return
    with boards_of(surroundings) as boards:
        found = surroundings.runner.run(measure(boards, surroundings))
    yield Line(
        "a reader that never reads",
        "MB",
        f"ours: resident memory of the site for each of {STOPPED} on a busy board of {SESSIONS} rows",
        {Side.OURS: already_taken(map(Sample, found.memory_mb))},
        Bar(1.0),
        samples=len(found.memory_mb),
    )
    yield Line(
        f"p50 beside {STOPPED} that never read",
        "ms",
        f"ours: {READERS} readers beside them; limit: without them",
        {
            Side.OURS: already_taken(map(Sample, found.beside_ms)),
            Side.LIMIT: already_taken(map(Sample, found.alone_ms)),
        },
        Bar(1.2, Measure.TO_LIMIT),
        samples=len(found.beside_ms),
    )


async def measure(boards: Boards, surroundings: Surroundings) -> Found:
    """Measure readers alone, then with others that stop, each time on a fresh site."""
    found = Found()
    for _ in range(ROUNDS):
        async with started(our_site, boards.center.stage, surroundings.folder) as server:
            await measure_once(boards.center, server, found)
    return found


async def measure_once(center: Center, server: Server, found: Found) -> None:
    """One window of each kind."""
    path = server.path(None)
    async with crowd_at(server.port, server.headers) as readers:
        await readers.watch({path: READERS})
        outcome = await run_load(LOAD, center, server, readers, SECONDS)
        found.alone_ms.append(outcome.report.p50_ms or 0.0)
        before = server.rss_mb()
        async with crowd_at(server.port, server.headers, "stops") as stopped:
            await stopped.watch({path: STOPPED})
            outcome = await run_load(LOAD, center, server, readers, SECONDS)
            found.beside_ms.append(outcome.report.p50_ms or 0.0)
            found.memory_mb.append((server.rss_mb() - before) / STOPPED)
