"""How who waits went in the last hour, a look a minute; a gap where nobody watched. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from dashboard.boards.moment import Moment
from dashboard.boards.queues import QueueRow
from realtime.sampling import minute_of

MINUTES = 60
EARLIER = 15  # minutes before, with which the last look is compared
LEAST = 3  # looks, of which a line is made
LEAST_IN_PASSING = 10  # of one as wide as a word beside it: fewer are a speck

Points = tuple[int | None, ...]


class Sampled(IntEnum):
    """What a sample holds, by its place in it (`realtime.sampling.Waits`)."""

    WAITING = 0
    LONGEST = 1  # in seconds


@dataclass(frozen=True, slots=True)
class Trend:
    """A number's past in whole minutes, oldest first: None is a minute that nobody watched.

    `limit` is what it should stay below, `top` what the picture reaches up to, `change` by how much the last look
    differs from the one `EARLIER` minutes before.
    """

    what: Sampled
    points: Points
    limit: int | None
    top: int
    change: int | None

    @property
    def seen(self) -> int:
        """How many minutes somebody watched."""
        return sum(1 for point in self.points if point is not None)

    @property
    def is_short(self) -> bool:
        """Whether there are too few looks to draw a line."""
        return self.seen < LEAST

    @property
    def is_speck(self) -> bool:
        """Whether there are too few looks for a line beside a number."""
        return self.seen < LEAST_IN_PASSING

    @property
    def peak(self) -> int | None:
        """The most there was."""
        return max((point for point in self.points if point is not None), default=None)


def trend_of(moment: Moment, queues: Iterable[QueueRow], what: Sampled, limit: int | None = None) -> Trend:
    """Return how a number of these queues went, added up."""
    own = tuple(queues)
    sources, keys = frozenset(row.source for row in own), frozenset(row.key for row in own)
    # The minute that runs may not have its look yet; the line ends with the one before.
    end = minute_of(moment.at)
    line = moment.history.line(range(end - MINUTES, end), sources, keys)
    points = tuple(None if waits is None else waits[what] for waits in line)
    last, before = points[-1], points[-1 - EARLIER]
    top = max(1, limit or 0, *(point or 0 for point in points))
    return Trend(what, points, limit, top, None if last is None or before is None else last - before)
