"""Activities of polled vendors: how far a session is and since when, from the times that its vendor tells. Pure."""

from datetime import datetime, timedelta

from dashboard.boards.activity import OVER, ActivityRow, Doing, Opening, Tab, exactly, urgency
from dashboard.boards.clock import day_bounds, day_of
from dashboard.boards.moment import Bound, Moment, Since
from realtime.schema import VendorSession, split_key
from realtime.vendor_session import State, TimeBasis

JUST_ENDED = timedelta(seconds=60)
"""How long something that ended stays among what goes on: longer than the usual time between two polls."""
PLANNED_LENGTH = timedelta(hours=1)  # of something planned whose length nobody told
_TOLD = {
    State.SCHEDULED.value: Doing.SCHEDULED,
    State.WAITING.value: Doing.WAITING,
    State.RINGING.value: Doing.RINGING,
    State.ACTIVE.value: Doing.ACTIVE,
    State.ON_HOLD.value: Doing.ON_HOLD,
    State.ENDED.value: Doing.ENDED,
    State.MISSED.value: Doing.MISSED,
}


def polled_row(moment: Moment, key: str, told: VendorSession) -> ActivityRow:
    """Return the row of what a polled vendor told of a session."""
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
        opens=Opening("vendor-session", key),
        tabs=_tabs(told, doing, now),
        is_today=day_at is not None and day_of(day_at, moment.zone) == day_of(now, moment.zone),
        urgency=urgency(doing, since),
        turns_at=_turns_at(told, doing, moment, day_at),
    )


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


def _since(told: VendorSession, doing: Doing) -> Since | None:
    """Return when the state began, from the times that vendors tell; none tells of each state."""
    joined_at, started_at, created_at = told.get("joined_at"), told.get("started_at"), told.get("created_at")
    match doing:
        case Doing.SCHEDULED | Doing.DUE:
            return exactly(told.get("scheduled_at"))
        case Doing.ENDED | Doing.MISSED:
            return exactly(told.get("ended_at"))
        case Doing.WAITING | Doing.RINGING:
            return exactly(started_at or created_at)
        case Doing.ACTIVE if joined_at or started_at:
            return exactly(joined_at or started_at)
        case Doing.ACTIVE | Doing.ON_HOLD:
            earliest = joined_at or started_at or created_at
            return Since(earliest, Bound.AT_MOST) if earliest else None
        case _:
            return None


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


def _turns_at(told: VendorSession, doing: Doing, moment: Moment, day_at: datetime | None) -> datetime | None:
    """Return when time alone alters the row next; `day_at` is what makes it one of today."""
    planned_at, ended_at = told.get("scheduled_at"), told.get("ended_at")
    turns = [*day_bounds(day_at, moment.zone)] if day_at else []
    if planned_at and doing in (Doing.SCHEDULED, Doing.DUE, Doing.UNKNOWN):
        turns += [planned_at, planned_end(told, planned_at)]
    if ended_at and doing in OVER:
        turns.append(ended_at + JUST_ENDED)
    return min((turn for turn in turns if turn > moment.at), default=None)
