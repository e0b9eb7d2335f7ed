"""What a mirror process holds: after copies of two sizes, and after many resynchronisations."""

import asyncio
from collections.abc import Iterator

from realtime import feed
from tests.bench.appliance import SOURCE, count_rows
from tests.bench.line import Bar, LeftOut, Line, Measure, Sample, Side, already_taken
from tests.bench.processes import Stage, mirrored
from tests.bench.surroundings import QUICK, Surroundings
from tests.services.waiting import until

SIZES = ((2_500, 1_250), (8_250, 4_125))  # sessions and representatives of about 15,000 and 50,000 rows
BASE_MB = 150.0
ROW_KB = 3.0
SMALL = (500, 250)
FEW, MANY = 20, 200
SETTLED_EVERY = 20  # a copy settles after a second of quiet; to wait for each would take four minutes
FLAT = 1.05


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """One line for each size, one for what a row adds, one for the growth."""
    if QUICK:
        yield LeftOut("mirror memory")
        return
    found: list[tuple[int, float]] = []
    for sessions, reps in SIZES:
        with surroundings.database("sqlite") as url:
            rows, held = asyncio.run(memory_after_copy(surroundings, url, sessions, reps))
        found.append((rows, held))
        yield Line(
            f"mirror memory, {rows:,} rows",
            "MB",
            f"ours: resident memory after the first copy; the bar is {BASE_MB:g} MB and {ROW_KB:g} kB a row",
            {Side.OURS: already_taken([Sample(held)])},
            Bar(BASE_MB + rows * ROW_KB / 1000),
            samples=1,
        )
    (few_rows, small_mb), (many_rows, large_mb) = found
    yield Line(
        "mirror memory, each row more",
        "kB",
        "ours: from the smaller to the larger of the two",
        {Side.OURS: already_taken([Sample(1000 * (large_mb - small_mb) / (many_rows - few_rows))])},
        Bar(ROW_KB),
        samples=1,
    )
    with surroundings.database("sqlite") as url:
        few_mb, many_mb = asyncio.run(memory_over_copies(surroundings, url, MANY))
    yield Line(
        f"mirror memory after {MANY} resynchronisations",
        "MB",
        f"ours: resident memory then; limit: after {FEW}",
        {Side.OURS: already_taken([Sample(many_mb)]), Side.LIMIT: already_taken([Sample(few_mb)])},
        Bar(FLAT, Measure.TO_LIMIT),
        samples=1,
    )


async def memory_after_copy(surroundings: Surroundings, url: str, sessions: int, reps: int) -> tuple[int, float]:
    """Return the number of rows and the memory in MB."""
    async with mirrored(surroundings, url, sessions, reps) as stage:
        return count_rows(stage.simulator.center.tables), stage.rss_mb()


async def memory_over_copies(surroundings: Surroundings, url: str, many: int) -> tuple[float, float]:
    """Return the memory in MB after a few resynchronisations and after many."""
    after: dict[int, float] = {}
    async with mirrored(surroundings, url, *SMALL) as stage:
        for done in range(1, many + 1):
            await resynchronise(stage, is_settled=done % SETTLED_EVERY == 0)
            after[done] = stage.rss_mb()
    return after[FEW], after[many]


async def resynchronise(stage: Stage, *, is_settled: bool) -> None:
    """Ask for a new copy; return when it was sent, or settled too."""
    before = stage.simulator.connections

    async def is_copied() -> bool:
        status = stage.simulator.status()
        return bool(status["connections"] > before and status["subscribed"] == 1)

    await feed.ask_resynchronise(SOURCE)
    await until(is_copied, 20, "a new subscription")
    await stage.simulator.drained()
    if is_settled:
        await stage.live(stage.simulator.connections)
