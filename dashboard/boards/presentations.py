"""Trainings and presentations: what runs now, what is next, what just ended. Pure.

Trainings come from polled vendors, presentations from the appliances; both are rows of one list.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.boards.activities import activity_key, activity_row, touched_presentations
from dashboard.boards.activity import ActivityRow, Doing, Opening
from dashboard.boards.clock import day_bounds, day_of
from dashboard.boards.listing import ListSpec, SortKey
from dashboard.boards.moment import Moment
from dashboard.boards.people import PersonRef
from dashboard.boards.polled_activities import planned_end
from dashboard.boards.relations import name_or_none
from dashboard.boards.sessions import LINGER
from realtime.change import Applied
from realtime.schema import VendorSession
from realtime.state import State
from realtime.vendor_session import Kind

PRESENTATION_TABLES = ("presentation_session", "vendor_session")
KINDS = frozenset({Kind.TRAINING.value, Kind.PRESENTATION.value})
SHOWN_AFTER = timedelta(hours=3)
"""How long something that ended stays on the list."""


class Phase(StrEnum):
    """Where it stands in time, in the order of the list."""

    RUNNING = "running"
    NEXT = "next"  # later today
    LATER = "later"
    JUST_ENDED = "just-ended"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who joined a presentation."""

    key: str
    name: str
    is_connected: bool
    hostname: str
    operating_system: str


@dataclass(frozen=True, slots=True)
class PresentationRow:
    """One training or presentation. `ends_at` is the planned end, or the end; `guests` None where nobody tells them."""

    key: str
    source: str
    vendor: str
    kind: str
    name: str
    phase: Phase
    doing: Doing
    presenters: tuple[PersonRef, ...]
    guests: tuple[Guest, ...] | None
    starts_at: datetime | None
    ends_at: datetime | None
    is_assumed: bool
    opens: Opening
    turns_at: datetime | None

    @property
    def connected(self) -> int | None:
        """How many attendees are connected now."""
        return None if self.guests is None else sum(1 for guest in self.guests if guest.is_connected)

    @property
    def minutes(self) -> int | None:
        """How long it is to take, or took."""
        if self.starts_at is None or self.ends_at is None:
            return None
        return round((self.ends_at - self.starts_at).total_seconds() / 60)


def presentation_row(moment: Moment, key: str) -> PresentationRow | None:
    """Return the row of a training or presentation; None when it is not held, is neither, or is long over."""
    told = moment.state.vendor_sessions.get(key)
    if told is not None and told.get("kind") not in KINDS:
        return None
    activity = activity_row(moment, key)
    if activity is None:
        return None
    starts_at = activity.since.at if activity.doing is Doing.ACTIVE and activity.since else activity.scheduled_at
    starts_at = starts_at or (told or {}).get("started_at") or activity.created_at
    ends_at = _end_of(told, activity, starts_at)
    phase = _phase(activity, starts_at, ends_at, moment)
    if phase is None:
        return None
    return PresentationRow(
        key=key,
        source=activity.source,
        vendor=activity.vendor,
        kind=activity.kind,
        name=name_or_none(activity.subject),
        phase=phase,
        doing=activity.doing,
        presenters=activity.people,
        guests=guests_of(moment.state, activity.opens.key) if told is None else None,
        starts_at=starts_at,
        ends_at=ends_at,
        is_assumed=activity.is_assumed,
        opens=activity.opens,
        turns_at=_turns_at(starts_at, ends_at, moment),
    )


def ended_presentation(row: PresentationRow, at: datetime) -> PresentationRow:
    """Return the row of a presentation that we saw end at `at`."""
    return replace(row, phase=Phase.JUST_ENDED, doing=Doing.ENDED, ends_at=at, turns_at=at + LINGER)


def _end_of(told: VendorSession | None, activity: ActivityRow, starts_at: datetime | None) -> datetime | None:
    if told is None or starts_at is None:
        return None
    if activity.doing is Doing.ACTIVE and not activity.duration_seconds:
        return None
    return activity.ended_at or planned_end(told, starts_at)


def _phase(activity: ActivityRow, starts_at: datetime | None, ends_at: datetime | None, moment: Moment) -> Phase | None:
    """Return where it stands; what nobody confirms stands where its plan says."""
    now = moment.at
    is_over = activity.is_over or (ends_at is not None and ends_at <= now and activity.doing is not Doing.ACTIVE)
    if is_over:
        return Phase.JUST_ENDED if ends_at is not None and now < ends_at + SHOWN_AFTER else None
    if activity.doing not in (Doing.SCHEDULED, Doing.UNKNOWN):
        return Phase.RUNNING
    return planned_phase(starts_at, now, moment.zone)


def planned_phase(starts_at: datetime | None, now: datetime, zone: str) -> Phase:
    """Return where something planned stands, by the days of a time zone."""
    if starts_at is None:
        return Phase.LATER
    if starts_at <= now:
        return Phase.RUNNING
    return Phase.NEXT if day_of(starts_at, zone) == day_of(now, zone) else Phase.LATER


def _turns_at(starts_at: datetime | None, ends_at: datetime | None, moment: Moment) -> datetime | None:
    turns = [starts_at, day_bounds(starts_at, moment.zone)[0]] if starts_at else []
    turns += [ends_at, ends_at + SHOWN_AFTER] if ends_at else []
    return min((turn for turn in turns if turn > moment.at), default=None)


def guests_of(state: State, key: str) -> tuple[Guest, ...]:
    """Return who joined a presentation of an appliance, those who are connected first."""
    guests = []
    for attendee in state.referring("attendee", "presentation_session_id", key):
        row = state.attendees[attendee]
        guests.append(
            Guest(
                key=attendee,
                name=name_or_none(row.get("name")),
                is_connected=bool(row.get("connected")),
                hostname=row.get("hostname") or "",
                operating_system=row.get("operating_system") or "",
            )
        )
    return tuple(sorted(guests, key=lambda guest: (not guest.is_connected, guest.name, guest.key)))


def affected_presentations(state: State, applied: Applied) -> set[str]:
    """Return the keys of the rows that a step may have altered; `state` is after the step."""
    keys = touched_presentations(state, applied) | applied.targets("attendee", "presentation_session_id")
    return set(applied.rows.get("vendor_session", ())) | {activity_key("presentation_session", key) for key in keys}


_PHASES = list(Phase)


def _sequence(row: PresentationRow) -> tuple[int, float]:
    """Return a row's place where nobody sorted: by time, what ended last before what ended earlier."""
    at = row.ends_at if row.phase is Phase.JUST_ENDED else row.starts_at
    seconds = at.timestamp() if at else 0.0
    return _PHASES.index(row.phase), -seconds if row.phase is Phase.JUST_ENDED else seconds


PRESENTATION_LIST: ListSpec[PresentationRow] = ListSpec(
    sorts={
        "time": _sequence,
        "name": lambda row: row.name.casefold(),
        "attendees": lambda row: row.connected,
        "when": lambda row: row.starts_at,
    },
    filters={
        "phase": lambda row: (row.phase.value,),
        "kind": lambda row: (row.kind,),
        "source": lambda row: (row.source,),
    },
    search=lambda row: (
        row.name,
        *(person.name for person in row.presenters),
        *(guest.name for guest in row.guests or ()),
    ),
    default_sort=(SortKey("time"),),
    columns=("when", "name", "state", "presenter", "attendees"),
    fixed=("when", "name"),
    orders={"phase": tuple(phase.value for phase in Phase)},
    band=lambda row: row.phase.value,
)
"""Trainings and presentations as a list: now, next, later, just ended."""
