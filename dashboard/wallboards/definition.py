"""What a wallboard is: named pages of tiles on a grid, with targets, thresholds, privacy and rotation. Pure.

Values of these classes are legal: `dashboard.wallboards.reading` makes them of what people typed or a file holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum

from dashboard.privacy import Privacy

COLUMNS = 12
ROWS = 8
NAME_LIMIT = 60  # characters
TITLE_LIMIT = 40
TEXT_LIMIT = 160
PAGE_LIMIT = 10
TILE_LIMIT = 24
QUEUE_LIMIT = 500
SECONDS = range(5, 3601)  # of a page
TARGET_SECONDS = range(1, 86_401)
THRESHOLDS = range(1_000_001)
CASES = range(1, 1001)
MINIMUM_CASES = 10
"""A rate of fewer cases is grey and judged by nobody, on pages too."""


class Kind(StrEnum):
    """What a tile shows."""

    NUMBER = "number"
    TREND = "trend"
    QUEUES = "queues"
    WAITING = "waiting"
    REPRESENTATIVES = "representatives"
    STATES = "states"
    COMBINED = "combined"
    TRAININGS = "trainings"
    CLOCK = "clock"
    ANNOUNCEMENT = "announcement"


LISTS = frozenset({Kind.QUEUES, Kind.WAITING, Kind.REPRESENTATIVES, Kind.COMBINED, Kind.TRAININGS})
"""Kinds with rows: what does not fit is shown in parts, one after the other."""

SMALLEST: Mapping[Kind, tuple[int, int]] = {
    Kind.NUMBER: (2, 1),
    Kind.TREND: (3, 2),
    Kind.QUEUES: (4, 3),
    Kind.WAITING: (4, 2),
    Kind.REPRESENTATIVES: (4, 2),
    Kind.STATES: (3, 2),
    Kind.COMBINED: (5, 2),
    Kind.TRAININGS: (4, 2),
    Kind.CLOCK: (2, 1),
    Kind.ANNOUNCEMENT: (3, 1),
}
"""The least width and height, in columns and rows, at which a tile can be read from 5 m."""


class Figure(StrEnum):
    """A big number: of now, or of the day so far."""

    WAITING = "waiting"
    LONGEST = "longest-wait"
    PAST_TARGET = "past-target"
    AT_RISK = "at-risk"
    WITHIN_TARGET = "within-target"
    PICKUP = "next-pickup"
    WITH_REP = "with-rep"
    ASSIGNED = "assigned"
    CUSTOMER_GONE = "customer-gone"
    LOGGED_IN = "logged-in"
    AVAILABLE = "available"
    CAN_TAKE = "can-take"
    IN_SESSION = "in-session"
    AWAY = "away"
    BUSY_SHARE = "in-session-share"
    UNSTAFFED = "unstaffed-queues"
    GOING_ON = "all-vendors"
    TRAININGS = "trainings-now"
    SERVICE_LEVEL = "service-level"
    ABANDON_RATE = "abandon-rate"
    ABANDONED = "abandoned"
    ANSWERED = "answered"
    AVERAGE_WAIT = "average-wait"
    AVERAGE_SESSION = "average-session"


TIMES = frozenset({Figure.LONGEST, Figure.PICKUP, Figure.AVERAGE_WAIT, Figure.AVERAGE_SESSION})
"""Figures that are spans of time; their thresholds are seconds."""

RATES = frozenset({Figure.WITHIN_TARGET, Figure.BUSY_SHARE, Figure.SERVICE_LEVEL, Figure.ABANDON_RATE})
"""Figures that are shares of a number of cases; their thresholds are per cent."""

GUARDED = RATES | {Figure.AVERAGE_WAIT, Figure.AVERAGE_SESSION}
"""Figures that too few cases make grey."""

TRENDS = frozenset({Figure.WAITING, Figure.LONGEST})
"""Figures whose last hour is known: what adds up over queues (`realtime.sampling`)."""

FIGURES_OF: Mapping[Kind, frozenset[Figure]] = {Kind.NUMBER: frozenset(Figure), Kind.TREND: TRENDS}
"""The figures that a kind of tile can show."""


class Direction(StrEnum):
    """On which side of a threshold it is bad."""

    ABOVE = "above"
    BELOW = "below"


class Form(StrEnum):
    """How queues are shown. An upright screen shows rows."""

    CARDS = "cards"
    ROWS = "rows"


class Theme(StrEnum):
    """Light or dark; auto is dark at night."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile and its area: `column` and `row` count from 1. `figure` is a number's or a trend's, `form` is queues'."""

    kind: Kind
    column: int
    row: int
    width: int
    height: int
    figure: Figure | None = None
    form: Form | None = None
    title: str = ""

    def overlaps(self, other: "Tile") -> bool:
        """Whether two tiles share a cell."""
        return (
            self.column < other.column + other.width
            and other.column < self.column + self.width
            and self.row < other.row + other.height
            and other.row < self.row + self.height
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a rotation. `seconds` is how long it, or each part of it, stays."""

    name: str
    seconds: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """From where on a figure is at risk (`warn`) and critical, in its own unit; None where it never is."""

    figure: Figure
    warn: int | None
    critical: int | None
    direction: Direction


@dataclass(frozen=True, slots=True)
class Announcement:
    """What everybody is to know, and until when; without an end until somebody takes it away."""

    text: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """When it is night on a screen, in the wallboard's time zone, and whether the picture dims then."""

    begins: time = time(20)
    ends: time = time(6)
    dims: bool = True


@dataclass(frozen=True, slots=True)
class Wallboard:
    """A wallboard. `queues` None is the whole support center, else the lasting keys of the queues it is limited to.

    `targets` is by a queue's lasting key, in seconds; of other queues the site's target holds. Rates of fewer than
    `minimum_cases` are grey and never alert. `zone` is an IANA name, "" for the site's own.
    """

    name: str
    pages: tuple[Page, ...]
    queues: tuple[str, ...] | None = None
    targets: Mapping[str, int] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    minimum_cases: int = MINIMUM_CASES
    customers: Privacy = Privacy.HIDDEN
    representatives: Privacy = Privacy.INITIALLED
    theme: Theme = Theme.AUTO
    night: Night = field(default_factory=Night)
    zone: str = ""
    sounds: bool = False
    announcement: Announcement = field(default_factory=Announcement)

    def threshold(self, figure: Figure) -> Threshold | None:
        """Return a figure's thresholds."""
        return next((one for one in self.thresholds if one.figure is figure), None)
