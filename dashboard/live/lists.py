"""A list board, live: one page of one kind of rows, filtered, searched and sorted as the URL says."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic

from dashboard.boards.freshness import Tile, tile_of
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
    tabs,
)
from dashboard.boards.moment import Moment
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.tables import RowT, RowTable
from dashboard.live.view import ViewKey
from realtime.change import Applied


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a list: how many, and the values to filter by. `clear` is the query without any filter."""

    paging: Paging
    tabs: tuple[Choice, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    is_filtered: bool
    clear: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a view of a list is laid out: its query, columns and form. The same for all of its life."""

    name: str
    query: str
    columns: tuple[Column, ...]
    form: str
    is_filtered: bool

    @property
    def shown(self) -> frozenset[str]:
        """The names of the columns that show."""
        return frozenset(column.name for column in self.columns if column.is_shown)


@dataclass(frozen=True, slots=True)
class Band:
    """A heading within a list: a group of rows and how many rows it has on all pages."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Pages:
    """What stands below a list: which page of how many, and the queries of the pages before and after."""

    paging: Paging
    before: str | None
    after: str | None


def lay_out(name: str, spec: ListSpec[RowT], query: ListQuery) -> Layout:
    """Return how a view of a list is laid out."""
    return Layout(
        name, query.encoded(), columns(spec, query), query.form, is_filtered=bool(query.filters or query.search)
    )


class ListView(Generic[RowT]):
    """Follows one table. `name` names the board, its list's DOM id and its templates."""

    def __init__(self, name: str, key: ViewKey, table: RowTable[RowT], query: ListQuery) -> None:
        self.key = key
        self._name = name
        self._table = table
        self._query = query
        self._layout = lay_out(name, table.spec, query)
        self._follower = table.follow()
        self._matched: dict[str, RowT] = {}
        self._ordered: list[RowT] = []
        self._pieces: dict[str, Piece] = {}
        self._picture: Picture | None = None
        self._tile: Tile[None] | None = None
        self._count_version = 0
        self._head: tuple[int, Head] | None = None

    def touch(self, applied: Applied) -> bool:
        """Whether any row of the table changed; whether it is one of ours shows when it is drawn."""
        return bool(self._follower.changed) or self._table.has_stale_rows

    def tick(self, moment: Moment) -> bool:
        """Whether time alone altered a row, or a link is another."""
        return self._table.is_due(moment.at) or tile_of(None, moment.statuses, moment.at) != self._tile

    def picture(self, moment: Moment) -> Picture:
        """Return the page; the same object as before when nothing of ours changed."""
        self._table.refresh(moment)
        is_other = self._admit(self._follower.take()) or self._table.count_version != self._count_version
        tile = tile_of(None, moment.statuses, moment.at)
        if self._picture is None or is_other or tile != self._tile:
            self._count_version = self._table.count_version
            self._tile = tile
            self._picture = self._draw(tile)
        return self._picture

    def _admit(self, changed: set[str]) -> bool:
        """Take changed rows in, and put them in order if that may have changed; return whether any is ours."""
        spec, query = self._table.spec, self._query
        is_sorted, has_ours = True, False
        for key in changed:
            old, new = self._matched.get(key), self._table.rows.get(key)
            if new is not None and spec.matches(new, query):
                has_ours = True
                self._matched[key] = new
                is_sorted = is_sorted and old is not None and spec.place(old, query) == spec.place(new, query)
            elif old is not None:
                del self._matched[key]
                is_sorted, has_ours = False, True
        if not is_sorted:
            self._ordered = spec.order(self._matched.values(), query)
        elif has_ours:
            self._ordered = [self._matched[row.key] for row in self._ordered]
        return has_ours

    def _draw(self, tile: Tile[None]) -> Picture:
        sheet = paging(self._query.page, len(self._ordered), len(self._table.rows))
        start = (sheet.page - 1) * PAGE_SIZE
        shown = self._ordered[start : start + PAGE_SIZE]
        self._pieces = {row.key: self._piece(row) for row in shown}
        pages = Pages(sheet, *(self._page_link(sheet, step) for step in (-1, 1)))
        return Picture(
            f"boards/{self._name}.html",
            {
                "head": self._tile_piece("head", self._draw_head(sheet), tile),
                "foot": self._tile_piece("foot", pages, tile),
            },
            {self._name: tuple(self._listed(shown, start))},
            self._layout,
        )

    def _draw_head(self, sheet: Paging) -> Head:
        """Return the head; with its many links it is the dearest part, so it is made anew only when a count changed."""
        version, table = self._table.count_version, self._table
        if self._head is None or self._head[0] != version or self._head[1].paging != sheet:
            self._head = (version, self._make_head(table.spec, table.counts, sheet))
        return self._head[1]

    def _make_head(self, spec: ListSpec[RowT], counts: Mapping[str, Counter[str]], sheet: Paging) -> Head:
        query = self._query
        return Head(
            sheet,
            tabs(query, spec.tabs, counts["state"]) if spec.tabs else (),
            {name: choices(query, name, counts[name], spec.orders.get(name, ())) for name in spec.filters},
            self._layout.is_filtered,
            replace(query, search="", filters=(), page=1).encoded(),
        )

    def _page_link(self, sheet: Paging, step: int) -> str | None:
        page = sheet.page + step
        return replace(self._query, page=page).encoded() if 1 <= page <= sheet.page_count else None

    def _tile_piece(self, part: str, value: object, tile: Tile[None]) -> Piece:
        template = "tiles/list-foot.html" if part == "foot" else f"tiles/{self._name}-{part}.html"
        return Piece(f"tile-{self._name}-{part}", template, Tile(value, tile.stale, tile.is_known), self._layout)

    def _listed(self, shown: list[RowT], start: int) -> Iterator[Piece]:
        """Yield the rows in order, each band's heading before its first row; `start` is the first one's place."""
        band_of = self._table.spec.band
        if band_of is None or self._query.sort:
            yield from (self._pieces[row.key] for row in shown)
            return
        bands = [band_of(row) for row in self._ordered]
        counts = Counter(bands)
        last = ""
        for row, band in zip(shown, bands[start:], strict=False):
            if band != last:
                last = band
                value = Band(band, counts[band])
                yield Piece(f"{self._name}-band-{band}", f"tiles/{self._name}-band.html", value)
            yield self._pieces[row.key]

    def _piece(self, row: RowT) -> Piece:
        held = self._pieces.get(row.key)
        if held is not None and held.value is row:
            return held
        form = self._query.form or "row"
        return Piece(row_id(self._name, row.key), f"tiles/{self._name}-{form}.html", row, self._layout)
