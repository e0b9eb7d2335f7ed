"""How a wallboard says a moment: in its own zone, and of which day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.boards.moment import Moment
from dashboard.boards.queues import queue_row
from dashboard.boards.wall_figures import Floor
from dashboard.boards.wall_lines import QueueLine, lines_of, time_of_day
from dashboard.live.painter import Painter
from dashboard.live.tables import Tables
from dashboard.live.wall import WallView, wall_key
from dashboard.wallboards.definition import Kind
from dashboard.wallboards.templates import TEMPLATES
from realtime.change import Change
from realtime.state import State

WALL = TEMPLATES["queue"].wallboard
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)  # a Monday
SINCE = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


def desk() -> State:
    """Return a desk whose one queue lost its last member half an hour before UTC's midnight."""
    state = State()
    known = {"name": "Desk", "type": "team", "unstaffed_at": SINCE, "is_exact": True}
    state.apply(Change("desk", inserts={"known_queue": {"desk:team/1": known}}))
    return state


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "12:00"), (-1, "Sun 12:00"), (1, "Tue 12:00"), (-6, "Tue 12:00"), (-7, "23 Nov 12:00"), (8, "08 Dec 12:00")],
)
def test_a_day_is_named_by_its_weekday_within_a_week_and_by_its_date_beyond(days: int, said: str) -> None:
    assert time_of_day(NOON + timedelta(days=days), "UTC", NOON) == said


@pytest.mark.parametrize(
    ("zone", "said"),
    [("UTC", "Sun 23:30"), ("Europe/Vienna", "00:30"), ("America/New_York", "Sun 18:30"), ("Asia/Kathmandu", "05:15")],
)
def test_since_when_a_queue_is_unstaffed_is_said_in_the_wallboard_s_zone(zone: str, said: str) -> None:
    moment = Moment(desk(), {}, NOON)
    row = queue_row(moment, "desk:team/1")
    assert row is not None

    (line,) = lines_of(Floor(replace(WALL, zone=zone), moment, (), (), (row,), (), ()), Kind.QUEUES)

    assert isinstance(line, QueueLine)
    assert line.unstaffed_since == said


def test_a_wall_names_the_day_as_soon_as_it_is_yesterday() -> None:
    state = desk()
    view = WallView(wall_key("wall"), Tables(state))
    midnight = datetime(2026, 11, 30, tzinfo=UTC)

    def shown(at: datetime) -> str:
        moment = Moment(state, {}, at, wallboards={"wall": replace(WALL, zone="UTC")})
        assert view.tick(moment)
        return "".join(Painter().render(view.picture(moment)).fragments.values())

    assert "unstaffed since 23:30" in shown(midnight - timedelta(seconds=1))
    assert "unstaffed since Sun 23:30" in shown(midnight)
