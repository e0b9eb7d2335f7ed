"""The Sources board, live."""

from collections.abc import Collection
from dataclasses import dataclass, field

from dashboard.boards.links import LinkBoard, RowCounts, board_links, count_rows, recount
from dashboard.boards.moment import Moment
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.view import ViewKey
from dashboard.roles import Right
from realtime.change import Applied
from realtime.state import State


def offered(rights: Collection[Right]) -> str:
    """Return the actions that the board offers viewers with these rights."""
    return ",".join(right for right in (Right.ACT_ON_SOURCES, Right.POLL_NOW) if right in rights)


@dataclass(slots=True)
class SourcesView:
    """Follows the number of rows step by step, and the links' statuses and what sources.toml names once a second."""

    key: ViewKey
    state: State
    _counts: RowCounts = field(init=False)
    _board: LinkBoard | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._counts = count_rows(self.state)

    def touch(self, applied: Applied) -> bool:
        """A step concerns this board when it changed how many rows there are."""
        return recount(self._counts, applied)

    def tick(self, moment: Moment) -> bool:
        """Return whether a link is another, or late by now."""
        return self._make(moment) != self._board

    def picture(self, moment: Moment) -> Picture:
        """Return the board's pieces."""
        board = self._board = self._make(moment)
        return Picture(
            "boards/sources.html",
            {
                "totals": Piece("tile-sources-totals", "tiles/sources-totals.html", board.totals),
                "blank": Piece("tile-sources-blank", "tiles/sources-blank.html", not board.links),
            },
            {
                "sources": tuple(
                    Piece(row_id("sources", row.source), "tiles/sources-row.html", row) for row in board.links
                )
            },
        )

    def _make(self, moment: Moment) -> LinkBoard:
        return board_links(
            self._counts,
            moment.statuses,
            moment.at,
            configured=moment.configured.unread,
            vendors=moment.configured.vendors,
            may_resynchronise=Right.ACT_ON_SOURCES in self.key.rights.split(","),
            may_poll_now=Right.POLL_NOW in self.key.rights.split(","),
        )
