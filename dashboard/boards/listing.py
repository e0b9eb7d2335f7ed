"""Filter, search, sort and page of a list, as the URL says it. Pure.

A `ListQuery` is the whole meaning of a URL's query: two addresses that mean the same give equal queries, so their
viewers share one rendering. Whatever the URL does not make sense of is left out, never an error.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

PAGE_SIZE = 500
SEARCH_LIMIT = 100  # characters
SORT_LIMIT = 4  # keys
CHOICE_LIMIT = 50  # values of one filter
ALL = "all"  # the tab of every row, where a list shows the rows of one tab at a time


class Keyed(Protocol):
    """What every row of a list has."""

    @property
    def key(self) -> str:
        """The row's key."""


RowT = TypeVar("RowT", bound=Keyed)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to sort by."""

    column: str
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a viewer asked to see of a list."""

    search: str = ""
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sort: tuple[SortKey, ...] = ()
    columns: tuple[str, ...] = ()
    form: str = ""
    page: int = 1

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return the values chosen for one filter."""
        return dict(self.filters).get(name, ())

    def with_choice(self, name: str, values: Iterable[str]) -> "ListQuery":
        """Return the query with one filter set anew, on its first page."""
        chosen = dict(self.filters) | {name: tuple(sorted(values))}
        return replace(self, filters=tuple(sorted((key, one) for key, one in chosen.items() if one)), page=1)

    def toggled(self, name: str, value: str) -> "ListQuery":
        """Return the query with one value of a filter switched on or off."""
        chosen = set(self.chosen(name)) ^ {value}
        return self.with_choice(name, chosen)

    def sorted_by(self, column: str) -> "ListQuery":
        """Return the query with a column as the first sort key, turned round if it already was; others follow."""
        first = self.sort[0] if self.sort else None
        descending = not first.descending if first and first.column == column else False
        rest = tuple(one for one in self.sort if one.column != column)
        return replace(self, sort=(SortKey(column, descending), *rest)[:SORT_LIMIT], page=1)

    def encoded(self) -> str:
        """Return the query as a URL's query string."""
        pairs = [(name, value) for name, values in self.filters for value in values]
        if self.search:
            pairs.append(("q", self.search))
        if self.sort:
            pairs.append(("sort", ",".join(map(str, self.sort))))
        if self.columns:
            pairs.append(("columns", ",".join(self.columns)))
        if self.form:
            pairs.append(("form", self.form))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return urlencode(pairs)


@dataclass(frozen=True, slots=True)
class Arrangement(Generic[RowT]):
    """One way to show a list: its order and the group a row stands in, as long as nobody sorted otherwise.

    `gist` sums up, for a group's heading, those of its rows that show.
    """

    sort: tuple[SortKey, ...]
    band: Callable[[RowT], str] | None = None
    gist: Callable[[Sequence[RowT]], object] | None = None


@dataclass(frozen=True, slots=True)
class ListSpec(Generic[RowT]):
    """How rows of one kind can be listed.

    `sorts` gives each sortable column's value (None sorts last either way); `filters` gives the values a row has under
    a filter's name; `search` the texts it is found by; `columns` all columns in order, of which `fixed` always show;
    `forms` the other forms than the usual one. `orders` puts the values of a filter in order where the alphabet does
    not. `tabs` are the values of the filter `tab_filter` that get a tab; with a `default_tab` a list shows the rows of
    one tab at a time, that one unless another or `ALL` is asked for. `tallies` names the counts a row goes into.
    `band` names the group a row stands in, as long as nobody sorted otherwise.
    """

    sorts: Mapping[str, Callable[[RowT], Any]]
    filters: Mapping[str, Callable[[RowT], Iterable[str]]]
    search: Callable[[RowT], Iterable[str]]
    default_sort: tuple[SortKey, ...]
    columns: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    forms: Mapping[str, Arrangement[RowT]] = field(default_factory=dict)
    tabs: tuple[str, ...] = ()
    tab_filter: str = "state"
    default_tab: str = ""
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    band: Callable[[RowT], str] | None = None
    tallies: Callable[[RowT], Iterable[tuple[str, str]]] | None = None

    def read(self, parameters: Mapping[str, Sequence[str]]) -> ListQuery:
        """Read a URL's parameters (name -> values)."""
        filters = {
            name: tuple(sorted({value[:SEARCH_LIMIT] for value in parameters.get(name, ()) if value})[:CHOICE_LIMIT])
            for name in self.filters
        }
        if self.default_tab:
            filters[self.tab_filter] = self._read_tab(_first(parameters, self.tab_filter))
        shown = ",".join(parameters.get("columns", ())).split(",")  # one value from our links, several from a form
        page, form = _first(parameters, "page"), _first(parameters, "form")
        form = form if form in self.forms else ""
        return ListQuery(
            search=" ".join(_first(parameters, "q").split())[:SEARCH_LIMIT].rstrip(),
            filters=tuple(sorted((name, values) for name, values in filters.items() if values)),
            sort=self._read_sort(_first(parameters, "sort"), form),
            columns=tuple(name for name in self.columns if name in shown),
            form=form,
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 and int(page) > 0 else 1,
        )

    def _read_tab(self, text: str) -> tuple[str, ...]:
        return (text,) if text != self.default_tab and text in (*self.tabs, ALL) else ()

    def _read_sort(self, text: str, form: str) -> tuple[SortKey, ...]:
        keys: dict[str, SortKey] = {}
        for part in text.split(",")[:SORT_LIMIT]:
            column = part.removeprefix("-")
            if column in self.sorts:
                keys.setdefault(column, SortKey(column, part.startswith("-")))
        found = tuple(keys.values())
        return () if found == self.form(form).sort else found

    def form(self, name: str) -> Arrangement[RowT]:
        """Return a form by its name, "" for the usual one."""
        return self.forms[name] if name else Arrangement(self.default_sort, self.band)

    def section(self, query: ListQuery) -> str:
        """Return the tab whose rows alone a query shows; "" where it shows rows of all."""
        if not self.default_tab:
            return ""
        (tab,) = query.chosen(self.tab_filter) or (self.default_tab,)
        return "" if tab == ALL else tab

    def sections(self, row: RowT) -> Iterable[str]:
        """Return the tabs that a row stands under, where a list shows one tab at a time."""
        return self.filters[self.tab_filter](row) if self.default_tab else ()

    def is_narrowed(self, query: ListQuery) -> bool:
        """Whether a query leaves out rows beside what its tab does."""
        return bool(query.search) or any(name != self.tab_filter or not self.default_tab for name, _ in query.filters)

    def widened(self, query: ListQuery) -> ListQuery:
        """Return a query without what narrows it."""
        kept = tuple(one for one in query.filters if self.default_tab and one[0] == self.tab_filter)
        return replace(query, search="", filters=kept, page=1)

    def shown_columns(self, query: ListQuery) -> tuple[str, ...]:
        """Return the columns to show, in order."""
        if not query.columns:
            return self.columns
        return tuple(name for name in self.columns if name in query.columns or name in self.fixed)

    def text(self, row: RowT) -> str:
        """Return what a row is found by. No word has a line's end, so none is found across two texts."""
        return "\n".join(self.search(row)).casefold()

    def matcher(self, query: ListQuery, text: Callable[[RowT], str]) -> Callable[[RowT], bool]:
        """Return what says whether a row passes the tab, the filters and the search.

        `text` gives what a row is found by, as the method of that name does.
        """
        section, words = self.section(query), query.search.casefold().split()
        chosen = [
            (self.filters[name], frozenset(values))
            for name, values in query.filters
            if not (self.default_tab and name == self.tab_filter)
        ]

        def matches(row: RowT) -> bool:
            if section and section not in self.sections(row):
                return False
            for values, wanted in chosen:
                if wanted.isdisjoint(values(row)):
                    return False
            if not words:
                return True
            found_by = text(row)
            return all(word in found_by for word in words)

        return matches

    def placer(self, query: ListQuery) -> Callable[[RowT], tuple[Any, ...]]:
        """Return what gives a row's place in the order, as a value to compare.

        Ties are broken by key: equal rows never swap.
        """
        keys = [(self.sorts[sort.column], sort.descending) for sort in query.sort or self.form(query.form).sort]

        def place(row: RowT) -> tuple[Any, ...]:
            found: list[Any] = []
            for value_of, descends in keys:
                value = value_of(row)
                found += (True, 0) if value is None else (False, turned(value) if descends else value)
            return (*found, row.key)

        return place

    def order(self, rows: Iterable[RowT], query: ListQuery) -> list[RowT]:
        """Return rows in order: as `placer` says, but many at once."""
        ordered = sorted(rows, key=attrgetter("key"))
        for sort in reversed(query.sort or self.form(query.form).sort):
            value = self.sorts[sort.column]
            present = [row for row in ordered if value(row) is not None]
            absent = [row for row in ordered if value(row) is None] if len(present) < len(ordered) else []
            ordered = sorted(present, key=value, reverse=sort.descending) + absent
        return ordered


class Turned:
    """Compares the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Turned) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: "Turned") -> bool:
        return bool(other.value < self.value)


def turned(value: Any) -> Any:
    """Return what compares the other way round; numbers and times, the most frequent, at no cost later."""
    match value:
        case datetime():
            return -value.timestamp()
        case int() | float():
            return -value
        case _:
            return Turned(value)


def _first(parameters: Mapping[str, Sequence[str]], name: str) -> str:
    values = parameters.get(name, ())
    return values[0] if values else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, how many rows have it, whether it is chosen, and the query that switches it."""

    value: str
    count: int
    is_chosen: bool
    link: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: whether it shows, the query that sorts by it ("" where it cannot), and its place in the sort."""

    name: str
    is_shown: bool
    link: str = ""
    rank: int | None = None
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of how many, and how many rows there are before and after filtering."""

    page: int
    page_count: int
    matched: int
    total: int

    @property
    def first(self) -> int:
        """The number of the first row shown."""
        return min(self.matched, (self.page - 1) * PAGE_SIZE + 1)

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return min(self.matched, self.page * PAGE_SIZE)


def paging(page: int, matched: int, total: int) -> Paging:
    """Return the page to show; one beyond the last is the last."""
    page_count = max(1, -(-matched // PAGE_SIZE))
    return Paging(min(page, page_count), page_count, matched, total)


@lru_cache(maxsize=4096)
def _switch_link(query: ListQuery, name: str, value: str) -> str:
    return query.toggled(name, value).encoded()


def choices(query: ListQuery, name: str, counts: Mapping[str, int], order: Sequence[str] = ()) -> tuple[Choice, ...]:
    """Return the values of one filter that occur, are chosen or in `order`, with how many rows have them."""
    chosen = query.chosen(name)
    places = {value: place for place, value in enumerate(order)}
    return tuple(
        Choice(value, counts.get(value, 0), value in chosen, _switch_link(query, name, value))
        for value in sorted(
            {value for value, count in counts.items() if count} | set(chosen) | places.keys(),
            key=lambda value: (places.get(value, len(places)), value.casefold(), value),
        )
    )


def tabs(query: ListQuery, values: Iterable[str], counts: Mapping[str, int]) -> tuple[Choice, ...]:
    """Return the states as tabs, of which one is chosen at a time; the first, "", stands for all."""
    chosen = query.chosen("state")
    return (
        Choice("", sum(counts.values()), not chosen, query.with_choice("state", ()).encoded()),
        *(
            Choice(value, counts.get(value, 0), value in chosen, query.with_choice("state", (value,)).encoded())
            for value in values
        ),
    )


def section_tabs(spec: ListSpec[RowT], query: ListQuery, counts: Mapping[str, int], total: int) -> tuple[Choice, ...]:
    """Return the tabs of a list that shows one at a time; the last, "", stands for all."""
    name, shown = spec.tab_filter, spec.section(query)

    def link(value: str) -> str:
        return query.with_choice(name, () if value == spec.default_tab else (value,)).encoded()

    return (
        *(Choice(value, counts.get(value, 0), value == shown, link(value)) for value in spec.tabs),
        Choice("", total, not shown, link(ALL)),
    )


def columns(spec: ListSpec[RowT], query: ListQuery) -> tuple[Column, ...]:
    """Return all columns of a list; the places in the sort are told only where somebody sorted."""
    shown = spec.shown_columns(query)
    places = {sort.column: (rank, sort) for rank, sort in enumerate(query.sort, start=1)}
    made = []
    for name in spec.columns:
        rank, sort = places.get(name, (None, SortKey(name)))
        link = query.sorted_by(name).encoded() if name in spec.sorts else ""
        made.append(Column(name, name in shown, link, rank, sort.descending))
    return tuple(made)
