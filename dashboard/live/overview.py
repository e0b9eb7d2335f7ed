"""The overview, live."""

from collections.abc import Iterable

from dashboard.boards.freshness import Trusted, trust_in
from dashboard.boards.links import is_mirrored
from dashboard.boards.moment import Moment
from dashboard.boards.overview import make_overview, source_shares
from dashboard.boards.presentations import Phase
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.scoped import Shelves
from dashboard.live.shelf import BoardRow
from dashboard.live.view import ViewKey
from realtime.change import Applied


class OverviewView:
    """Puts the rows of all tables together."""

    def __init__(self, key: ViewKey, tables: Shelves) -> None:
        self.key = key
        self._tables = tables
        self._sight = key.scope.sources

    def touch(self, applied: Applied) -> bool:
        """Every step may alter the overview."""
        return True

    def tick(self, moment: Moment) -> bool:
        """Time alone may alter a row or a link."""
        return True

    def picture(self, moment: Moment) -> Picture:
        """Return the figures, what needs attention, the queues and the representatives by state."""
        self._tables.refresh(moment)
        trust = trust_in(moment.statuses, moment.at, is_mirrored, is_mixed=False, sight=self._sight)
        sessions = [row for row in self._tables.sessions.rows.values() if row.ended_at is None]
        overview = make_overview(
            moment,
            sessions,
            self._tables.representatives.rows.values(),
            self._tables.queues.rows.values(),
            [row for row in self._tables.presentations.rows.values() if row.phase is Phase.RUNNING],
            trust.stale,
        )
        shares = source_shares(moment.statuses, self._tables.combined.tally, moment.configured.vendors, moment.at)

        def tile(name: str, value: object) -> Piece:
            return Piece(f"tile-{name}", f"tiles/{name}.html", trust.total(value))

        def head(name: str, value: object) -> Piece:  # of rows that say themselves whose they are
            return Piece(f"tile-{name}", f"tiles/{name}.html", Trusted(value, trust.tile.stale, trust.tile.is_known))

        def rows(name: str, drawn: Iterable[BoardRow]) -> tuple[Piece, ...]:
            return tuple(Piece(row_id(name, row.key), f"tiles/{name}-row.html", row, trust) for row in drawn)

        return Picture(
            "boards/overview.html",
            {
                "figures": tile("figures", overview),
                "attention_head": tile("attention-head", overview.attention_count),
                "queues_head": head("overview-queues-head", overview.queue_count),
                "states": tile("states", overview.states),
                "sources": tile("overview-sources", shares),
            },
            {
                "attention": rows("attention", overview.attention),
                "overview-queues": rows("overview-queues", overview.queues),
            },
        )
