"""The overview, live."""

from collections.abc import Iterable

from dashboard.boards.freshness import tile_of
from dashboard.boards.moment import Moment
from dashboard.boards.overview import make_overview, source_shares
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.tables import BoardRow, Tables
from dashboard.live.view import ViewKey
from realtime.change import Applied


class OverviewView:
    """Puts the rows of all tables together."""

    def __init__(self, key: ViewKey, tables: Tables) -> None:
        self.key = key
        self._tables = tables

    def touch(self, applied: Applied) -> bool:
        """Every step may alter the overview."""
        return True

    def tick(self, moment: Moment) -> bool:
        """Whether time alone altered a row or a link."""
        return True

    def picture(self, moment: Moment) -> Picture:
        """Return the figures, what needs attention, the queues and the representatives by state."""
        self._tables.refresh(moment)
        sessions = [row for row in self._tables.sessions.rows.values() if row.ended_at is None]
        overview = make_overview(
            sessions,
            self._tables.representatives.rows.values(),
            self._tables.queues.rows.values(),
            self._tables.presentations.rows.values(),
        )
        shares = source_shares(moment.statuses, sessions, moment.at)

        def tile(name: str, value: object) -> Piece:
            return Piece(f"tile-{name}", f"tiles/{name}.html", tile_of(value, moment.statuses, moment.at))

        def rows(name: str, drawn: Iterable[BoardRow]) -> tuple[Piece, ...]:
            return tuple(Piece(row_id(name, row.key), f"tiles/{name}-row.html", row) for row in drawn)

        return Picture(
            "boards/overview.html",
            {
                "figures": tile("figures", overview.figures),
                "attention_head": tile("attention-head", overview.attention_count),
                "queues_head": tile("overview-queues-head", overview.queue_count),
                "states": tile("states", overview.states),
                "sources": tile("overview-sources", shares),
            },
            {
                "attention": rows("attention", overview.attention),
                "overview-queues": rows("overview-queues", overview.queues),
            },
        )
