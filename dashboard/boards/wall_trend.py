"""A wallboard's trends: how a number went in the last hour, a look a minute; a gap where nobody watched. Pure."""

from dataclasses import dataclass
from functools import lru_cache

from dashboard.boards.history import History
from dashboard.boards.wall_figures import Floor, Number, number
from dashboard.wallboards.definition import Direction, Figure
from realtime.sampling import minute_of

MINUTES = 60
EARLIER = 15  # minutes before, with which the last look is compared
LEAST = 3  # looks, of which a line is made

Points = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """A number of now, and its past in whole minutes, oldest first: None is a minute that nobody watched.

    A figure that is a span of time has its past in seconds. `limit` is its threshold, `top` what the picture reaches up
    to, `change` by how much the last look differs from the one `EARLIER` minutes before.
    """

    number: Number
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
    def peak(self) -> int | None:
        """The most there was."""
        return max((point for point in self.points if point is not None), default=None)


def trend(floor: Floor, figure: Figure) -> Trend:
    """Return how a figure went, of the queues in sight."""
    sources, queues = frozenset(row.source for row in floor.queues), frozenset(row.key for row in floor.queues)
    # The minute that runs may not have its look yet; the line ends with the one before.
    points = _points(floor.moment.history, minute_of(floor.moment.at), sources, queues, figure)
    threshold = floor.wallboard.threshold(figure)
    limit = None
    if threshold is not None and threshold.direction is Direction.ABOVE:
        limit = threshold.warn if threshold.critical is None else threshold.critical
    last, before = points[-1], points[-1 - EARLIER]
    top = max(1, limit or 0, *(point or 0 for point in points))
    change = None if last is None or before is None else last - before
    return Trend(number(floor, figure), points, limit, top, change)


@lru_cache(maxsize=64)  # a wall is looked at many times a minute
def _points(history: History, end: int, sources: frozenset[str], queues: frozenset[str], figure: Figure) -> Points:
    place = 1 if figure is Figure.LONGEST else 0
    looks = (history.waits(minute, sources, queues) for minute in range(end - MINUTES, end))
    return tuple(None if waits is None else waits[place] for waits in looks)
