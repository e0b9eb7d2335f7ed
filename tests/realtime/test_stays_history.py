"""Hours of a simulated center: what the observer counts step by step is what a plain reading of the tables gives."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from realtime.change import Cause, Change
from realtime.rows import Oddities, RowDecoder
from realtime.simulator.center import Center
from realtime.simulator.ledger import Tables, Update
from realtime.state import State
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
    """The same history as a mirror takes it; while `is_away` it hears nothing."""

    def __init__(self, center: Center) -> None:
        self.watch = Watch()
        self.decoder = RowDecoder(SOURCE, Oddities())
        self.center = center
        self.copy()

    def copy(self) -> None:
        """Take a full copy, and sweep what it does not hold."""
        self.watch.now = datetime.fromtimestamp(self.center.now, UTC)
        rows = self.decoder.rows(self.center.tables)
        held: State = self.watch.state
        gone = {name: sorted(held.tables[name].keys() - rows.get(name, {}).keys()) for name in self.center.tables}
        self.watch.take(Change(SOURCE, inserts=rows, cause=Cause.COPY))
        self.watch.take(Change(SOURCE, deletes=gone, cause=Cause.SWEEP))
        self.watch.settle()

    def hear(self, update: Update) -> None:
        """Take one message."""
        self.watch.now = datetime.fromtimestamp(update.at, UTC)
        inserts, updates = self.decoder.rows(update.insert), self.decoder.rows(update.update)
        self.watch.take(Change(SOURCE, inserts, updates, self.decoder.deleted_keys(update.delete)))


def replay(tables: Tables, update: Update) -> None:
    """Carry one update out on plain tables."""
    for part in (update.insert, update.after):
        for table, rows in part.items():
            tables[table].update(rows)
    for table, keys in update.delete.items():
        for key in keys:
            tables[table].pop(key, None)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_listens_all_the_time_counts_what_happened(seed: int) -> None:
    center, reading = Center(seed, STARTED_AT), Reading()
    tables = deepcopy(center.tables)
    reading.read(tables, STARTED_AT)
    mirrored = Mirrored(center)
    for update in center.advance(STARTED_AT + HOURS * 3600):
        replay(tables, update)
        reading.read(tables, int(update.at))
        mirrored.hear(update)
    assert mirrored.watch.outcomes() == reading.counts
    assert {name for _, name, _ in reading.counts} == {"answered", "left", "flowed_out"}
    assert reading.counts.total() > 100


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("restarts", [False, True])
def test_whoever_is_away_now_and_then_counts_nothing_that_did_not_happen(seed: int, restarts: bool) -> None:
    center, reading = Center(seed, STARTED_AT), Reading()
    tables = deepcopy(center.tables)
    reading.read(tables, STARTED_AT)
    mirrored = Mirrored(center)
    for minute in range(0, HOURS * 60, 10):
        is_away = minute % 30 == 20
        for update in center.advance(STARTED_AT + (minute + 10) * 60):
            replay(tables, update)
            reading.read(tables, int(update.at))
            if not is_away:
                mirrored.hear(update)
        if is_away:
            if restarts:
                center.restart()
                tables = deepcopy(center.tables)
            mirrored.copy()
    seen = mirrored.watch.outcomes()
    lost = Counter({what: count for what, count in seen.items() if what[1] == "unknown"})
    assert lost.total() > 5
    assert not seen - lost - reading.counts
    assert seen.total() > reading.counts.total() // 2
