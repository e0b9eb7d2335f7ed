"""A mirror process under 200 changes a second: evenly spaced, one row each, so that they ask for the most commits."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from realtime.feed import Published
from tests.bench.appliance import REPRESENTATIVES, SESSIONS
from tests.bench.line import Bar, LeftOut, Line, Sample, Side, already_taken
from tests.bench.processes import Stage, mirrored
from tests.bench.surroundings import QUICK, VENDORS, Surroundings
from tests.services.waiting import until

CHANGES_PER_SECOND = 200
WINDOW_SECONDS = 2
WINDOWS = 5  # one after the other: 10 s without a rest
MARK = "bench change "


@dataclass
class Window:
    """Some seconds of changes: what they cost, and how long each took from the appliance to committed and published."""

    cpu_share: float = 0.0
    cpu_seconds: float = 0.0
    delays_ms: list[float] = field(default_factory=list)
    _sent_at: dict[int, float] = field(default_factory=dict)

    async def run(self, stage: Stage, first: int) -> None:
        """Send the changes, and wait until the last one was heard of."""
        row_ids = list(stage.simulator.center.tables["support_session"])
        stage.on_published[:] = [self._hear]
        cpu, began = stage.cpu_seconds(), time.monotonic()
        for place in range(WINDOW_SECONDS * CHANGES_PER_SECOND):
            await asyncio.sleep(max(0.0, began + place / CHANGES_PER_SECOND - time.monotonic()))
            number = first + place
            row_id = row_ids[number * 7 % len(row_ids)]
            self._sent_at[number] = time.monotonic()
            stage.simulator.apply(update={"support_session": {row_id: {"customer_description": f"{MARK}{number}"}}})
        await until(self._is_complete, 20, "the last change")
        self.cpu_seconds = stage.cpu_seconds() - cpu
        self.cpu_share = 100 * self.cpu_seconds / (time.monotonic() - began)

    def _hear(self, published: Published) -> None:
        now = time.monotonic()
        for row in (published.change.inserts if published.change else {}).get("support_session", {}).values():
            number = int(row["customer_description"].removeprefix(MARK))
            self.delays_ms.append(1000 * (now - self._sent_at.pop(number)))

    async def _is_complete(self) -> bool:
        return not self._sent_at


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """Three lines for each database, from the same windows."""
    for vendor in VENDORS:
        if QUICK and vendor == "sqlite":
            yield LeftOut(f"mirror at {CHANGES_PER_SECOND} changes/s, {vendor}")
            continue
        with surroundings.database(vendor) as url:
            windows = asyncio.run(measure(surroundings, url))
        name = f"{CHANGES_PER_SECOND} changes/s, {SESSIONS:,} sessions, {vendor}"
        yield Line(
            f"mirror at {name}",
            "% of a core",
            "ours: processor time of a real runmirror process",
            {Side.OURS: already_taken(Sample(one.cpu_share, one.cpu_seconds) for one in windows)},
            Bar(50.0),
            samples=len(windows),
        )
        for percent in (50, 99):
            yield Line(
                f"p{percent} to committed and published at {name}",
                "ms",
                "ours: from the appliance's send to our ear at the feed",
                {Side.OURS: already_taken(Sample(percentile(one.delays_ms, percent)) for one in windows)},
                samples=len(windows),
            )


async def measure(surroundings: Surroundings, database_url: str) -> list[Window]:
    """Let one mirror process go through all windows."""
    windows = [Window() for _ in range(1 if QUICK else WINDOWS)]
    async with mirrored(surroundings, database_url, SESSIONS, REPRESENTATIVES) as stage:
        for place, window in enumerate(windows):
            await window.run(stage, place * 1_000_000)
    return windows


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile."""
    return statistics.quantiles(values, n=100)[percent - 1]
