"""A wallboard's time zone, its own or the site's, where its clocks change: today, night, an announcement's end."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.clock import day_of
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import Phase, PresentationRow, presentation_row
from dashboard.boards.queues import queue_row
from dashboard.boards.wall_figures import Floor
from dashboard.boards.wall_lines import QueueLine, TrainingLine, lines_of
from dashboard.views.wallboards import theme_at
from dashboard.wallboards.definition import Kind, Night, Theme
from dashboard.wallboards.reading import Wrong, read
from dashboard.wallboards.templates import TEMPLATES
from dashboard.wallboards.writing import dump
from realtime.change import Change
from realtime.state import State
from realtime.vendor_session import Kind as Told
from realtime.vendor_session import State as Doing
from tests.dashboard.daylight import ZONES, moments_of_change
from tests.dashboard.vendor_sessions import insert, vendor_session

WALL = TEMPLATES["queue"].wallboard
HALF_HOUR = timedelta(minutes=30)


@st.composite
def walls_of_change(draw: st.DrawFn) -> tuple[str, str, str, datetime]:
    """A wallboard's own zone and the site's, the one of the two that holds, and a moment near one of its changes."""
    zone, at = draw(moments_of_change())
    own, site = draw(st.sampled_from([(zone, other) for other in ("UTC", *ZONES)] + [("", zone)]))
    return own, site, zone, at


def planned(now: datetime, site_zone: str, starts: Iterable[datetime]) -> list[PresentationRow]:
    """Return trainings that are to start then."""
    state = State()
    for number, at in enumerate(starts):
        told = {"scheduled_at": at, "duration_seconds": 1800, "started_at": None}
        row = vendor_session("trainings", now, kind=Told.TRAINING, state=Doing.SCHEDULED, **told)
        insert(state, "trainings", **{str(number): row})
    moment = Moment(state, {}, now, zone=site_zone)
    rows = (presentation_row(moment, key) for key in state.vendor_sessions)
    return [row for row in rows if row is not None]


def lines_at(now: datetime, own_zone: str, site_zone: str, starts: Iterable[datetime]) -> list[TrainingLine]:
    """Return the trainings that a wallboard of a site shows."""
    moment = Moment(State(), {}, now, zone=site_zone)
    floor = Floor(replace(WALL, zone=own_zone), moment, (), (), (), (), planned(now, site_zone, starts))
    return [line for line in lines_of(floor, Kind.TRAININGS) if isinstance(line, TrainingLine)]


@given(walls_of_change())
def test_what_starts_on_the_zone_s_day_is_next_and_shown_without_its_day(case: tuple[str, str, str, datetime]) -> None:
    own_zone, site_zone, zone, now = case
    starts = [now + number * HALF_HOUR for number in range(1, 60)]
    today = [at for at in starts if day_of(at, zone) == day_of(now, zone)]

    lines = lines_at(now, own_zone, site_zone, starts)

    assert {line.phase for line in lines} == {Phase.NEXT if today else Phase.LATER}
    assert len(lines) == (len(today) or 6)
    form = "%H:%M" if today else "%a %H:%M"
    assert [line.starts for line in lines] == [f"{at.astimezone(ZoneInfo(zone)):{form}}" for at in starts[: len(lines)]]


@pytest.mark.parametrize(
    ("own_zone", "site_zone", "said"),
    [
        ("Pacific/Auckland", "Europe/Berlin", "Thu 12:30"),
        ("", "Europe/Berlin", "00:30"),
        ("America/New_York", "Europe/Berlin", "Wed 18:30"),
    ],
)
def test_since_when_a_queue_is_unstaffed_is_said_in_the_zone_of_the_wallboard(
    own_zone: str, site_zone: str, said: str
) -> None:
    state, since = State(), datetime(2026, 11, 11, 23, 30, tzinfo=UTC)
    known = {"name": "Desk", "type": "team", "unstaffed_at": since, "is_exact": True}
    state.apply(Change("h", inserts={"known_queue": {"h:team/7": known}}))
    moment = Moment(state, {}, since + timedelta(hours=14), zone=site_zone)
    row = queue_row(moment, "h:team/7")
    assert row is not None

    (line,) = lines_of(Floor(replace(WALL, zone=own_zone), moment, (), (), (row,), (), ()), Kind.QUEUES)

    assert isinstance(line, QueueLine)
    assert line.unstaffed_since == said


@pytest.mark.parametrize(("own_zone", "site_zone"), [("Europe/Berlin", "Pacific/Auckland"), ("", "Europe/Berlin")])
def test_a_night_in_berlin_is_as_long_as_its_clocks_make_it(own_zone: str, site_zone: str) -> None:
    wallboard = replace(WALL, zone=own_zone, theme=Theme.AUTO, night=Night(time(20), time(6)))

    def hours_of_night(first: datetime) -> float:
        minutes = (first + timedelta(minutes=minute) for minute in range(24 * 60))
        return sum(theme_at(wallboard, at, site_zone) is Theme.DARK for at in minutes) / 60

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
    for own_zone, site_zone in (("Europe/Berlin", "Pacific/Auckland"), ("", "Europe/Berlin")):
        raw = dump(replace(WALL, zone=own_zone)) | {"announcement": {"text": "Lunch", "until": until}}

        made = read(raw, site_zone)

        assert made.announcement.until is not None
        assert made.announcement.until.isoformat() == ends_at
        assert read(dump(made), site_zone) == made


def test_an_end_that_the_zone_cannot_show_is_refused() -> None:
    raw = dump(replace(WALL, zone="Europe/Berlin")) | {
        "announcement": {"text": "Lunch", "until": "9999-12-31T23:30+00:00"}
    }
    with pytest.raises(Wrong, match="Write a day and time"):
        read(raw, "UTC")
