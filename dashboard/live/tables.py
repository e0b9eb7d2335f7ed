"""The rows of every board, kept current once per process: a step alters only the rows that it concerns.

Boards are pure functions of a State; drawing 10,000 rows for each change would still be too slow. So each kind of row
says which rows a step may have altered (`affected`), those are drawn again, and every list that shows them hears of it.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic
from weakref import WeakValueDictionary

from dashboard.boards.activities import ACTIVITY_TABLES, activity_key, activity_row, affected_activities, ended_activity
from dashboard.boards.activity import ActivityRow
from dashboard.boards.combined import ACTIVITY_LIST
from dashboard.boards.links import is_mirrored
from dashboard.boards.listing import ListSpec
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import (
    PRESENTATION_LIST,
    PRESENTATION_TABLES,
    PresentationRow,
    affected_presentations,
    ended_presentation,
    presentation_row,
)
from dashboard.boards.queues import QUEUE_LIST, QueueRow, affected_queues, queue_row
from dashboard.boards.representatives import (
    REPRESENTATIVE_LIST,
    RepresentativeRow,
    affected_representatives,
    representative_row,
)
from dashboard.boards.scope import Scope
from dashboard.boards.sessions import LINGER, SESSION_LIST, SessionRow, affected_sessions, ended_row, session_row
from dashboard.live.shelf import RowT, Shelf
from realtime.change import Applied, Cause
from realtime.schema import split_key
from realtime.state import State
from realtime.status import LinkStatus

SPARE_TURNS = 1000  # out of date, before they are looked for


@dataclass(frozen=True, slots=True)
class RowKind(Generic[RowT]):
    """One kind of row: which tables it stands for, how it is drawn, which rows a step concerns.

    `key_of` gives the key of a table's row among ours. `end` draws the row of something we saw end, which lingers a
    little; None where rows just go. `rests_on` says which sources a list of them depends on; a `mixed` list goes on
    without those that fail, even where none is left.
    """

    tables: tuple[str, ...]
    draw: Callable[[Moment, str], RowT | None]
    affected: Callable[[State, Applied], set[str]]
    spec: ListSpec[RowT]
    end: Callable[[RowT, datetime], RowT] | None = None
    key_of: Callable[[str, str], str] = lambda _table, key: key
    rests_on: Callable[[LinkStatus], bool] = is_mirrored
    is_mixed: bool = False


SESSIONS: RowKind[SessionRow] = RowKind(("support_session",), session_row, affected_sessions, SESSION_LIST, ended_row)
REPRESENTATIVES: RowKind[RepresentativeRow] = RowKind(
    ("representative",), representative_row, affected_representatives, REPRESENTATIVE_LIST
)
QUEUES: RowKind[QueueRow] = RowKind(("known_queue",), queue_row, affected_queues, QUEUE_LIST)
PRESENTATIONS: RowKind[PresentationRow] = RowKind(
    PRESENTATION_TABLES,
    presentation_row,
    affected_presentations,
    PRESENTATION_LIST,
    ended_presentation,
    key_of=activity_key,
    rests_on=lambda _status: True,
    is_mixed=True,
)
ACTIVITIES: RowKind[ActivityRow] = RowKind(
    ACTIVITY_TABLES,
    activity_row,
    affected_activities,
    ACTIVITY_LIST,
    ended_activity,
    key_of=activity_key,
    rests_on=lambda _status: True,
    is_mixed=True,
)


class RowTable(Shelf[RowT]):
    """All rows of one kind, drawn from a State."""

    def __init__(self, kind: RowKind[RowT], state: State) -> None:
        super().__init__(kind.spec, kind.rests_on, is_mixed=kind.is_mixed)
        self._kind = kind
        self._state = state
        self._stale = self._all_keys()
        self._ended: set[str] = set()
        self._lingering: dict[str, datetime] = {}
        self._standing: frozenset[str] = frozenset()
        self._turn_at: dict[str, datetime] = {}  # on our clock, as `_turns`
        self._turns: list[tuple[datetime, str]] = []  # a heap, soonest first; up to half of them are out of date

    def _all_keys(self) -> set[str]:
        return {self._kind.key_of(name, key) for name in self._kind.tables for key in self._state.tables[name]}

    def mark_all(self) -> None:
        """Note that every row may be another: something beside the State changed that rows are drawn from."""
        self._stale |= self._all_keys() | self.rows.keys()

    def mark(self, applied: Applied) -> None:
        """Note which rows a step of the State may have altered."""
        self._stale |= self._kind.affected(self._state, applied)
        if self._kind.end and applied.cause is Cause.LIVE:
            for table in self._kind.tables:
                for key, row in applied.rows.get(table, {}).items():
                    if row.after is None and (own := self._kind.key_of(table, key)) in self.rows:
                        self._ended.add(own)

    @property
    def has_stale_rows(self) -> bool:
        """Whether a step altered rows that are not drawn again yet."""
        return bool(self._stale)

    def is_due(self, at: datetime) -> bool:
        """Whether time has altered rows by `at` (our clock)."""
        return bool(self._turns) and self._turns[0][0] <= at

    def refresh(self, moment: Moment) -> None:
        """Draw again what changed or came due."""
        if moment.standing.keys() != self._standing:
            others, self._standing = moment.standing.keys() ^ self._standing, frozenset(moment.standing)
            self._stale |= {key for key in self.rows if split_key(key)[0] in others}
        while self._turns and self._turns[0][0] <= moment.at:
            due_at, key = heapq.heappop(self._turns)
            if self._turn_at.get(key) == due_at:
                del self._turn_at[key]
                self._stale.add(key)
        for key in sorted(self._stale):  # what stands in order is put in another one four times as fast
            self._stale.discard(key)  # one by one, so that a row that fails takes no other with it
            self._redraw(moment, key)

    def _redraw(self, moment: Moment, key: str) -> None:
        old = self.rows.get(key)
        new = self._kind.draw(moment, key)
        lingering = None if new is not None or old is None else self._linger(moment, old)
        if lingering is None:  # gone for good, or there (again)
            self._lingering.pop(key, None)
            self._ended.discard(key)
        self._await_turn(moment, key, new or lingering)
        self.put(key, new or lingering)

    def _linger(self, moment: Moment, old: RowT) -> RowT | None:
        """Return what stays of a row for a while after we saw it end."""
        if old.key in self._ended and self._kind.end:
            self._ended.discard(old.key)
            self._lingering[old.key] = moment.at + LINGER
            return self._kind.end(old, moment.now(old.key))
        return old if self._lingering.get(old.key, moment.at) > moment.at else None

    def _due_at(self, moment: Moment, key: str, row: RowT | None) -> datetime | None:
        """Return when time alone alters a row (our clock): of a source whose clock stands, only one that is gone."""
        if key in self._lingering:
            return self._lingering[key]
        if row is None or row.turns_at is None or split_key(key)[0] in moment.standing:
            return None
        return max(row.turns_at - moment.ahead(key), moment.at)

    def _await_turn(self, moment: Moment, key: str, row: RowT | None) -> None:
        due_at = self._due_at(moment, key, row)
        if due_at is None:
            self._turn_at.pop(key, None)
            return
        if self._turn_at.get(key) != due_at:
            self._turn_at[key] = due_at
            heapq.heappush(self._turns, (due_at, key))
            if len(self._turns) > 2 * len(self._turn_at) + SPARE_TURNS:
                self._turns = sorted((at, own) for own, at in self._turn_at.items())  # sorted, it is a heap again


class Tables:
    """All kinds of rows of one State."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.scoped: WeakValueDictionary[Scope, Any] = WeakValueDictionary()  # kept by `dashboard.live.scoped`
        self.combined = RowTable(ACTIVITIES, state)
        self.sessions = RowTable(SESSIONS, state)
        self.representatives = RowTable(REPRESENTATIVES, state)
        self.queues = RowTable(QUEUES, state)
        self.presentations = RowTable(PRESENTATIONS, state)
        self._all: tuple[RowTable[Any], ...] = (
            self.combined,
            self.sessions,
            self.representatives,
            self.queues,
            self.presentations,
        )

    def refresh(self, moment: Moment) -> None:
        """Draw again what changed or came due, of every kind."""
        for table in self._all:
            table.refresh(moment)

    def mark(self, applied: Applied) -> None:
        """Note which rows of any kind a step of the State may have altered."""
        for table in self._all:
            table.mark(applied)

    def mark_looks(self) -> None:
        """Note that our look at a source may have begun anew: a state nobody saw begin is bounded by it."""
        self.representatives.mark_all()

    def mark_people(self) -> None:
        """Note that people may be called something else."""
        self.combined.mark_all()
        self.presentations.mark_all()

    def mark_targets(self) -> None:
        """Note that waits may have other targets."""
        self.sessions.mark_all()
        self.queues.mark_all()
