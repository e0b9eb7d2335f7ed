"""Rows of one kind, counted, by section, with ears for those who list them: what a list view rests on."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from weakref import WeakSet

from dashboard.boards.listing import ListQuery, ListSpec
from dashboard.boards.moment import Moment
from realtime.status import LinkStatus


class BoardRow(Protocol):
    """What every board's row has."""

    @property
    def key(self) -> str:
        """The row's key."""

    @property
    def turns_at(self) -> datetime | None:
        """When time alone alters the row, on its appliance's clock."""


RowT = TypeVar("RowT", bound=BoardRow)


class Follower:
    """One list's ear: the keys of the rows that changed since it last looked."""

    def __init__(self) -> None:
        self.changed: set[str] = set()

    def take(self) -> set[str]:
        """Return the changed keys and forget them."""
        changed, self.changed = self.changed, set()
        return changed


Membership = tuple[tuple[str, ...], list[set[str]]]


class Section:
    """The rows of one tab, or of all: their keys, and filter name -> value -> number of rows."""

    def __init__(self, filters: Iterable[str]) -> None:
        self.keys: dict[str, None] = {}
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in filters}


class Shelf(Generic[RowT]):
    """Rows of one kind, by key and by section ("" has all of them). Current after `refresh`.

    `count_version` grows whenever a number of any section changes. `tally` counts what the rows go into. `rests_on`
    says which sources the rows come from, `is_mixed` whether each row from one of several.
    """

    def __init__(self, spec: ListSpec[RowT], rests_on: Callable[[LinkStatus], bool], *, is_mixed: bool) -> None:
        self.spec = spec
        self.rests_on = rests_on
        self.is_mixed = is_mixed
        self.rows: dict[str, RowT] = {}
        self.sections: dict[str, Section] = {name: Section(spec.filters) for name in ("", *self._tabs(spec))}
        self.tally: Counter[tuple[str, str]] = Counter()
        self.count_version = 0
        self._followers: WeakSet[Follower] = WeakSet()
        self._texts: dict[str, str] = {}  # what rows are found by, of those that somebody's search looked at

    @staticmethod
    def _tabs(spec: ListSpec[RowT]) -> tuple[str, ...]:
        return spec.tabs if spec.default_tab else ()

    @property
    def has_stale_rows(self) -> bool:
        """Whether a step altered rows that are not put in yet."""
        raise NotImplementedError

    def is_due(self, at: datetime) -> bool:
        """Whether time has altered rows by `at` (our clock)."""
        raise NotImplementedError

    def refresh(self, moment: Moment) -> None:
        """Bring the rows up to a moment."""
        raise NotImplementedError

    @property
    def counts(self) -> Mapping[str, Counter[str]]:
        """Filter name -> value -> number of rows, over all rows."""
        return self.sections[""].counts

    def listed(self, query: ListQuery) -> dict[str, RowT]:
        """Return the rows that a query shows."""
        keys = self.sections[self.spec.section(query)].keys
        if not self.spec.is_narrowed(query):
            return dict(zip(keys, map(self.rows.__getitem__, keys), strict=True))
        matches = self.matcher(query)
        return {key: row for key in keys if matches(row := self.rows[key])}

    def matcher(self, query: ListQuery) -> Callable[[RowT], bool]:
        """Return what says whether a row passes a query. Whoever types asks about all rows at each letter."""
        return self.spec.matcher(query, self._text)

    def _text(self, row: RowT) -> str:
        text = self._texts.get(row.key)
        if text is None:
            text = self._texts[row.key] = self.spec.text(row)
        return text

    def follow(self) -> Follower:
        """Return an ear that hears of every row that changes from now on."""
        follower = Follower()
        self._followers.add(follower)
        return follower

    def put(self, key: str, new: RowT | None) -> None:
        """Put a row in, in place of what was there, or take it out; tell every ear."""
        old = self.rows.get(key)
        if new == old:
            return
        if new is None:
            del self.rows[key]
        else:
            self.rows[key] = new
        self._texts.pop(key, None)
        self._count(key, old, new)
        for follower in self._followers:
            follower.changed.add(key)

    def _count(self, key: str, old: RowT | None, new: RowT | None) -> None:
        before, after = self._membership(old), self._membership(new)
        if before != after:
            self.count_version += 1
            self._move(key, before, -1)
            self._move(key, after, 1)
        if self.spec.tallies:
            self.tally.subtract(() if old is None else self.spec.tallies(old))
            self.tally.update(() if new is None else self.spec.tallies(new))

    def _membership(self, row: RowT | None) -> Membership:
        """Return the sections a row is in and its values under each filter."""
        if row is None:
            return (), []
        return ("", *self.spec.sections(row)), [set(values(row)) for values in self.spec.filters.values()]

    def _move(self, key: str, membership: Membership, by: int) -> None:
        """Take a row into its sections' counts (1), or out of them (-1)."""
        names, values = membership
        for name in names:
            section = self.sections[name]
            if by > 0:
                section.keys[key] = None
            else:
                del section.keys[key]
            for counter, found in zip(section.counts.values(), values, strict=True):
                for value in found:
                    counter[value] += by
                    if not counter[value]:
                        del counter[value]
