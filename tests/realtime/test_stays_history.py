"""Hours of a simulated center: what the observer counts step by step is what a plain reading of the tables gives."""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from realtime.change import Change
from realtime.rows import Oddities, RowDecoder
from realtime.schema import APPLIANCE_TABLES
from realtime.session import Session, Settled, Step
from realtime.simulator.center import Center
from realtime.simulator.dialect import Dialect, Freedom
from realtime.simulator.ledger import Tables, Update
from tests.realtime.watch import SOURCE, Watch

STARTED_AT = 1_773_200_000
HOURS = 2
Counts = Counter[tuple[str, str, int]]


class Reading:
    """What became of stays, as plainly as can be: from whole tables, one after the other."""

    def __init__(self) -> None:
        self.counts: Counts = Counter()
        self._open: dict[str, tuple[str, int]] = {}  # lsid -> queue, entered

    def read(self, tables: Tables, at: float) -> None:
        """Take the next picture."""
        sessions = {row["lsid"]: (key, row) for key, row in tables["support_session"].items()}
        reps: dict[str, list[int]] = {}
        for row in tables["representative_support_session"].values():
            reps.setdefault(row["support_session_id"], []).append(row["created_timestamp"])
        for lsid in self._open.keys() - sessions.keys():
            queue, entered = self._open.pop(lsid)
            self.counts[queue, "left", int(at - entered)] += 1
        for lsid, (key, row) in sessions.items():
            self._look(lsid, row, reps.get(key, []), tables["queue"])

    def _look(self, lsid: str, row: dict[str, Any], joined: list[int], queues: dict[str, dict[str, Any]]) -> None:
        where, entered = queues[row["queue_id"]], row["queue_entry_timestamp"]
        queue = None if where["type"] == "personal" else lasting(where)
        held = self._open.get(lsid)
        if held and joined:
            self.counts[held[0], "answered", min(joined) - held[1]] += 1
            del self._open[lsid]
        elif queue and not joined and held != (queue, entered):
            if held:
                self.counts[held[0], "flowed_out", 0] += 1
            self._open[lsid] = (queue, entered)


def lasting(queue: dict[str, Any]) -> str:
    """Return a queue's lasting key, as the simulator's rows tell it."""
    return f"{SOURCE}:{queue['type']}/{queue.get('support_team_id') or queue.get('code_name')}"


class Mirrored:
    """The same history as a mirror hears it, in any dialect, so many seconds late."""

    def __init__(self, center: Center, freedoms: frozenset[Freedom] = frozenset(), late: float = 0.0) -> None:
        self.watch = Watch()
        self.center = center
        self.late = late
        self.decoder = RowDecoder(SOURCE, Oddities())
        self.dialect = Dialect(freedoms, seed=len(freedoms))
        self.session = self._new_session()
        self.connect()

    def _new_session(self) -> Session:
        return Session("token", self.decoder, lambda: self.watch.state.keys_of(SOURCE, APPLIANCE_TABLES))

    def connect(self) -> None:
        """Begin a dialogue, as after a time without any."""
        self.session = self._new_session()
        self.session.start()
        self._hear(self.center.now, b'{"type":"authenticate_response","success":true}\n')
        self._hear(self.center.now, b'{"type":"subscribe_response","success":true,"timestamp":1700000000}\n')
        self._copy()

    def truncate(self) -> None:
        """Hear of a restart, and what there is after it."""
        self._hear(self.center.now, b'{"type":"truncate_model"}\n')
        self._copy()

    def hear(self, update: Update) -> None:
        """Hear of one change."""
        self._hear(update.at, *self.dialect.frames(self.dialect.messages(update)))

    def outcomes(self) -> Counts:
        """Return what was counted; who left was seen to leave so many seconds late."""
        late = int(self.late)
        return Counter(
            {
                (queue, name, seconds - late if name == "left" else seconds): count
                for (queue, name, seconds), count in self.watch.outcomes().items()
            }
        )

    def _copy(self) -> None:
        for message in self.dialect.copy(self.center.tables, 40):
            self._hear(self.center.now, *self.dialect.frames([message]))
        self._carry_out(self.session.tick(self.center.now + 100))

    def _hear(self, at: float, *frames: bytes | str) -> None:
        self.watch.now = datetime.fromtimestamp(at + self.late, UTC)
        for frame in frames:
            self._carry_out(self.session.receive(frame, at))

    def _carry_out(self, steps: Iterator[Step]) -> None:
        for step in steps:
            if isinstance(step, Change):
                self.watch.take(step)
            elif isinstance(step, Settled):
                self.watch.settle()


def replay(tables: Tables, update: Update) -> None:
    """Carry one update out on plain tables."""
    for part in (update.insert, update.after):
        for table, rows in part.items():
            tables[table].update(rows)
    for table, keys in update.delete.items():
        for key in keys:
            tables[table].pop(key, None)


FREEDOMS = {
    "plain": frozenset[Freedom](),
    "piecemeal": frozenset({Freedom.PARTIAL_ROWS, Freedom.UPDATE_BEFORE_INSERT, Freedom.DUPLICATE_INSERTS}),
    "references first": frozenset({Freedom.FK_ORDER, Freedom.PARTIAL_ROWS, Freedom.NULL_FIELDS}),
    "every": frozenset(Freedom),
}


@pytest.mark.parametrize("late", [0.0, 10.0])
@pytest.mark.parametrize("freedoms", FREEDOMS.values(), ids=FREEDOMS)
@pytest.mark.parametrize("seed", range(2))
def test_whoever_listens_all_the_time_counts_what_happened(
    seed: int, freedoms: frozenset[Freedom], late: float
) -> None:
    center, reading = Center(seed, STARTED_AT), Reading()
    tables = deepcopy(center.tables)
    reading.read(tables, STARTED_AT)
    mirrored = Mirrored(center, freedoms, late)
    for update in center.advance(STARTED_AT + HOURS * 3600):
        replay(tables, update)
        reading.read(tables, int(update.at))
        mirrored.hear(update)
    assert mirrored.outcomes() == reading.counts
    assert {name for _, name, _ in reading.counts} == {"answered", "left", "flowed_out"}
    assert reading.counts.total() > 100


@pytest.mark.parametrize("late", [0.0, 10.0])
@pytest.mark.parametrize("same_ids", [False, True])
@pytest.mark.parametrize("freedoms", FREEDOMS.values(), ids=FREEDOMS)
def test_a_restart_that_was_heard_of_loses_nothing(freedoms: frozenset[Freedom], same_ids: bool, late: float) -> None:
    center, reading = Center(3, STARTED_AT), Reading()
    tables = deepcopy(center.tables)
    reading.read(tables, STARTED_AT)
    mirrored = Mirrored(center, freedoms, late)
    for minute in range(0, HOURS * 60, 10):
        for update in center.advance(STARTED_AT + (minute + 10) * 60):
            replay(tables, update)
            reading.read(tables, int(update.at))
            mirrored.hear(update)
        center.restart(same_ids)
        tables = deepcopy(center.tables)
        mirrored.truncate()
    assert mirrored.outcomes() == reading.counts


@pytest.mark.parametrize("restarts", [None, False, True], ids=["no restart", "other ids", "the same ids"])
@pytest.mark.parametrize("freedoms", FREEDOMS.values(), ids=FREEDOMS)
def test_whoever_is_away_now_and_then_counts_nothing_that_did_not_happen(
    freedoms: frozenset[Freedom], restarts: bool | None
) -> None:
    center, reading = Center(4, STARTED_AT), Reading()
    tables = deepcopy(center.tables)
    reading.read(tables, STARTED_AT)
    mirrored = Mirrored(center, freedoms)
    for minute in range(0, HOURS * 60, 10):
        is_away = minute % 30 == 20
        for update in center.advance(STARTED_AT + (minute + 10) * 60):
            replay(tables, update)
            reading.read(tables, int(update.at))
            if not is_away:
                mirrored.hear(update)
        if is_away:
            if restarts is not None:
                center.restart(restarts)
                tables = deepcopy(center.tables)
            mirrored.connect()
    seen = mirrored.outcomes()
    lost = Counter({what: count for what, count in seen.items() if what[1] == "unknown"})
    assert lost.total() > 5
    assert not seen - lost - reading.counts
    assert seen.total() > reading.counts.total() // 2
