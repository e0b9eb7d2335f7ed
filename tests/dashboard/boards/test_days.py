"""Days where the clocks change: which day a moment belongs to, when a day ends, and rows that turn with it."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.activities import activity_row
from dashboard.boards.clock import day_bounds, day_of
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import presentation_row
from realtime.state import State
from realtime.values import TIMESTAMP_LIMIT, as_timestamp
from realtime.vendor_session import Kind
from realtime.vendor_session import State as Told
from tests.dashboard.daylight import ZONES, changes, moments_of_change
from tests.dashboard.vendor_sessions import insert, vendor_session

INSTANT = timedelta(microseconds=1)
LONG = timedelta(days=10)


def test_every_zone_changes_twice_a_year() -> None:
    assert {zone: len(changes(zone)) for zone in ZONES} == dict.fromkeys(ZONES, 2)


@given(moments_of_change())
def test_a_day_is_all_moments_between_its_first_and_the_next_day_s_first(case: tuple[str, datetime]) -> None:
    zone, at = case
    day = timedelta(days=1)
    begins, ends = day_bounds(at, zone)
    days = [day_of(one, zone) - day_of(at, zone) for one in (begins - INSTANT, begins, ends - INSTANT, ends)]

    assert begins <= at < ends
    assert days == [-day, 0 * day, 0 * day, day]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", date(2026, 10, 25), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("America/Santiago", date(2026, 4, 4), 25),
        ("Asia/Beirut", date(2026, 3, 29), 23),
        ("Asia/Beirut", date(2026, 10, 24), 25),
        ("America/Havana", date(2026, 11, 1), 25),
    ],
)
def test_a_day_has_the_hours_that_its_clocks_give_it(zone: str, day: date, hours: float) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    begins, ends = day_bounds(noon, zone)

    assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])  # the earliest and the latest
@pytest.mark.parametrize("seconds", [0, TIMESTAMP_LIMIT - 1])
def test_the_first_and_the_last_time_that_is_read_have_a_day_in_every_zone(zone: str, seconds: int) -> None:
    at = as_timestamp(seconds)
    assert at is not None

    begins, ends = day_bounds(at, zone)

    assert begins <= at < ends


@given(
    moments_of_change(),
    st.timedeltas(timedelta(days=-2), timedelta(days=2)),
    st.sampled_from([Told.SCHEDULED, Told.ENDED, Told.UNKNOWN]),
    st.floats(0, 1, exclude_max=True),
)
def test_a_row_stands_until_the_moment_that_it_names(
    case: tuple[str, datetime], away: timedelta, told: Told, share: float
) -> None:
    zone, now = case
    planned = {"scheduled_at": now + away, "duration_seconds": 5400, "started_at": None}
    ended = {"ended_at": now + away} if told is Told.ENDED else {}
    fields = vendor_session("trainings", now, kind=Kind.TRAINING, state=told, **planned, **ended)
    for row_of in (activity_row, presentation_row):
        rows = RowAt(row_of, fields, zone)
        row = rows(now)
        turns_at = row.turns_at if row else None
        assert turns_at is None or turns_at > now
        rest = (turns_at or now + LONG) - now
        last = rest - INSTANT
        assert [rows(now + one) == row for one in (min(share * rest, last), last)] == [True, True]


class RowAt:
    """A vendor's session, drawn as of any moment on a site of a zone."""

    def __init__(self, row_of: Any, fields: dict[str, Any], zone: str) -> None:
        self._row_of = row_of
        self._zone = zone
        self._state = State()
        insert(self._state, "trainings", one=fields)

    def __call__(self, at: datetime) -> Any:
        return self._row_of(Moment(self._state, {}, at, zone=self._zone), "trainings:one")
