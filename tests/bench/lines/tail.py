"""The slowest steps beside many rows: what garbage collection adds to the tail."""

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count

from dashboard.boards.moment import Moment
from dashboard.live.registry import OPENERS
from dashboard.live.show import Show
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Change
from realtime.status import LinkState, LinkStatus
from tests.bench.appliance import SOURCE, Listener, copy_messages, count_rows, full_tables
from tests.bench.line import Line, Sample, Side
from tests.bench.surroundings import QUICK, Surroundings

KEY = ViewKey("sessions")
CHANGES = 100 if QUICK else 400
PYTHONS = (700, 10, 10)  # thresholds of an interpreter that nobody told anything
OURS = (50_000, 20, 100)  # `dashboard.live.hub`


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """The slowest of some hundred changes, each shown."""
    board = Board()
    yield Line(
        f"slowest of {CHANGES} changes, {count_rows(full_tables()):,} rows in memory",
        "ms CPU",
        "ours: thresholds and frozen rows as the web process has them; textbook: Python's own; limit: no collection",
        {
            Side.OURS: partial(collecting, freeze_all, board.slowest_ms),
            Side.TEXTBOOK: partial(collecting, leave_alone, board.slowest_ms),
            Side.LIMIT: partial(collecting, gc.disable, board.slowest_ms),
        },
    )


class Board:
    """A large center's sessions on show, in this process."""

    def __init__(self) -> None:
        listener = Listener()
        listener.hear(copy_messages(full_tables))
        self._state = listener.state
        self._statuses = {SOURCE: LinkStatus(SOURCE, state=LinkState.LIVE)}
        self._tables = Tables(self._state)
        self._show = Show(KEY, OPENERS[KEY.board](KEY, self._tables), self._moment())
        self._keys = list(self._state.support_sessions)
        self._numbers = count()

    def slowest_ms(self) -> float:
        """Change one session after the other; return what the slowest took of this thread."""
        return 1000 * max(self._seconds(next(self._numbers)) for _ in range(CHANGES))

    def _seconds(self, number: int) -> float:
        row = {self._keys[number % len(self._keys)]: {"customer_company": f"Company {number}"}}
        began = time.thread_time()
        self._tables.mark(self._state.apply(Change(SOURCE, updates={"support_session": row})))
        self._show.refresh(self._moment())
        return time.thread_time() - began

    def _moment(self) -> Moment:
        return Moment(self._state, self._statuses, datetime.now(UTC))


def freeze_all() -> None:
    """Collect as the web process does."""
    gc.set_threshold(*OURS)
    gc.freeze()


def leave_alone() -> None:
    """Collect as Python does: nothing is out of sight."""
    gc.set_threshold(*PYTHONS)
    gc.unfreeze()


def collecting(begin: Callable[[], None], measure: Callable[[], float]) -> Sample:
    """Measure under one way of collecting; afterwards it is the bench's own again."""
    thresholds = gc.get_threshold()
    begin()
    try:
        return Sample(measure())
    finally:
        gc.enable()
        gc.set_threshold(*thresholds)
        gc.freeze()
