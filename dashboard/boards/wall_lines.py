"""The rows of a wallboard's lists, masked as its definition asks. Pure.

Nothing that leaves here holds more of a name than the wallboard may show, and no row's key leaves.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.boards.activity import ActivityRow, Opening
from dashboard.boards.clock import day_of
from dashboard.boards.combined import ACTIVITY_LIST
from dashboard.boards.freshness import Notice, Trust, trust_in
from dashboard.boards.listing import ListQuery
from dashboard.boards.moment import Level, Moment, Since
from dashboard.boards.people import PersonRef
from dashboard.boards.presentations import PRESENTATION_LIST, Phase, PresentationRow, planned_phase
from dashboard.boards.queues import QUEUE_LIST, QueueCondition, QueueRow
from dashboard.boards.representatives import REPRESENTATIVE_LIST
from dashboard.boards.sessions import Why
from dashboard.boards.wall_figures import Floor
from dashboard.privacy import Privacy, masked
from dashboard.wallboards.definition import Kind, Wallboard
from realtime.presence import RepresentativeState

AHEAD = frozenset({Phase.RUNNING, Phase.NEXT, Phase.LATER})
WEEK_DAYS = 7  # from which on a weekday names another one
LATER_LIMIT = 6  # of other days, where today has none
BREACHES = frozenset({QueueCondition.CRITICAL, QueueCondition.UNSTAFFED})


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue. `why` says why the longest wait lasts, `unstaffed_since` is in the wallboard's zone.

    `whose` names its appliance where several are in sight: their queues may have one name.
    """

    name: str
    source: str
    condition: QueueCondition
    waiting: int
    since: datetime | None
    target_seconds: int
    available: int
    members: int
    unstaffed_since: str
    is_exact: bool
    why: str
    whose: str = ""
    notice: Notice | None = None

    @property
    def is_breaching(self) -> bool:
        """Whether it belongs into the pinned band: nobody knows what a stale one is by now."""
        return self.condition in BREACHES and self.notice is None


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One session that waits; `whose` as for a queue."""

    customer: str
    queue: str
    source: str
    since: datetime
    level: Level
    why: str
    whose: str = ""
    notice: Notice | None = None

    @property
    def is_breaching(self) -> bool:
        """Whether it belongs into the pinned band."""
        return self.level is Level.CRITICAL and self.notice is None


@dataclass(frozen=True, slots=True)
class RepresentativeLine:
    """One representative."""

    name: str
    source: str
    state: RepresentativeState
    since: Since | None
    sessions: int
    notice: Notice | None = None
    is_breaching: bool = False


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity of any vendor, as its row without what may not leave, and how its source is if not current."""

    row: ActivityRow
    notice: Notice | None
    is_breaching: bool = False


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """One training or presentation; `starts` in the wallboard's zone."""

    name: str
    vendor: str
    kind: str
    phase: Phase
    starts: str
    presenters: str
    connected: int | None
    notice: Notice | None
    is_breaching: bool = False


Line = QueueLine | WaitingLine | RepresentativeLine | ActivityLine | TrainingLine


def trust_of_all(moment: Moment) -> Trust:
    """Return how far all sources together can be trusted, source by source."""
    return trust_in(moment.statuses, moment.at, lambda _status: True, is_mixed=True)


def time_of_day(moment: datetime, zone: str, now: datetime) -> str:
    """Return a moment as people of a time zone say it: today's without its day, a far one's by date."""
    local = moment.astimezone(ZoneInfo(zone))
    days = abs((local.date() - day_of(now, zone)).days)
    return f"{local:%H:%M}" if not days else f"{local:%a %H:%M}" if days < WEEK_DAYS else f"{local:%d %b %H:%M}"


def _said(floor: Floor, moment: datetime | None) -> str:
    """Return a moment as a wallboard says it; nothing where there is none."""
    return time_of_day(moment, floor.zone, floor.moment.at) if moment else ""


def _whose(floor: Floor, source: str) -> str:
    return source if source in floor.trust.told else ""


def lines_of(floor: Floor, kind: Kind) -> list[Line]:
    """Return the rows of a list, worst first."""
    return list(_LINES[kind](floor))


def _queue_lines(floor: Floor) -> Iterable[Line]:
    reasons: dict[str, Why | None] = {}
    for one in floor.waiting:
        reasons.setdefault(one.row.queue_key, one.row.why)
    rows, stale = [_rejudged(floor, row) for row in floor.queues], floor.trust.stale
    for row in sorted(QUEUE_LIST.order(rows, ListQuery()), key=lambda row: row.source in stale):
        why = reasons.get(row.queue_key) if row.waiting else None
        yield QueueLine(
            name=row.name,
            source=row.source,
            condition=row.condition,
            waiting=row.waiting,
            since=row.wait.since if row.wait else None,
            target_seconds=row.target_seconds,
            available=row.available,
            members=row.member_count,
            unstaffed_since=_said(floor, row.unstaffed_at),
            is_exact=row.is_exact,
            why=why.words if why else "",
            whose=_whose(floor, row.source),
            notice=stale.get(row.source),
        )


def _rejudged(floor: Floor, row: QueueRow) -> QueueRow:
    """Return a queue as the wallboard's target judges it."""
    target = floor.target(row)
    if row.wait is None or target == row.target_seconds:
        return replace(row, target_seconds=target)
    wait = floor.judged(row.wait, target, row.key)
    condition = (
        QueueCondition(wait.level.value) if row.members or wait.level is Level.CRITICAL else QueueCondition.UNSTAFFED
    )
    return replace(row, wait=wait, target_seconds=target, condition=condition)


def _waiting_lines(floor: Floor) -> Iterable[Line]:
    stale = floor.trust.stale
    for one in sorted(floor.waiting, key=lambda one: (one.row.source in stale, one.wait.level is not Level.CRITICAL)):
        yield WaitingLine(
            customer=masked(one.row.customer, floor.wallboard.customers),
            queue=one.row.queue,
            source=one.row.source,
            since=one.wait.since,
            level=one.wait.level,
            why=one.row.why.words if one.row.why else "",
            whose=_whose(floor, one.row.source),
            notice=stale.get(one.row.source),
        )


def _representative_lines(floor: Floor) -> Iterable[Line]:
    stale = floor.trust.stale
    rows = REPRESENTATIVE_LIST.order(floor.representatives, ListQuery())
    for row in sorted(rows, key=lambda row: row.source in stale):
        name = masked(row.name, floor.wallboard.representatives)
        yield RepresentativeLine(name, row.source, row.state, row.since, len(row.parts), stale.get(row.source))


def _activity_lines(floor: Floor) -> Iterable[Line]:
    stale = trust_of_all(floor.moment).stale
    for row in ACTIVITY_LIST.order(floor.going_on, ListQuery()):
        yield ActivityLine(scrubbed(row, floor.wallboard), stale.get(row.source))


def scrubbed(row: ActivityRow, wallboard: Wallboard) -> ActivityRow:
    """Return an activity's row without what a wallboard may not hold: subjects are descriptions, so all or nothing."""
    is_shown = wallboard.customers is Privacy.SHOWN
    people = tuple(PersonRef("", name) for one in row.people if (name := masked(one.name, wallboard.representatives)))
    return replace(
        row,
        key="",
        opens=Opening("", ""),
        queue_key="",
        customer=masked(row.customer, wallboard.customers),
        organisation="",
        subject=row.subject if is_shown else "",
        people=people,
    )


def _by_local_day(row: PresentationRow, zone: str, now: datetime) -> PresentationRow:
    """Return something planned as today's or later by the wallboard's days; those of the site end at another time."""
    return row if row.phase is Phase.RUNNING else replace(row, phase=planned_phase(row.starts_at, now, zone))


def _training_lines(floor: Floor) -> Iterable[Line]:
    stale, wallboard = trust_of_all(floor.moment).stale, floor.wallboard
    rows = (_by_local_day(row, floor.zone, floor.moment.at) for row in floor.presentations if row.phase in AHEAD)
    ahead = PRESENTATION_LIST.order(rows, ListQuery())
    today = [row for row in ahead if row.phase is not Phase.LATER]
    for row in today or ahead[:LATER_LIMIT]:
        names = (masked(one.name, wallboard.representatives) for one in row.presenters)
        yield TrainingLine(
            name=row.name if wallboard.customers is Privacy.SHOWN else "",
            vendor=row.vendor,
            kind=row.kind,
            phase=row.phase,
            starts=_said(floor, row.starts_at),
            presenters=", ".join(filter(None, names)),
            connected=row.connected,
            notice=stale.get(row.source),
        )


_LINES: Mapping[Kind, Callable[[Floor], Iterable[Line]]] = {
    Kind.QUEUES: _queue_lines,
    Kind.WAITING: _waiting_lines,
    Kind.REPRESENTATIVES: _representative_lines,
    Kind.COMBINED: _activity_lines,
    Kind.TRAININGS: _training_lines,
}
