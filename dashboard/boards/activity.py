"""One activity of any vendor as a row: how far it is, since when, who does it for whom, how urgent that is. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from dashboard.boards.moment import Since
from dashboard.boards.people import PersonRef
from dashboard.boards.relations import NAMELESS


class Doing(StrEnum):
    """How far an activity is, the most urgent first."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    RINGING = "ringing"
    ON_HOLD = "on hold"
    CUSTOMER_GONE = "customer-gone"
    ACTIVE = "active"
    DUE = "due"  # planned for now; the vendor does not tell whether it goes on
    UNKNOWN = "unknown"
    SCHEDULED = "scheduled"
    MISSED = "missed"
    ENDED = "ended"


class Tab(StrEnum):
    """Where an activity stands in time."""

    NOW = "now"
    SCHEDULED = "scheduled"
    ENDED = "ended"


class Opening(NamedTuple):
    """The detail that a row opens: its kind, and the key of what it is about, or its link (`relations.link_of`)."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity. `is_assumed` marks times of an assumed time zone; `queue_key` is an appliance's.

    `tabs` are where it stands now, `is_today` says whether it is planned for or ended on the day of the moment.
    """

    key: str
    source: str
    vendor: str
    kind: str
    doing: Doing
    opens: Opening
    tabs: tuple[str, ...]
    since: Since | None = None
    people: tuple[PersonRef, ...] = ()
    customer: str = ""
    organisation: str = ""
    subject: str = ""
    queue: str = ""
    queue_key: str = ""
    created_at: datetime | None = None
    scheduled_at: datetime | None = None
    ended_at: datetime | None = None
    duration_seconds: int | None = None
    is_assumed: bool = False
    is_today: bool = False
    urgency: float = 0.0
    turns_at: datetime | None = None

    @property
    def title(self) -> str:
        """What names it: who it is for, else what it is about."""
        return self.customer or self.subject or NAMELESS

    @property
    def length_seconds(self) -> float | None:
        """How long something that ended took: as told, else from its beginning to its end."""
        if self.duration_seconds is not None or self.created_at is None or self.ended_at is None:
            return self.duration_seconds
        return (self.ended_at - self.created_at).total_seconds()

    @property
    def is_planned(self) -> bool:
        """Whether it has not begun, as far as anybody knows."""
        return self.doing in (Doing.SCHEDULED, Doing.DUE)

    @property
    def is_open(self) -> bool:
        """Whether it goes on, as its vendor says: neither planned, nor over, nor unknown."""
        return self.doing in OPEN

    @property
    def is_over(self) -> bool:
        """Whether it ended."""
        return self.doing in OVER

    @property
    def has_just_ended(self) -> bool:
        """Whether its end is shown among what goes on."""
        return self.is_over and Tab.NOW in self.tabs


WAITING = frozenset({Doing.WAITING, Doing.ASSIGNED, Doing.RINGING})
OPEN = WAITING | {Doing.ON_HOLD, Doing.CUSTOMER_GONE, Doing.ACTIVE}
OVER = frozenset({Doing.ENDED, Doing.MISSED})
RANK = {doing: rank for rank, doing in enumerate(Doing)} | {Doing.MISSED: len(Doing), Doing.ENDED: len(Doing)}
_CENTURIES = 1e11  # seconds


def urgency(doing: Doing, since: Since | None) -> float:
    """Return an activity's place where nobody sorted: most urgent first, each the longest first, the last end first.

    One number, because lists of ten thousands are put in order by it.
    """
    seconds = since.at.timestamp() if since else 0.0
    return RANK[doing] * _CENTURIES + (-seconds if doing in OVER else seconds)


def exactly(at: datetime | None) -> Since | None:
    """Return a beginning that is told exactly; None where it is not told."""
    return Since(at) if at else None
