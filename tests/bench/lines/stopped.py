"""Readers that never read: what each costs the site, and what they cost the others."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.line import Bar, Line, Measure, Sample, Side, already_taken
from tests.bench.lines.live import REPRESENTATIVES, SESSIONS, started
from tests.bench.live.crowd import crowd_at
from tests.bench.live.load import Center, Load, run_load
from tests.bench.live.servers import Server, our_site
from tests.bench.processes import mirrored
from tests.bench.surroundings import Surroundings

LOAD = Load(1, 200)
READERS = 100
STOPPED = 100
SECONDS, QUICK_SECONDS = 4.0, 2.0  # less than the five after which they are sent away


@dataclass
class Found:
    """What the windows gave."""

    memory_mb: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """Memory of a reader that stopped, and the delay of those that did not."""
    with surroundings.database("sqlite") as url:
        found = asyncio.run(measure(surroundings, url))
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


async def measure(surroundings: Surroundings, database_url: str) -> Found:
    """Measure readers alone, then with others that stop, each time on a fresh site."""
    found = Found()
    async with mirrored(surroundings, database_url, SESSIONS, REPRESENTATIVES) as stage:
        center = Center(stage)
        await center.spread()
        for _ in range(1 if surroundings.quick else 3):
            async with started(our_site, surroundings, database_url) as server:
                await measure_once(center, server, found, QUICK_SECONDS if surroundings.quick else SECONDS)
    return found


async def measure_once(center: Center, server: Server, found: Found, seconds: float) -> None:
    """One window of each kind."""
    path = server.path(None)
    async with crowd_at(server.port, server.headers) as readers:
        await readers.watch({path: READERS})
        outcome = await run_load(LOAD, center, server, readers, seconds)
        found.alone_ms.append(outcome.report.p50_ms or 0.0)
        before = server.process.memory_info().rss
        async with crowd_at(server.port, server.headers, reads=False) as stopped:
            await stopped.watch({path: STOPPED})
            outcome = await run_load(LOAD, center, server, readers, seconds)
            found.beside_ms.append(outcome.report.p50_ms or 0.0)
            found.memory_mb.append((server.process.memory_info().rss - before) / STOPPED / 1e6)
