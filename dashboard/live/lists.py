"""A list board, live: one page of one kind of rows, filtered, searched and sorted as the URL says."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from dashboard.boards.freshness import Notice, Trust, Trusted, trust_in
from dashboard.boards.listing import (
    PAGE_SIZE,
    Choice,
    Column,
    ListQuery,
    ListSpec,
    Paging,
    choices,
    columns,
    paging,
    section_tabs,
    tabs,
)
from dashboard.boards.moment import Moment
from dashboard.boards.sheets import Extract
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.shelf import RowT, Shelf
from dashboard.live.view import ViewKey
from realtime.change import Applied

MANY = 200  # changed rows, from which on a list is put in order anew


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a list: how many, and the values to filter by. `clear` is the query without any filter.

    `notices` says which sources cannot be trusted now, where a list that rests on several goes on without them.
    """

    paging: Paging
    tabs: tuple[Choice, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    is_filtered: bool
    clear: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How a view of a list is laid out: its query, columns and form, of which sources its rows are `stale`, and of
    which they are `told` apart.

    `shown` names the columns that show: each row asks.
    """

    name: str
    query: str
    columns: tuple[Column, ...]
    form: str
    is_filtered: bool
    shown: frozenset[str]
    stale: Mapping[str, Notice] = field(default_factory=dict)
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Band:
    """A heading within a list: a group of rows, how many rows it has on all pages, and what its form says of them."""

    name: str
    count: int
    gist: object = None


@dataclass(frozen=True, slots=True)
class Pages:
    """What stands below a list: which page of how many, and the queries of the pages before and after."""

    paging: Paging
    before: str | None
    after: str | None


def lay_out(name: str, spec: ListSpec[RowT], query: ListQuery) -> Layout:
    """Return how a view of a list is laid out."""
    made, shown = columns(spec, query), frozenset(spec.shown_columns(query))
    return Layout(name, query.encoded(), made, query.form, is_filtered=spec.is_narrowed(query), shown=shown)


@dataclass(frozen=True, slots=True)
class Listed(Generic[RowT]):
    """A row on the page, its piece, and the band it stands in."""

    row: RowT
    piece: Piece
    band: str


class ListView(Generic[RowT]):
    """Follows one table. `name` names the board, its list's DOM id and its templates."""

    def __init__(self, name: str, key: ViewKey, table: Shelf[RowT], query: ListQuery) -> None:
        self.key = key
        self._name = name
        self._table = table
        self._query = query
        self._sight = key.scope.sources
        self._matches = table.matcher(query)
        self._place = table.spec.placer(query)
        self._form = table.spec.form(query.form)
        self._band_of = None if query.sort else self._form.band
        self._layout = lay_out(name, table.spec, query)
        self._follower = table.follow()
        self._matched: dict[str, RowT] = {}
        self._ordered: list[RowT] = []
        self._bands: Counter[str] = Counter()
        self._listed: dict[str, Listed[RowT]] = {}  # the rows of the page, in order
        self._picture: Picture | None = None
        self._trust: Trust | None = None
        self._count_version = 0
        self._head: tuple[int, Head] | None = None

    def touch(self, applied: Applied) -> bool:
        """Whether any row of the table changed; whether it is one of ours shows when it is drawn."""
        return bool(self._follower.changed) or self._table.has_stale_rows

    def tick(self, moment: Moment) -> bool:
        """Whether time alone altered a row, or a link is another."""
        return self._table.is_due(moment.at) or self._trust_at(moment) != self._trust

    def picture(self, moment: Moment) -> Picture:
        """Return the page; the same object as before when nothing of ours changed."""
        self._table.refresh(moment)
        is_other = self._admit(self._follower.take()) or self._table.count_version != self._count_version
        trust = self._trust_at(moment)
        if self._picture is None or is_other or trust != self._trust:
            self._count_version = self._table.count_version
            self._trust = trust
            if (trust.stale, trust.told) != (self._layout.stale, self._layout.told):
                self._layout = replace(self._layout, stale=trust.stale, told=trust.told)
                self._listed = {}
            self._picture = self._draw(trust.tile)
        return self._picture

    def extract(self, moment: Moment) -> Extract:
        """Return all rows that the query shows, on all pages."""
        self.picture(moment)
        return Extract(tuple(self._ordered), dict(moment.statuses), moment.at)

    def _trust_at(self, moment: Moment) -> Trust:
        table = self._table
        return trust_in(moment.statuses, moment.at, table.rests_on, is_mixed=table.is_mixed, sight=self._sight)

    def _admit(self, changed: set[str]) -> bool:
        """Take changed rows in, each at its place; return whether any is ours."""
        if self._picture is None or len(changed) > max(MANY, len(self._matched) // 4):
            return self._admit_all()
        has_ours = False
        for key in changed:
            old, new = self._matched.pop(key, None), self._table.rows.get(key)
            if old is not None:
                self._take_out(old)
            is_ours = new is not None and self._matches(new)
            if new is not None and is_ours:
                self._put_in(new)
            has_ours |= is_ours or old is not None
        return has_ours

    def _admit_all(self) -> bool:
        """Look at every row anew: as many changed as make that cheaper."""
        spec, query, before = self._table.spec, self._query, self._matched
        self._matched = self._table.listed(query)
        self._ordered = spec.order(self._matched.values(), query)
        self._bands = Counter(map(self._band_of, self._ordered)) if self._band_of else Counter()
        return self._matched != before

    def _take_out(self, row: RowT) -> None:
        del self._ordered[self._place_of(row)]
        if self._band_of:
            self._bands[self._band_of(row)] -= 1

    def _put_in(self, row: RowT) -> None:
        self._ordered.insert(self._place_of(row), row)
        self._matched[row.key] = row
        if self._band_of:
            self._bands[self._band_of(row)] += 1

    def _place_of(self, row: RowT) -> int:
        """Return where a row stands in the order, or has to stand."""
        return bisect_left(self._ordered, self._place(row), key=self._place)

    def _draw(self, tile: Trusted[None]) -> Picture:
        total = len(self._table.sections[self._table.spec.section(self._query)].keys)
        sheet = paging(self._query.page, len(self._ordered), total)
        start = (sheet.page - 1) * PAGE_SIZE
        shown = self._ordered[start : start + PAGE_SIZE]
        self._list(shown)
        pages = Pages(sheet, *(self._page_link(sheet, step) for step in (-1, 1)))
        return Picture(
            f"boards/{self._name}.html",
            {
                "head": self._tile_piece("head", self._draw_head(sheet), tile),
                "foot": self._tile_piece("foot", pages, tile),
            },
            {self._name: tuple(self._pieces())},
            self._layout,
        )

    def _draw_head(self, sheet: Paging) -> Head:
        """Return the head; with its many links it is the dearest part, so it is made anew only when a count changed."""
        version = self._table.count_version
        if self._head is None or self._head[0] != version or self._head[1].paging != sheet:
            self._head = (version, self._make_head(sheet))
        notices = self._trust.notices if self._trust else ()
        return replace(self._head[1], notices=notices) if notices else self._head[1]

    def _make_head(self, sheet: Paging) -> Head:
        query, table, spec = self._query, self._table, self._table.spec
        counts = table.sections[spec.section(query)].counts
        every = table.counts[spec.tab_filter] if spec.tabs else {}
        made = section_tabs(spec, query, every, len(table.rows)) if spec.default_tab else tabs(query, spec.tabs, every)
        return Head(
            sheet,
            made if spec.tabs else (),
            {name: choices(query, name, counts[name], spec.orders.get(name, ())) for name in spec.filters},
            self._layout.is_filtered,
            spec.widened(query).encoded(),
        )

    def _page_link(self, sheet: Paging, step: int) -> str | None:
        page = sheet.page + step
        return replace(self._query, page=page).encoded() if 1 <= page <= sheet.page_count else None

    def _tile_piece(self, part: str, value: object, tile: Trusted[None]) -> Piece:
        template = "tiles/list-foot.html" if part == "foot" else f"tiles/{self._name}-{part}.html"
        return Piece(f"tile-{self._name}-{part}", template, Trusted(value, tile.stale, tile.is_known), self._layout)

    def _list(self, shown: list[RowT]) -> None:
        """Take the rows of the page; one that is as it was keeps its piece, and is not asked for its band again."""
        before = self._listed
        self._listed = {
            row.key: held if (held := before.get(row.key)) and held.row is row else self._draw_row(row) for row in shown
        }

    def _draw_row(self, row: RowT) -> Listed[RowT]:
        piece = Piece(row_id(self._name, row.key), self._row_template(), row, self._layout)
        return Listed(row, piece, self._band_of(row) if self._band_of else "")

    def _pieces(self) -> list[Piece]:
        """Return the rows in order, each band's heading before its first row.

        Sources' clocks differ, so the order may go back and forth between bands; each is one group all the same.
        """
        bands: defaultdict[str, list[Piece]] = defaultdict(list)
        for listed in self._listed.values():
            bands[listed.band].append(listed.piece)
        pieces: list[Piece] = []
        for band, group in bands.items():
            if self._band_of:
                pieces.append(self._band_piece(band, group))
            pieces += group
        return pieces

    def _band_piece(self, band: str, group: list[Piece]) -> Piece:
        rows: list[Any] = [piece.value for piece in group]
        value = Band(band, self._bands[band], self._form.gist(rows) if self._form.gist else None)
        return Piece(row_id(f"{self._name}-band", band), self._row_template("-band"), value, self._layout)

    def _row_template(self, part: str = "") -> str:
        form = f"-{self._query.form}" if self._query.form else ""
        return f"{self._name}{form}{part}.jinja"
