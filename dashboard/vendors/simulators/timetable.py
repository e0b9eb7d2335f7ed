"""The center's trainings, seeded and pure: planned some days ahead, held once or several times, and over."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dashboard.vendors.simulators.activity import Activity, Technician
from realtime.simulator.people import draw_name
from realtime.simulator.words import PRESENTATION_NAMES, Named

DAY_SECONDS = 24 * 3600.0
QUARTER_SECONDS = 900.0
PER_DAY = 4.0
FIRST_HOURS = (9.0, 10.0, 11.0, 13.5, 14.0, 15.0, 16.5)
LENGTHS_MINUTES = (30, 45, 60, 60, 90, 120)
COURSES = ((0,), (0,), (0,), (0, 1), (0, 7), (0, 1, 2))  # on which days after the first
LONGEST_COURSE_DAYS = 8
KNOWN_AHEAD_DAYS = 14
ORGANIZERS = 3


@dataclass(frozen=True, slots=True)
class Meeting:
    """One of a training's times, in UNIX seconds: as planned, and as it was held once it is over."""

    start: float
    end: float
    session_key: str
    held_from: float
    held_until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A training of one organizer. `said` and `session_said` are put over the members of the vendor's records."""

    key: str
    training_id: str
    name: str
    organizer_key: str
    organizer: Technician
    created_at: float
    meetings: tuple[Meeting, ...]
    people: tuple[Named, ...] = ()
    description: str = ""
    time_zone: str = "Europe/Zurich"
    said: Mapping[str, Any] = field(default_factory=dict)
    session_said: Mapping[str, Any] = field(default_factory=dict)

    def is_listed(self, now: float) -> bool:
        """Whether it is planned and not yet completed."""
        return self.created_at <= now and any(meeting.held_until > now for meeting in self.meetings)


class Timetable:
    """Draws the trainings of an activity's center, day by day."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self.organizers = tuple(
            (str(4_000_000_000_000_000_001 + place), technician)
            for place, (technician, _) in enumerate(activity.staff[:ORGANIZERS])
        )
        self.beginning_on = lru_cache(maxsize=512)(self._draw_day)

    def around(self, start: float, end: float) -> list[Training]:
        """Return the trainings with a time between two times, and at times some more."""
        first = self.day_of(start) - LONGEST_COURSE_DAYS
        return [training for day in range(first, self.day_of(end) + 2) for training in self.beginning_on(day)]

    def day_of(self, at: float) -> int:
        """Number the local day of a time; days count from 1970 as nearly as local midnight allows."""
        midnight = self._activity.midnight
        return round(midnight / DAY_SECONDS) + int((at - midnight) // DAY_SECONDS)

    def _draw_day(self, day: int) -> tuple[Training, ...]:
        if not self.organizers:
            return ()
        dice = self._activity.dice("trainings", day)
        expected = PER_DAY * self._activity.busy
        count = int(expected) + (dice.random() < expected % 1)
        return tuple(self._draw_training(day, number) for number in range(count))

    def _draw_training(self, day: int, number: int) -> Training:
        dice = self._activity.dice("training", day, number)
        midnight = self._activity.midnight + (day - round(self._activity.midnight / DAY_SECONDS)) * DAY_SECONDS
        first = midnight + dice.choice(FIRST_HOURS) * 3600
        key, organizer = dice.choice(self.organizers)
        length = dice.choice(LENGTHS_MINUTES) * 60
        return Training(
            key=str(dice.randrange(10**18, 9 * 10**18)),
            training_id=str(dice.randrange(10**8, 10**9)),
            name=dice.choice(PRESENTATION_NAMES),
            organizer_key=key,
            organizer=organizer,
            created_at=first - dice.uniform(2, KNOWN_AHEAD_DAYS) * DAY_SECONDS,
            meetings=tuple(draw_meeting(dice, first + days * DAY_SECONDS, length) for days in dice.choice(COURSES)),
            people=tuple(draw_name(dice) for _ in range(dice.randint(3, 24))),
            description="Bring a headset.",
        )


def draw_meeting(dice: random.Random, about: float, length: float) -> Meeting:
    """Draw one time, beginning at a full quarter of an hour."""
    start = round(about / QUARTER_SECONDS) * QUARTER_SECONDS
    held_from = start + dice.uniform(-300, 240)
    held_until = start + length + dice.uniform(-400, 600)
    return Meeting(start, start + length, str(dice.randrange(10**18, 9 * 10**18)), held_from, held_until)
