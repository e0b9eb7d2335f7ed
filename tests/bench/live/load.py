"""Changes at a steady rate, each shown as a mark in a session's company, and what a crowd of browsers saw of them."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from realtime.feed import Published
from tests.bench.appliance import SOURCE
from tests.bench.live.crowd import Crowd
from tests.bench.live.servers import Queue, Server
from tests.bench.live.swarm import Report
from tests.bench.processes import Stage
from tests.services.waiting import until

QUEUES = 20
ROWS_A_MESSAGE = 500
SETTLE_SECONDS = 10.0
QUIET_SECONDS = 0.3  # well over the tenth of a second for which a busy view gathers


@dataclass(frozen=True, slots=True)
class Load:
    """What is measured: changes a second on the sessions of as many queues as views, or of one board that shows all."""

    views: int
    changes_per_second: int

    @property
    def name(self) -> str:
        """What it is, in words."""
        return f"{self.views} view{'s' * (self.views > 1)} x {self.changes_per_second} changes/s"

    def watchers(self, queues: Sequence[Queue], server: Server, sockets: int) -> dict[str, int]:
        """Return how many browsers watch which path."""
        if self.views == 1:
            return {server.path(None): sockets}
        return {server.path(queue): sockets // self.views for queue in queues[: self.views]}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one window gave. Shares are of a core; `socket_kb` is what each socket more had cost before it."""

    report: Report
    cpu_share: float
    cpu_seconds: float
    swarm_share: float
    wrong: int
    socket_kb: float = 0.0


@dataclass
class Center:
    """The simulated center's sessions, spread over queues of ours."""

    stage: Stage
    queue_count: int = QUEUES  # another one than any center before it on the stage
    queues: list[Queue] = field(default_factory=list)
    _row_ids: list[str] = field(default_factory=list)
    _order: list[int] = field(default_factory=list)
    _marks: dict[int, int] = field(default_factory=dict)
    _random: random.Random = field(default_factory=lambda: random.Random(1))

    async def spread(self) -> None:
        """Make the queues, move every session into one of them, and wait until that is committed and published."""
        simulator = self.stage.simulator
        size = self.queue_count
        names = {f"9{size:03}{number:03}": f"Bench {size}-{number}" for number in range(size)}
        self.queues = [Queue(f"{SOURCE}:{row_id}", name) for row_id, name in names.items()]
        self._row_ids = list(simulator.center.tables["support_session"])
        heard: set[str] = set()

        def hear(told: Published) -> None:
            heard.update(told.change.inserts.get("support_session", {}) if told.change else ())

        async def is_complete() -> bool:
            return len(heard) == len(self._row_ids)

        self.stage.on_published[:] = [hear]
        simulator.apply(insert={"queue": {row_id: {"name": name, "type": "team"} for row_id, name in names.items()}})
        places = list(names)
        for start in range(0, len(self._row_ids), ROWS_A_MESSAGE):
            part = enumerate(self._row_ids[start : start + ROWS_A_MESSAGE], start)
            rows = {row_id: {"queue_id": places[number % len(places)]} for number, row_id in part}
            simulator.apply(update={"support_session": rows})
        await until(is_complete, 120, "the sessions in their queues")

    def change(self, count: int = 1) -> None:
        """Change one session, or several by one message: all have their turn before any has its next."""
        rows = {}
        for _ in range(count):
            if not self._order:
                self._order = self._random.sample(range(len(self._row_ids)), len(self._row_ids))
            number = self._order.pop()
            now = self._marks[number] = time.monotonic_ns()
            rows[self._row_ids[number]] = {"customer_company": f"@@{number}:{now}@@"}
        self.stage.simulator.apply(update={"support_session": rows})

    def begin(self) -> None:
        """Begin a window: what was changed before is of no interest any more."""
        self._marks.clear()

    def expected(self, queue: Queue | None) -> dict[str, int]:
        """Return what a picture of a queue's sessions, or of all, must show of this window's changes."""
        place = None if queue is None else self.queues.index(queue)
        return {str(row): at for row, at in self._marks.items() if place is None or row % self.queue_count == place}


async def run_load(load: Load, center: Center, server: Server, crowd: Crowd, seconds: float) -> Outcome:
    """Send changes for so long, and wait until every browser shows the last one."""
    shown = {server.path(queue): queue for queue in (center.queues if load.views > 1 else [None])}
    center.begin()
    crowd.measure()
    await crowd.ask()
    cpu, began = server.cpu_seconds(), time.monotonic()
    for place in range(round(seconds * load.changes_per_second)):
        await asyncio.sleep(max(0.0, began + place / load.changes_per_second - time.monotonic()))
        center.change()
    wall = time.monotonic() - began
    share = (server.cpu_seconds() - cpu) / wall
    deadline = time.monotonic() + SETTLE_SECONDS
    await crowd.settle(QUIET_SECONDS, SETTLE_SECONDS)
    report = await crowd.ask()
    while (wrong := count_wrong(report, center, shown)) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        report = await crowd.ask()
    return Outcome(report, 100 * share, server.cpu_seconds() - cpu, 100 * report.cpu_seconds / wall, wrong)


def count_wrong(report: Report, center: Center, shown: Mapping[str, Queue | None]) -> int:
    """Return how many views show anything else than the sessions' last marks, and browsers unlike others of theirs."""
    wrong = sum(
        not center.expected(queue).items() <= report.pictures.get(path, {}).items() for path, queue in shown.items()
    )
    return wrong + report.differing
