"""A wallboard's trends: a number of now with its last hour. Pure."""

from dataclasses import dataclass

from dashboard.boards.trend import Sampled, Trend, trend_of
from dashboard.boards.wall_figures import Floor, Number, number
from dashboard.wallboards.definition import Direction, Figure

_SAMPLED = {Figure.WAITING: Sampled.WAITING, Figure.LONGEST: Sampled.LONGEST}


@dataclass(frozen=True, slots=True)
class TrendTile:
    """A number, and how it went. The trend's limit is the number's threshold."""

    number: Number
    trend: Trend


def trend_tile(floor: Floor, figure: Figure) -> TrendTile:
    """Return how a figure went, of the queues in sight."""
    threshold = floor.wallboard.threshold(figure)
    limit = None
    if threshold is not None and threshold.direction is Direction.ABOVE:
        limit = threshold.warn if threshold.critical is None else threshold.critical
    return TrendTile(number(floor, figure), trend_of(floor.moment, floor.queues, _SAMPLED[figure], limit))
