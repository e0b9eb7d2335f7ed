"""What the hub asks of a board's live view, and what it gives it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode

from dashboard.live.painter import Picture
from realtime.change import Applied
from realtime.state import State
from realtime.status import LinkStatus


@dataclass(frozen=True, slots=True)
class ViewKey:
    """Which view: the board, its parameters, and what its viewer may see. Equal keys share one rendering."""

    board: str
    params: tuple[tuple[str, str], ...] = ()
    scope: str = ""

    @property
    def query(self) -> str:
        """The parameters as a query string."""
        return urlencode(self.params)


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a board may look at. `now` is our clock; the State is the Replica's own and must not be kept."""

    state: State
    statuses: dict[str, LinkStatus]
    now: datetime


class BoardView(Protocol):
    """One board with its parameters and scope, following the State. Lives on the event loop."""

    def touch(self, applied: Applied) -> bool:
        """Take note of a step; return whether it concerns this view."""

    def tick(self, moment: Moment) -> bool:
        """Return whether time or the links alone changed something; asked about once a second."""

    def picture(self, moment: Moment) -> Picture:
        """Return what is to be seen."""
