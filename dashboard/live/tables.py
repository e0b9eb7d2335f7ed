"""The rows of every board, kept current once per process: a step alters only the rows that it concerns.

Boards are pure functions of a State; drawing 10,000 rows for each change would still be too slow. So each kind of row
says which rows a step may have altered (`affected`), those are drawn again, and every list that shows them hears of it.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

from dashboard.boards.listing import ListSpec
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import (
    PRESENTATION_LIST,
    PresentationRow,
    affected_presentations,
    presentation_row,
)
from dashboard.boards.queues import QUEUE_LIST, QueueRow, affected_queues, queue_row
from dashboard.boards.representatives import (
    REPRESENTATIVE_LIST,
    RepresentativeRow,
    affected_representatives,
    representative_row,
)
from dashboard.boards.sessions import LINGER, SESSION_LIST, SessionRow, affected_sessions, ended_row, session_row
from realtime.change import Applied, Cause
from realtime.state import State


class BoardRow(Protocol):
    """What every board's row has."""

    @property
    def key(self) -> str:
        """The row's key."""

    @property
    def turns_at(self) -> datetime | None:
        """When time alone alters the row, on its appliance's clock."""


RowT = TypeVar("RowT", bound=BoardRow)


@dataclass(frozen=True, slots=True)
class RowKind(Generic[RowT]):
    """One kind of row: which table it stands for, how it is drawn, which rows a step concerns.

    `end` draws the row of something we saw end, which lingers a little; None where rows just go.
    """

    table: str
    draw: Callable[[Moment, str], RowT | None]
    affected: Callable[[State, Applied], set[str]]
    spec: ListSpec[RowT]
    end: Callable[[RowT, datetime], RowT] | None = None


SESSIONS: RowKind[SessionRow] = RowKind("support_session", session_row, affected_sessions, SESSION_LIST, ended_row)
REPRESENTATIVES: RowKind[RepresentativeRow] = RowKind(
    "representative", representative_row, affected_representatives, REPRESENTATIVE_LIST
)
QUEUES: RowKind[QueueRow] = RowKind("known_queue", queue_row, affected_queues, QUEUE_LIST)
PRESENTATIONS: RowKind[PresentationRow] = RowKind(
    "presentation_session", presentation_row, affected_presentations, PRESENTATION_LIST
)


class Follower:
    """One list's ear: the keys of the rows that changed since it last looked."""

    def __init__(self) -> None:
        self.changed: set[str] = set()

    def take(self) -> set[str]:
        """Return the changed keys and forget them."""
        changed, self.changed = self.changed, set()
        return changed


class RowTable(Generic[RowT]):
    """All rows of one kind. `rows` is current after `refresh`; `counts` is filter name -> value -> number of rows.

    `count_version` grows whenever any of these numbers, or the number of rows, changes.
    """

    def __init__(self, kind: RowKind[RowT], state: State) -> None:
        self.spec = kind.spec
        self.rows: dict[str, RowT] = {}
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in kind.spec.filters}
        self.count_version = 0
        self._kind = kind
        self._state = state
        self._stale: set[str] = set(state.tables[kind.table])
        self._ended: set[str] = set()
        self._lingering: dict[str, datetime] = {}
        self._turn_at: dict[str, datetime] = {}  # on our clock, as `_turns`
        self._turns: list[tuple[datetime, str]] = []  # soonest first; some are out of date
        self._followers: WeakSet[Follower] = WeakSet()

    def follow(self) -> Follower:
        """Return an ear that hears of every row that changes from now on; it knows of all rows there are."""
        follower = Follower()
        follower.changed.update(self.rows, self._stale)
        self._followers.add(follower)
        return follower

    def mark(self, applied: Applied) -> None:
        """Note which rows a step of the State may have altered."""
        self._stale |= self._kind.affected(self._state, applied)
        if self._kind.end and applied.cause is Cause.LIVE:
            gone = applied.rows.get(self._kind.table, {})
            self._ended.update(key for key, row in gone.items() if row.after is None and key in self.rows)

    @property
    def has_stale_rows(self) -> bool:
        """Whether a step altered rows that are not drawn again yet."""
        return bool(self._stale)

    def is_due(self, at: datetime) -> bool:
        """Whether time has altered rows by `at` (our clock)."""
        return bool(self._turns) and self._turns[0][0] <= at

    def refresh(self, moment: Moment) -> None:
        """Draw again what changed or came due."""
        while self._turns and self._turns[0][0] <= moment.at:
            due_at, key = heapq.heappop(self._turns)
            if self._turn_at.get(key) == due_at:
                del self._turn_at[key]
                self._stale.add(key)
        stale, self._stale = self._stale, set()
        for key in stale:
            self._redraw(moment, key)

    def _redraw(self, moment: Moment, key: str) -> None:
        old = self.rows.get(key)
        new = self._kind.draw(moment, key)
        if new is None and old is not None:
            new = self._linger(moment, old)
        self._await_turn(moment, key, new)
        if new == old:
            return
        if new is None:
            del self.rows[key]
            self._lingering.pop(key, None)
        else:
            self.rows[key] = new
        self._count(old, new)
        for follower in self._followers:
            follower.changed.add(key)

    def _linger(self, moment: Moment, old: RowT) -> RowT | None:
        """Return what stays of a row for a while after we saw it end."""
        if old.key in self._ended and self._kind.end:
            self._ended.discard(old.key)
            self._lingering[old.key] = moment.at + LINGER
            return self._kind.end(old, moment.now(old.key))
        return old if self._lingering.get(old.key, moment.at) > moment.at else None

    def _await_turn(self, moment: Moment, key: str, row: RowT | None) -> None:
        if row is None or row.turns_at is None:
            self._turn_at.pop(key, None)
            return
        ahead = moment.now(key) - moment.at
        due_at = max(row.turns_at - ahead, moment.at)
        if self._turn_at.get(key) != due_at:
            self._turn_at[key] = due_at
            heapq.heappush(self._turns, (due_at, key))

    def _count(self, old: RowT | None, new: RowT | None) -> None:
        is_other = (old is None) != (new is None)
        for name, values in self.spec.filters.items():
            before, after = (set(values(row)) if row is not None else set() for row in (old, new))
            if before != after:
                is_other = True
                self.counts[name].subtract(before)
                self.counts[name].update(after)
        self.count_version += is_other


class Tables:
    """All kinds of rows of one State."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.sessions = RowTable(SESSIONS, state)
        self.representatives = RowTable(REPRESENTATIVES, state)
        self.queues = RowTable(QUEUES, state)
        self.presentations = RowTable(PRESENTATIONS, state)

    def refresh(self, moment: Moment) -> None:
        """Draw again what changed or came due, of every kind."""
        for table in (self.sessions, self.representatives, self.queues, self.presentations):
            table.refresh(moment)

    def mark(self, applied: Applied) -> None:
        """Note which rows of any kind a step of the State may have altered."""
        for table in (self.sessions, self.representatives, self.queues, self.presentations):
            table.mark(applied)
