"""Trainings and training sessions of GoToTraining, read into our words (seed 001; VENDORS.md 2.2, 2.3). Pure.

The API knows what is planned and what is over. That a training is held just now is in neither.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.line import cut_line
from dashboard.vendors.base import Listed
from dashboard.vendors.caller import texts
from dashboard.vendors.rows import TEXT_LIMIT
from dashboard.vendors.times import Times, seconds_between
from realtime.values import Json
from realtime.vendor_session import Kind, State

TIME_FORMAT = "%Y%m%dT%H%M%SZ"
LAST = datetime.max.replace(tzinfo=UTC)
EARLY = timedelta(hours=1)  # a session may begin that long before its planned time
LATE = timedelta(minutes=30)  # and that long after it, however short it is planned


@dataclass(frozen=True, slots=True)
class Planned:
    """One planned time of a training, to be read into a row."""

    training: dict[str, Any]
    place: int
    time: Json


@dataclass(frozen=True, slots=True)
class Known:
    """A planned time as we hold it. `started_at` is set once it is known to have been held."""

    external_id: str
    subject: str | None
    technician_email: str | None
    scheduled_at: datetime
    duration_seconds: int | None
    started_at: datetime | None


def planned_times(trainings: Iterable[Json]) -> Iterator[Json]:
    """Yield each time of each training as `Planned`; a training without times once; what is no training as it is."""
    for training in trainings:
        if not isinstance(training, dict):
            yield training
            continue
        times = training.get("times")
        for place, time in enumerate(times if isinstance(times, list) and times else [None], start=1):
            yield Planned(training, place, time)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one organizer's records as they are at a time; `organizer_key` is whose they are."""

    organizer_key: str
    now: datetime

    def read_planned(self, planned: Json) -> Listed | None:
        """Read one planned time; None without the training's key.

        Once its end has come it is `UNKNOWN`: whether it was held is told by the session, if there is one.
        """
        key = texts(planned.training, "trainingKey") if isinstance(planned, Planned) else None
        if key is None:
            return None
        training, times = planned.training, Times(UTC)
        span = planned.time if isinstance(planned.time, dict) else {}
        start, end = times.take(span.get("startDate")), times.take(span.get("endDate"))
        name, email = self._organizer(training)
        is_over = end is not None and end <= self.now
        return Listed(
            external_id=f"{key}/{start.strftime(TIME_FORMAT)}" if start else f"{key}/{planned.place}",
            kind=Kind.TRAINING,
            state=State.UNKNOWN if is_over else State.SCHEDULED,
            raw=training,
            time_basis=times.basis,
            scheduled_at=start,
            duration_seconds=seconds_between(start, end),
            technician=name,
            technician_email=email,
            subject=texts(training, "name"),
        )

    def read_session(self, record: Json) -> Listed | None:
        """Read one completed session; None without its key."""
        key = texts(record, "sessionKey") if isinstance(record, dict) else None
        if key is None:
            return None
        times = Times(UTC)
        start, end = times.take(record.get("sessionStartTime")), times.take(record.get("sessionEndTime"))
        name, email = self._organizer(record)
        return Listed(
            external_id=key,
            kind=Kind.TRAINING,
            state=State.ENDED,
            raw=record,
            time_basis=times.basis,
            started_at=start,
            ended_at=end,
            duration_seconds=seconds_between(start, end) or minutes(record.get("duration")),
            technician=name,
            technician_email=email,
            subject=texts(record, "trainingName"),
        )

    def _organizer(self, record: dict[str, Any]) -> tuple[str | None, str | None]:
        """Return name and mail address of the organizer whose listing this is, else of the first one named."""
        given = record.get("organizers")
        people = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        ours = [one for one in people if texts(one, "organizerKey") == self.organizer_key]
        person = (ours or people or [{}])[0]
        names = [name for name in (texts(person, "givenName"), texts(person, "surname")) if name]
        return " ".join(names) or None, texts(person, "email")


def join_known(sessions: Iterable[Listed], known: Iterable[Known]) -> list[Listed]:
    """Let each session that was held at a planned time we hold be that row, so that it is not told twice.

    No key links the two: the training's name, its organizer and the time do. What was joined once stays joined.
    """
    free: defaultdict[tuple[str, str], list[Known]] = defaultdict(list)
    for one in known:
        free[one.subject or "", one.technician_email or ""].append(one)
    joined = []
    for session in sorted(sessions, key=lambda one: one.started_at or LAST):
        subject, email = (cut_line(text or "", TEXT_LIMIT) for text in (session.subject, session.technician_email))
        alike = free[subject, email]
        nearest = nearest_to(session.started_at, alike)
        if nearest is None:
            joined.append(session)
            continue
        alike.remove(nearest)
        joined.append(replace(session, external_id=nearest.external_id, scheduled_at=nearest.scheduled_at))
    return joined


def nearest_to(started_at: datetime | None, known: Iterable[Known]) -> Known | None:
    """Return the planned time that a session which began then was held at, None when it fits none."""
    if started_at is None:
        return None
    fitting = [one for one in known if fits(started_at, one)]
    return min(fitting, key=lambda one: (one.started_at is None, abs(started_at - one.scheduled_at)), default=None)


def fits(started_at: datetime, known: Known) -> bool:
    """Whether a session which began then can be what became of a planned time."""
    if known.started_at is not None:
        return known.started_at == started_at
    length = max(timedelta(seconds=known.duration_seconds or 0), LATE)
    return known.scheduled_at - EARLY <= started_at <= known.scheduled_at + length


def key_of_session_at(start: str, sessions: Json) -> str:
    """Return the key of a training's session that was held at a planned time (as identities write it), or ""."""
    reader = Reader("", LAST)
    read = [reader.read_session(record) for record in sessions] if isinstance(sessions, list) else []
    try:
        planned = datetime.strptime(start, TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return ""
    near = {abs(one.started_at - planned): one.external_id for one in read if one and one.started_at}
    return near[min(near)] if near and min(near) <= EARLY else ""


def minutes(value: Json) -> int | None:
    """Return minutes as seconds."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value * 60 if is_number and 0 <= value < 10**6 else None
