"""State.apply beside a bare dictionary update."""

from collections.abc import Iterator
from functools import partial
from itertools import count

from realtime.change import Change, Rows
from realtime.state import State
from tests.bench.appliance import SOURCE, Listener, copy_messages, full_tables
from tests.bench.line import Bar, Line, Measure, Sample, Side, Stopwatch
from tests.bench.surroundings import Surroundings

UPDATES = 20_000
BAR = Bar(5.0, Measure.TO_LIMIT)
BATCHES = (1, 10, 1_000)


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """One line for each size of batch."""
    listener = Listener()
    listener.hear(copy_messages(full_tables))
    bare = {table: {key: dict(row) for key, row in rows.items()} for table, rows in listener.state.tables.items()}
    for size in BATCHES:
        batches = Batches(listener.state, size)
        yield Line(
            f"apply one-field updates, {size:,} a batch",
            "µs CPU a row",
            "ours: State.apply with indexes, copy on write, before and after; limit: dict.update in place",
            {
                Side.OURS: partial(apply_changes, listener.state, batches),
                Side.LIMIT: partial(update_bare, bare, batches),
            },
            BAR,
        )


class Batches:
    """Makes updates of sessions, each time with values never seen before, so that every row alters."""

    def __init__(self, state: State, size: int) -> None:
        self._keys = list(state.tables["support_session"])
        self._size = size
        self._numbers = count()

    def make(self) -> list[Rows]:
        """Return batches of updates, `UPDATES` rows in all."""
        return [{"support_session": dict(map(self._update, range(self._size)))} for _ in range(UPDATES // self._size)]

    def _update(self, _place: int) -> tuple[str, dict[str, object]]:
        number = next(self._numbers)
        return self._keys[number % len(self._keys)], {"customer_description": f"call {number}"}


def apply_changes(state: State, batches: Batches) -> Sample:
    """Ours; that a session had to make the Changes is no part of it."""
    changes = [Change(SOURCE, updates=rows) for rows in batches.make()]
    with Stopwatch() as watch:
        for change in changes:
            state.apply(change)
    return watch.cpu_microseconds_each(UPDATES)


def update_bare(tables: Rows, batches: Batches) -> Sample:
    """The limit: nothing but the update."""
    made = batches.make()
    with Stopwatch() as watch:
        for batch in made:
            for table, rows in batch.items():
                held = tables[table]
                for key, fields in rows.items():
                    held[key].update(fields)
    return watch.cpu_microseconds_each(UPDATES)
