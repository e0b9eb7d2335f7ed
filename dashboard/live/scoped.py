"""The same shelves as a scope sees them: what it covers, without names it keeps back, in rows, counts and search."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from dashboard.boards.activity import ActivityRow
from dashboard.boards.masking import mask_activity, mask_presentation, mask_queue, mask_representative, mask_session
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import PresentationRow
from dashboard.boards.queues import QueueRow
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.scope import Scope, Sight, sight_of
from dashboard.boards.sessions import SessionRow
from dashboard.live.shelf import RowT, Shelf
from dashboard.live.tables import Tables
from dashboard.privacy import Privacy


class Shelves(Protocol):
    """What boards are drawn from: all of it, or what a scope covers."""

    @property
    def combined(self) -> Shelf[ActivityRow]:
        """Activities of all vendors."""

    @property
    def sessions(self) -> Shelf[SessionRow]:
        """An appliance's sessions."""

    @property
    def representatives(self) -> Shelf[RepresentativeRow]:
        """Representatives who are logged in."""

    @property
    def queues(self) -> Shelf[QueueRow]:
        """Known queues."""

    @property
    def presentations(self) -> Shelf[PresentationRow]:
        """Trainings and presentations."""

    def refresh(self, moment: Moment) -> None:
        """Bring all rows up to a moment."""


Look = Callable[[Moment], Sight]
Showing = Callable[[Sight, RowT], RowT | None]
"""What is to be seen of a row; None where nothing is."""


def showing(
    covers: Callable[[Sight, RowT], bool], mask: Callable[[RowT, Privacy], RowT], privacy: Privacy
) -> Showing[RowT]:
    """Return how rows of one kind are shown."""
    if privacy is Privacy.SHOWN:
        return lambda sight, row: row if covers(sight, row) else None
    return lambda sight, row: mask(row, privacy) if covers(sight, row) else None


class ScopedShelf(Shelf[RowT]):
    """What a scope covers of a shelf. Whom it covers can change without any row of ours: `basis` tells that."""

    def __init__(self, whole: Shelf[RowT], basis: "Basis", look: Look, show: "Showing[RowT]") -> None:
        super().__init__(whole.spec, whole.rests_on, is_mixed=whole.is_mixed)
        self._whole = whole
        self._basis = basis
        self._look = look
        self._show = show
        self._sight: Sight | None = None
        self._changes = whole.follow()
        self._basis_changes = [shelf.follow() for shelf in basis]

    @property
    def has_stale_rows(self) -> bool:
        """Whether a step altered rows, or whom the scope covers."""
        is_stale = any(shelf.has_stale_rows for shelf in (self._whole, *self._basis))
        return is_stale or any(ear.changed for ear in (self._changes, *self._basis_changes))

    def is_due(self, at: datetime) -> bool:
        """Whether time has altered rows by `at` (our clock)."""
        return self._whole.is_due(at)

    def refresh(self, moment: Moment) -> None:
        """Take over what changed; everything is looked at again when the scope covers others now."""
        for shelf in (self._whole, *self._basis):
            shelf.refresh(moment)
        for ear in self._basis_changes:
            ear.take()
        keys = self._changes.take()
        sight = self._look(moment)
        if sight != self._sight:
            self._sight = sight
            keys = self._whole.rows.keys() | self.rows.keys()
        for key in sorted(keys):
            row = self._whole.rows.get(key)
            self.put(key, None if row is None else self._show(sight, row))


Basis = tuple[Shelf[RepresentativeRow], Shelf[QueueRow]]
"""What decides whom a scope covers: who is logged in where, and which queues there are."""


class ScopedTables:
    """All shelves as one scope sees them."""

    def __init__(self, tables: Tables, scope: Scope) -> None:
        self.scope = scope
        self._seen: tuple[Moment, Sight] | None = None
        basis, look, privacy = (tables.representatives, tables.queues), self._look, scope.customers
        self.combined = ScopedShelf(
            tables.combined, basis, look, showing(Sight.covers_activity, mask_activity, privacy)
        )
        self.sessions = ScopedShelf(tables.sessions, basis, look, showing(Sight.covers_session, mask_session, privacy))
        self.representatives = ScopedShelf(
            tables.representatives, basis, look, showing(Sight.covers_representative, mask_representative, privacy)
        )
        self.queues = ScopedShelf(tables.queues, basis, look, showing(Sight.covers_queue, mask_queue, privacy))
        self.presentations = ScopedShelf(
            tables.presentations, basis, look, showing(Sight.covers_presentation, mask_presentation, privacy)
        )

    def refresh(self, moment: Moment) -> None:
        """Bring all rows up to a moment."""
        for shelf in (self.combined, self.sessions, self.representatives, self.queues, self.presentations):
            shelf.refresh(moment)

    def _look(self, moment: Moment) -> Sight:
        """Return what the scope comes to; all shelves share one look at each moment."""
        if self._seen is None or self._seen[0] is not moment:
            self._seen = (moment, sight_of(self.scope, moment))
        return self._seen[1]


def shelves_of(tables: Tables, scope: Scope) -> Shelves:
    """Return what a scope sees of the tables; views with equal scopes share one set of shelves while any is open."""
    if scope.is_everything:
        return tables
    shelves = tables.scoped.get(scope)
    if shelves is None:
        shelves = tables.scoped[scope] = ScopedTables(tables, scope)
    return shelves
