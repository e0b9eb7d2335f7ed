"""Activities: who does what for whom, in which product, since when, as rows of all vendors alike. Pure.

An *activity* is a session of a polled vendor, or a support session or presentation of an appliance. Each has one row,
under "<source>:<external id>" or "<source>:<table>/<row id>".
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.boards.clock import day_of, next_midnight
from dashboard.boards.links import APPLIANCE
from dashboard.boards.moment import Moment
from dashboard.boards.people import PersonRef, refer
from dashboard.boards.relations import (
    name_or_none,
    queue_name,
    representative_name,
    representatives_in,
    session_keys_of,
    sessions_in,
    touched_targets,
)
from dashboard.boards.sessions import LINGER
from realtime.change import Applied
from realtime.presence import SessionState, session_state
from realtime.schema import Representative, VendorSession, row_key, split_key
from realtime.state import State
from realtime.vendor_session import Kind, TimeBasis
from realtime.vendor_session import State as Told

ACTIVITY_TABLES = ("vendor_session", "support_session", "presentation_session")
JUST_ENDED = timedelta(seconds=60)
"""How long something that ended stays among what goes on: longer than the usual time between two polls."""
PLANNED_LENGTH = timedelta(hours=1)  # of something planned whose length nobody told


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


class Bound(StrEnum):
    """How sure the beginning of a state is, as the sign before its time."""

    EXACT = ""
    AT_MOST = "≤"  # the vendor tells only an earlier moment than the one when the state began


@dataclass(frozen=True, slots=True)
class Since:
    """When a state began, or begins."""

    at: datetime
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity. `opens` is the detail it has: its kind and key. `is_assumed` marks times of an assumed time zone.

    `tabs` are where it stands now, `is_today` says whether it is planned for or ended on the day of the moment.
    """

    key: str
    source: str
    vendor: str
    kind: str
    doing: Doing
    opens: tuple[str, str]
    tabs: tuple[str, ...]
    since: Since | None = None
    people: tuple[PersonRef, ...] = ()
    customer: str = ""
    organisation: str = ""
    subject: str = ""
    queue: str = ""
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
        return self.customer or self.subject or name_or_none("")

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
    def is_over(self) -> bool:
        """Whether it ended."""
        return self.doing in _OVER

    @property
    def has_just_ended(self) -> bool:
        """Whether its end is shown among what goes on."""
        return self.is_over and Tab.NOW in self.tabs


def activity_key(table: str, key: str) -> str:
    """Return the key of the activity that a table's row stands for."""
    if table == "vendor_session":
        return key
    source, row_id = split_key(key)
    return row_key(source, f"{table}/{row_id}")


def activity_row(moment: Moment, key: str) -> ActivityRow | None:
    """Return an activity's row, None when it is not held."""
    told = moment.state.vendor_sessions.get(key)
    if told is not None:
        return _vendor_row(moment, key, told)
    source, rest = split_key(key)
    table, _, row_id = rest.partition("/")
    if table == "support_session":
        return _session_row(moment, key, row_key(source, row_id))
    if table == "presentation_session":
        return _presentation_row(moment, key, row_key(source, row_id))
    return None


def doing_of(told: VendorSession, now: datetime) -> Doing:
    """Return how far a vendor's session is at `now`; what was planned for now is due."""
    doing = _TOLD.get(told.get("state") or "", Doing.UNKNOWN)
    planned_at = told.get("scheduled_at")
    if doing is Doing.SCHEDULED and planned_at is not None and planned_at <= now < planned_end(told, planned_at):
        return Doing.DUE
    return doing


def planned_end(told: VendorSession, planned_at: datetime) -> datetime:
    """Return when something planned is to be over."""
    seconds = told.get("duration_seconds")
    return planned_at + (timedelta(seconds=seconds) if seconds else PLANNED_LENGTH)


def ended_activity(row: ActivityRow, at: datetime) -> ActivityRow:
    """Return the row of something on an appliance that we saw end at `at`."""
    tabs = (Tab.NOW.value, Tab.ENDED.value)
    since = Since(at)
    return replace(
        row,
        doing=Doing.ENDED,
        since=since,
        ended_at=at,
        tabs=tabs,
        is_today=True,
        urgency=_urgency(Doing.ENDED, since),
        turns_at=at + LINGER,
    )


def _vendor_row(moment: Moment, key: str, told: VendorSession) -> ActivityRow:
    source, now = split_key(key)[0], moment.at
    doing, ended_at, planned_at = doing_of(told, now), told.get("ended_at"), told.get("scheduled_at")
    day_at = planned_at if doing in (Doing.SCHEDULED, Doing.DUE) else ended_at
    person = moment.people.find(source, told.get("technician_email") or "", told.get("technician") or "")
    return ActivityRow(
        key=key,
        source=source,
        vendor=told.get("vendor") or "",
        kind=told.get("kind") or "",
        doing=doing,
        since=(since := _since(told, doing)),
        people=(person,) if person else (),
        customer=told.get("customer") or "",
        organisation=told.get("organisation") or "",
        subject=told.get("subject") or "",
        queue=told.get("queue_name") or "",
        created_at=told.get("created_at") or told.get("started_at"),
        scheduled_at=planned_at,
        ended_at=ended_at,
        duration_seconds=told.get("duration_seconds"),
        is_assumed=told.get("time_basis") == TimeBasis.ASSUMED_ZONE,
        opens=("vendor-session", key),
        tabs=_tabs(told, doing, now),
        is_today=day_at is not None and day_of(day_at) == day_of(now),
        urgency=_urgency(doing, since),
        turns_at=_turns_at(told, doing, day_at, now),
    )


def _since(told: VendorSession, doing: Doing) -> Since | None:
    """Return when the state began, from the times that vendors tell; none tells of each state."""
    joined_at, started_at, created_at = told.get("joined_at"), told.get("started_at"), told.get("created_at")
    match doing:
        case Doing.SCHEDULED | Doing.DUE:
            return _exact(told.get("scheduled_at"))
        case Doing.ENDED | Doing.MISSED:
            return _exact(told.get("ended_at"))
        case Doing.WAITING | Doing.RINGING:
            return _exact(started_at or created_at)
        case Doing.ACTIVE if joined_at or started_at:
            return _exact(joined_at or started_at)
        case Doing.ACTIVE | Doing.ON_HOLD:
            earliest = joined_at or started_at or created_at
            return Since(earliest, Bound.AT_MOST) if earliest else None
        case _:
            return None


def _exact(at: datetime | None) -> Since | None:
    return Since(at) if at else None


def _tabs(told: VendorSession, doing: Doing, now: datetime) -> tuple[str, ...]:
    """Return where a session stands; of one that vanished from its vendor's listing, by its plan if it had one."""
    planned_at, ended_at = told.get("scheduled_at"), told.get("ended_at")
    match doing:
        case Doing.SCHEDULED:
            return (Tab.SCHEDULED.value,)
        case Doing.ENDED | Doing.MISSED:
            is_fresh = ended_at is not None and now < ended_at + JUST_ENDED
            return (Tab.NOW.value, Tab.ENDED.value) if is_fresh else (Tab.ENDED.value,)
        case Doing.UNKNOWN if planned_at and now < planned_at:
            return (Tab.SCHEDULED.value,)
        case Doing.UNKNOWN if planned_at and planned_end(told, planned_at) <= now:
            return (Tab.ENDED.value,)
        case _:
            return (Tab.NOW.value,)


def _turns_at(told: VendorSession, doing: Doing, day_at: datetime | None, now: datetime) -> datetime | None:
    """Return when time alone alters the row next; `day_at` is what makes it one of today."""
    planned_at, ended_at = told.get("scheduled_at"), told.get("ended_at")
    turns = [next_midnight(day_at - timedelta(days=1)), next_midnight(day_at)] if day_at else []
    if planned_at and doing in (Doing.SCHEDULED, Doing.DUE, Doing.UNKNOWN):
        turns += [planned_at, planned_end(told, planned_at)]
    if ended_at and doing in _OVER:
        turns.append(ended_at + JUST_ENDED)
    return min((turn for turn in turns if turn > now), default=None)


def _session_row(moment: Moment, key: str, session_key: str) -> ActivityRow | None:
    state = moment.state
    held = state.support_sessions.get(session_key)
    if held is None:
        return None
    doing = _OF_SESSION[session_state(state, session_key, held)]
    created_at, entered_at = held.get("created_at"), held.get("queue_entered_at")
    queue = state.queues.get(held.get("queue_id") or "")
    match doing:
        case Doing.WAITING | Doing.ASSIGNED:
            since = _exact(entered_at or created_at)
        case Doing.ACTIVE:
            since = _exact(_answered_at(state, session_key)) or _exact(created_at)
        case _:
            since = Since(created_at, Bound.AT_MOST) if created_at else None
    row = _appliance_row(moment, key, Kind.SUPPORT, created_at, ("session", session_key))
    return replace(
        row,
        doing=doing,
        since=since,
        urgency=_urgency(doing, since),
        people=tuple(_person(moment, rep, one) for rep, one in representatives_in(state, session_key)),
        customer=name_or_none(held.get("customer_name")),
        organisation=held.get("customer_company") or "",
        subject=held.get("issue_description") or "",
        queue="" if queue is None or queue.get("type") == "personal" else queue_name(queue),
    )


def _presentation_row(moment: Moment, key: str, presentation_key: str) -> ActivityRow | None:
    state = moment.state
    held = state.presentation_sessions.get(presentation_key)
    if held is None:
        return None
    presenters = []
    for presenter in state.referring("presenter", "presentation_session_id", presentation_key):
        rep = state.presenters[presenter].get("representative_id") or ""
        if rep in state.representatives:
            presenters.append(_person(moment, rep, state.representatives[rep]))
    created_at = held.get("created_at")
    row = _appliance_row(moment, key, Kind.PRESENTATION, created_at, ("presentation", presentation_key))
    subject = name_or_none(held.get("presentation_name"))
    since = _exact(created_at)
    return replace(row, since=since, urgency=_urgency(Doing.ACTIVE, since), people=tuple(presenters), subject=subject)


def _appliance_row(
    moment: Moment, key: str, kind: Kind, created_at: datetime | None, opens: tuple[str, str]
) -> ActivityRow:
    return ActivityRow(
        key=key,
        source=split_key(key)[0],
        vendor=APPLIANCE,
        kind=kind.value,
        doing=Doing.ACTIVE,
        opens=opens,
        tabs=(Tab.NOW.value,),
        created_at=created_at,
    )


def _answered_at(state: State, session_key: str) -> datetime | None:
    """Return when the first of those who are in a session now took it."""
    parts = state.representative_support_sessions
    keys = state.referring("representative_support_session", "support_session_id", session_key)
    times = (parts[key].get("created_at") for key in keys)
    return min((time for time in times if time is not None), default=None)


def _person(moment: Moment, key: str, row: Representative) -> PersonRef:
    """Return who a representative is."""
    source, name = split_key(key)[0], representative_name(row)
    return moment.people.find(source, row.get("username") or "", name) or refer(key, name)


def affected_activities(state: State, applied: Applied) -> set[str]:
    """Return the keys of the activities whose row a step may have altered; `state` is after the step."""
    keys = set(applied.rows.get("vendor_session", ()))
    keys |= {activity_key("support_session", key) for key in _touched_sessions(state, applied)}
    return keys | {activity_key("presentation_session", key) for key in touched_presentations(state, applied)}


def _touched_sessions(state: State, applied: Applied) -> set[str]:
    keys = set(applied.rows.get("support_session", ()))
    for table in ("customer_client", "representative_support_session"):
        keys |= touched_targets(applied, table, "support_session_id")
    for queue in applied.rows.get("queue", {}):
        keys.update(sessions_in(state, queue))
    for representative in applied.rows.get("representative", {}):
        keys.update(session_keys_of(state, representative))
    return keys


def touched_presentations(state: State, applied: Applied) -> set[str]:
    """Return the keys of the presentations of which a step altered something, or who presents."""
    keys = set(applied.rows.get("presentation_session", ()))
    keys |= touched_targets(applied, "presenter", "presentation_session_id")
    for representative in applied.rows.get("representative", {}):
        for presenter in state.referring("presenter", "representative_id", representative):
            keys.add(state.presenters[presenter].get("presentation_session_id") or "")
    return keys - {""}


_TOLD = {
    Told.SCHEDULED.value: Doing.SCHEDULED,
    Told.WAITING.value: Doing.WAITING,
    Told.RINGING.value: Doing.RINGING,
    Told.ACTIVE.value: Doing.ACTIVE,
    Told.ON_HOLD.value: Doing.ON_HOLD,
    Told.ENDED.value: Doing.ENDED,
    Told.MISSED.value: Doing.MISSED,
}
_OF_SESSION = {
    SessionState.WAITING: Doing.WAITING,
    SessionState.ASSIGNED: Doing.ASSIGNED,
    SessionState.WITH_REP: Doing.ACTIVE,
    SessionState.CUSTOMER_GONE: Doing.CUSTOMER_GONE,
}
WAITING = frozenset({Doing.WAITING, Doing.ASSIGNED, Doing.RINGING})
OPEN = WAITING | {Doing.ON_HOLD, Doing.CUSTOMER_GONE, Doing.ACTIVE}
_OVER = frozenset({Doing.ENDED, Doing.MISSED})
_CENTURIES = 1e11  # seconds
RANK = {doing: rank for rank, doing in enumerate(Doing)} | {Doing.MISSED: len(Doing), Doing.ENDED: len(Doing)}


def _urgency(doing: Doing, since: Since | None) -> float:
    """Return an activity's place where nobody sorted: most urgent first, each the longest first, the last end first.

    One number, because lists of ten thousands are put in order by it.
    """
    seconds = since.at.timestamp() if since else 0.0
    return RANK[doing] * _CENTURIES + (-seconds if doing in _OVER else seconds)
