"""A wallboard's trends: how a number went in the last hour, a look a minute; a gap where nobody watched. Pure."""

from dataclasses import dataclass

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
    end = minute_of(floor.moment.at)
    line = floor.moment.history.line(range(end - MINUTES, end), sources, queues)
    place = 1 if figure is Figure.LONGEST else 0
    points = tuple(None if waits is None else waits[place] for waits in line)
    threshold = floor.wallboard.threshold(figure)
    limit = None
    if threshold is not None and threshold.direction is Direction.ABOVE:
        limit = threshold.warn if threshold.critical is None else threshold.critical
    last, before = points[-1], points[-1 - EARLIER]
    top = max(1, limit or 0, *(point or 0 for point in points))
    change = None if last is None or before is None else last - before
    return Trend(number(floor, figure), points, limit, top, change)
