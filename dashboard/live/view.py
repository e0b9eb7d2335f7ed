"""What the hub asks of a board's live view, and what it gives it."""

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from dashboard.boards.moment import Moment
from dashboard.boards.scope import EVERYTHING, Scope
from dashboard.live.painter import Picture
from realtime.change import Applied


@dataclass(frozen=True, slots=True)
class ViewKey:
    """Which view: the board, its parameters, and what its viewer may see and do. Equal keys share one rendering.

    `rights` are what the board offers its viewers to do, where it offers anything.
    """

    board: str
    params: tuple[tuple[str, str], ...] = ()
    scope: Scope = EVERYTHING
    rights: str = ""

    @property
    def query(self) -> str:
        """The parameters as a query string."""
        return urlencode(self.params)


class BoardView(Protocol):
    """One board with its parameters and scope, following the State. Lives on the event loop."""

    def touch(self, applied: Applied) -> bool:
        """Take note of a step; return whether it concerns this view."""

    def tick(self, moment: Moment) -> bool:
        """Return whether time or the links alone changed something; asked about once a second."""

    def picture(self, moment: Moment) -> Picture:
        """Return what is to be seen."""
