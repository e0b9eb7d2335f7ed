"""A believable center's full copy, as an appliance sends it, and a listener that takes it in as the mirror does."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from realtime.change import Batch, Change
from realtime.rows import Oddities, RowDecoder
from realtime.session import Send, Session
from realtime.simulator.center import Center
from realtime.state import State
from realtime.wire import encode_message
from tests.bench.surroundings import QUICK

SOURCE = "bench"
SESSIONS, REPRESENTATIVES = (2_000, 1_000) if QUICK else (10_000, 5_000)
STARTED_AT = 1_700_000_000.0
ROWS_PER_MESSAGE = 500
CHANGED_SHARE = 100  # every how many rows one differs in the other copy

Tables = dict[str, dict[str, dict[str, Any]]]


@cache
def full_tables() -> Tables:
    """Return the tables of a large center: six rows a session, about 62,000 (14 MB) but in the quick run."""
    return Center(1, STARTED_AT, reps=REPRESENTATIVES, sessions=SESSIONS).tables


@cache
def changed_tables() -> Tables:
    """Return the same tables with one field changed in every hundredth row."""
    changed: Tables = {table: dict(rows) for table, rows in full_tables().items()}
    for rows in changed.values():
        for row_id in list(rows)[::CHANGED_SHARE]:
            rows[row_id] = rows[row_id] | {"created_timestamp": int(STARTED_AT) + 1}
    return changed


@cache
def copy_messages(tables: Callable[[], Tables]) -> tuple[bytes, ...]:
    """Return the full copy of some tables, some hundred rows a message."""
    return tuple(
        encode_message({"type": "model_update", "insert": {table: part}})
        for table, rows in tables().items()
        for part in _parts(rows)
    )


def _parts(rows: dict[str, Any]) -> Iterator[dict[str, Any]]:
    row_ids = list(rows)
    for start in range(0, len(row_ids), ROWS_PER_MESSAGE):
        yield {row_id: rows[row_id] for row_id in row_ids[start : start + ROWS_PER_MESSAGE]}


def count_rows(tables: Tables) -> int:
    """Return how many rows there are in all tables."""
    return sum(map(len, tables.values()))


class Listener:
    """What a mirror does between its socket and its database: session, State, batch."""

    def __init__(self) -> None:
        self.state = State()
        self.batch = Batch(SOURCE)
        self.decoder = RowDecoder(SOURCE, Oddities())

    def hear(self, messages: Iterable[bytes]) -> Change:
        """Subscribe anew, take a full copy in, sweep; return what is to be written."""
        session = Session("token", self.decoder, lambda: self.state.keys_of(SOURCE))
        now = 0.0
        for message in (*OPENING, *messages):
            self._carry_out(session.receive(message, now))
        self._carry_out(session.tick(session.due_at() or now))
        return self.batch.take()

    def _carry_out(self, steps: Iterable[object]) -> None:
        for step in steps:
            match step:
                case Change():
                    self.batch.add(self.state.apply(step))
                case Send():
                    pass


OPENING = (
    encode_message({"type": "authenticate_response", "success": True}),
    encode_message({"type": "subscribe_response", "success": True, "timestamp": STARTED_AT}),
)
