"""The Sources board, live."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dashboard.boards.links import LinkBoard, RowCounts, board_links, count_rows, recount
from dashboard.boards.moment import Moment
from dashboard.live.fragments import row_id
from dashboard.live.painter import Picture, Piece
from dashboard.live.view import ViewKey
from dashboard.roles import Right
from realtime.change import Applied
from realtime.state import State
from realtime.status import LinkStatus


def offered(rights: Collection[Right]) -> str:
    """Return the actions that the board offers viewers with these rights."""
    return ",".join(right for right in (Right.ACT_ON_SOURCES, Right.POLL_NOW) if right in rights)


@dataclass(slots=True)
class LinksView:
    """Follows the number of rows step by step, and the links' statuses once a second."""

    key: ViewKey
    state: State
    configured: tuple[LinkStatus, ...] = ()
    vendors: Mapping[str, str] = field(default_factory=dict)
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
            "boards/links.html",
            {
                "link_totals": Piece("tile-link-totals", "tiles/link-totals.html", board.totals),
                "links_blank": Piece("tile-links-blank", "tiles/links-blank.html", not board.links),
            },
            {"links": tuple(Piece(row_id("links", row.source), "tiles/link.html", row) for row in board.links)},
        )

    def _make(self, moment: Moment) -> LinkBoard:
        return board_links(
            self._counts,
            moment.statuses,
            moment.at,
            configured=self.configured,
            vendors=self.vendors,
            may_resynchronise=Right.ACT_ON_SOURCES in self.key.rights.split(","),
            may_poll_now=Right.POLL_NOW in self.key.rights.split(","),
        )
