"""A wallboard's time zone, where its clocks change: what is today, when it is night, until when something is said."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given

from dashboard.boards.clock import day_of
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import Phase, PresentationRow, presentation_row
from dashboard.boards.wall_figures import Floor
from dashboard.boards.wall_lines import TrainingLine, lines_of
from dashboard.views.wallboards import theme_at
from dashboard.wallboards.definition import Kind, Night, Theme
from dashboard.wallboards.reading import Wrong, read
from dashboard.wallboards.templates import TEMPLATES
from dashboard.wallboards.writing import dump
from realtime.state import State
from realtime.vendor_session import Kind as Told
from realtime.vendor_session import State as Doing
from tests.dashboard.daylight import moments_of_change
from tests.dashboard.vendor_sessions import insert, vendor_session

WALL = TEMPLATES["queue"].wallboard
HALF_HOUR = timedelta(minutes=30)


def planned(now: datetime, starts: Iterable[datetime]) -> list[PresentationRow]:
    """Return trainings that are to start then."""
    state = State()
    for number, at in enumerate(starts):
        told = {"scheduled_at": at, "duration_seconds": 1800, "started_at": None}
        row = vendor_session("trainings", now, kind=Told.TRAINING, state=Doing.SCHEDULED, **told)
        insert(state, "trainings", **{str(number): row})
    moment = Moment(state, {}, now)
    rows = (presentation_row(moment, key) for key in state.vendor_sessions)
    return [row for row in rows if row is not None]


def lines_at(now: datetime, zone: str, starts: Iterable[datetime]) -> list[TrainingLine]:
    """Return the trainings that a wallboard of a zone shows."""
    floor = Floor(replace(WALL, zone=zone), Moment(State(), {}, now), (), (), (), (), planned(now, starts))
    return [line for line in lines_of(floor, Kind.TRAININGS) if isinstance(line, TrainingLine)]


@given(moments_of_change())
def test_what_starts_on_the_zone_s_day_is_next_and_shown_without_its_day(case: tuple[str, datetime]) -> None:
    zone, now = case
    starts = [now + number * HALF_HOUR for number in range(1, 60)]
    today = [at for at in starts if day_of(at, zone) == day_of(now, zone)]

    lines = lines_at(now, zone, starts)

    assert {line.phase for line in lines} == {Phase.NEXT if today else Phase.LATER}
    assert len(lines) == (len(today) or 6)
    assert all((len(line.starts) == len("09:00")) is bool(today) for line in lines)


def test_a_night_in_berlin_is_as_long_as_its_clocks_make_it() -> None:
    wallboard = replace(WALL, zone="Europe/Berlin", theme=Theme.AUTO, night=Night(time(20), time(6)))

    def hours_of_night(first: datetime) -> float:
        minutes = (first + timedelta(minutes=minute) for minute in range(24 * 60))
        return sum(theme_at(wallboard, at) is Theme.DARK for at in minutes) / 60

    assert [hours_of_night(datetime(2026, *noon, 10, tzinfo=UTC)) for noon in ((3, 27), (3, 28), (10, 24))] == [
        10,
        9,
        11,
    ]


@pytest.mark.parametrize(
    ("until", "ends_at"),
    [
        ("2026-10-25T01:59", "2026-10-24T23:59:00+00:00"),
        ("2026-10-25T02:30", "2026-10-25T01:30:00+00:00"),  # twice: the second
        ("2026-10-25T03:00", "2026-10-25T02:00:00+00:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00+00:00"),  # never: 03:30
        ("2026-10-25T02:30+02:00", "2026-10-25T00:30:00+00:00"),
        ("9999-12-31T23:00", "9999-12-31T22:00:00+00:00"),
    ],
)
def test_an_announcement_s_end_is_in_the_zone_of_the_wallboard(until: str, ends_at: str) -> None:
    raw = dump(replace(WALL, zone="Europe/Berlin")) | {"announcement": {"text": "Lunch", "until": until}}

    made = read(raw)

    assert made.announcement.until is not None
    assert made.announcement.until.isoformat() == ends_at
    assert read(dump(made)) == made


def test_an_end_that_the_zone_cannot_show_is_refused() -> None:
    raw = dump(replace(WALL, zone="Europe/Berlin")) | {
        "announcement": {"text": "Lunch", "until": "9999-12-31T23:30+00:00"}
    }
    with pytest.raises(Wrong, match="Write a day and time"):
        read(raw)
