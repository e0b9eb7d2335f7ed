"""A list board, live: one page of one kind of rows, filtered, searched and sorted as the URL says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

from dashboard.boards.freshness import Tile, tile_of
from dashboard.boards.listing import PAGE_SIZE, Choice, ListQuery, Paging, choices, paging
from dashboard.boards.moment import Moment
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.tables import RowT, RowTable
from dashboard.live.view import ViewKey
from realtime.change import Applied


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a list: how many, the values to filter by, the sort links, the shown columns."""

    paging: Paging
    choices: Mapping[str, tuple[Choice, ...]]
    is_filtered: bool


class ListView(Generic[RowT]):
    """Follows one table. `name` names the board, its list's DOM id and its templates."""

    def __init__(self, name: str, key: ViewKey, table: RowTable[RowT], query: ListQuery) -> None:
        self.key = key
        self._name = name
        self._table = table
        self._query = query
        self._follower = table.follow()
        self._matched: dict[str, RowT] = {}
        self._ordered: list[RowT] = []
        self._pieces: dict[str, Piece] = {}
        self._picture: Picture | None = None
        self._tile: Tile[None] | None = None

    def touch(self, applied: Applied) -> bool:
        """Whether any row of the table changed; whether it is one of ours shows when it is drawn."""
        return bool(self._follower.changed) or self._table.has_stale_rows

    def tick(self, moment: Moment) -> bool:
        """Whether time alone altered a row, or a link is another."""
        return self._table.is_due(moment.at) or tile_of(None, moment.statuses, moment.at) != self._tile

    def picture(self, moment: Moment) -> Picture:
        """Return the page; the same object as before when nothing of ours changed."""
        self._table.refresh(moment)
        changed = self._follower.take()
        tile = tile_of(None, moment.statuses, moment.at)
        if self._picture is None or changed or tile != self._tile:
            self._admit(changed)
            self._tile = tile
            self._picture = self._draw(tile)
        return self._picture

    def _admit(self, changed: set[str]) -> None:
        """Take changed rows in, and put them in order if that may have changed."""
        spec, query = self._table.spec, self._query
        is_sorted = True
        for key in changed:
            old, new = self._matched.get(key), self._table.rows.get(key)
            if new is not None and spec.matches(new, query):
                self._matched[key] = new
                is_sorted = is_sorted and old is not None and spec.place(old, query) == spec.place(new, query)
            elif old is not None:
                del self._matched[key]
                is_sorted = False
        if is_sorted:
            self._ordered = [self._matched[row.key] for row in self._ordered]
        else:
            self._ordered = spec.order(self._matched.values(), query)

    def _draw(self, tile: Tile[None]) -> Picture:
        sheet = paging(self._query.page, len(self._ordered), len(self._table.rows))
        start = (sheet.page - 1) * PAGE_SIZE
        shown = self._ordered[start : start + PAGE_SIZE]
        self._pieces = {row.key: self._piece(row) for row in shown}
        counts = {name: choices(self._query, name, self._table.counts[name]) for name in self._table.spec.filters}
        head = Head(sheet, counts, is_filtered=bool(self._query.filters or self._query.search))
        return Picture(
            f"boards/{self._name}.html",
            {
                "head": Piece(
                    f"tile-{self._name}-head", f"tiles/{self._name}-head.html", Tile(head, tile.stale, tile.is_known)
                ),
                "foot": Piece(f"tile-{self._name}-foot", "tiles/list-foot.html", sheet),
            },
            {self._name: tuple(self._pieces.values())},
        )

    def _piece(self, row: RowT) -> Piece:
        held = self._pieces.get(row.key)
        if held is not None and held.value is row:
            return held
        return Piece(row_id(self._name, row.key), f"tiles/{self._name}-row.html", row)
