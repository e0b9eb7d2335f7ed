"""A wallboard's picture: any legal one draws, every row has its part, and no more of a name leaves than may."""

import re
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.boards.clock import duration
from dashboard.boards.moment import Level, Moment
from dashboard.boards.queues import queue_row
from dashboard.boards.service import together
from dashboard.boards.wall import Rows, make_wall
from dashboard.boards.wall_figures import Floor, judge, number
from dashboard.privacy import Privacy
from dashboard.templatetags.walls import value_words
from dashboard.wallboards.definition import (
    COLUMNS,
    LISTS,
    RATES,
    Announcement,
    Direction,
    Figure,
    Kind,
    Threshold,
    Tile,
    Wallboard,
)
from dashboard.wallboards.editing import usual_direction
from dashboard.wallboards.layout import PARTS, Area, card_lines, deal, parts_of, upright
from dashboard.wallboards.templates import TEMPLATES
from realtime.state import State
from tests.dashboard.boards.test_service import QUEUE, moment
from tests.dashboard.live.test_tables import Life
from tests.dashboard.wallboards.drawing import floor_of, wallboards
from tests.services.process import ROOT

QUEUE_WALL = TEMPLATES["queue"].wallboard


@cache
def life() -> Life:
    """A center that nobody changes."""
    made = Life(3)
    made.run(400)
    return made


@settings(max_examples=60)
@given(wallboards)
def test_any_legal_wallboard_draws(wallboard: Wallboard) -> None:
    wall = make_wall(floor_of(life(), wallboard))
    assert len(wall.tiles) == sum(len(page.tiles) for page in wallboard.pages)
    assert len({tile.id for tile in wall.tiles}) == len(wall.tiles)
    for tile in wall.tiles:
        if isinstance(tile.value.value, Rows):
            turn, rows = wall.turns[tile.page - 1], tile.value.value
            assert sum(slot.wide != () for _, slot in rows.lines) + rows.more_wide == rows.count
            assert sum(slot.tall != () for _, slot in rows.lines) + rows.more_tall == rows.count
            for _, slot in rows.lines:
                assert slot.wide is None or set(slot.wide) <= set(range(1, turn.wide + 1))
                assert slot.tall is None or set(slot.tall) <= set(range(1, turn.tall + 1))
                assert slot.wide is None or slot.wide or slot.tall


@given(wallboards)
def test_tiles_of_an_upright_screen_share_no_cell_and_leave_none(wallboard: Wallboard) -> None:
    for page in wallboard.pages:
        cells: set[tuple[int, int]] = set()
        for area in upright(page.tiles):
            own = cells_of(area)
            assert not own & cells
            cells |= own
        assert {column for column, _ in cells} == set(range(1, COLUMNS + 1))


def cells_of(area: Area) -> set[tuple[int, int]]:
    columns, rows = range(area.column, area.column + area.width), range(area.row, area.row + area.height)
    return {(column, row) for column in columns for row in rows}


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 40))
def test_rows_are_dealt_to_parts_that_they_fit_into(count: int, pinned: int, fits: int) -> None:
    dealt = deal(count, pinned, fits)
    for part in range(1, parts_of(dealt) + 1):
        assert sum(1 for own in dealt if own in (None, part)) <= fits
    sizes = [dealt.count(part) for part in range(1, parts_of(dealt) + 1)]
    assert max(sizes) - min(sizes) <= 1
    assert sizes[0] == max(sizes)
    assert parts_of(dealt) <= PARTS
    assert len(dealt) == count or parts_of(dealt) == PARTS
    assert dealt[: min(pinned, fits // 2, count)] == [None] * min(pinned, fits // 2, count)


def team_rows(floor: Floor) -> Rows:
    """Return the representatives on the team's wall."""
    rows = next(tile.value.value for tile in make_wall(floor).tiles if tile.tile.kind is Kind.REPRESENTATIVES)
    assert isinstance(rows, Rows)
    return rows


def test_a_team_of_two_hundred_comes_round_on_an_upright_screen() -> None:
    floor = floor_of(life(), TEMPLATES["team"].wallboard)
    rows = team_rows(replace(floor, representatives=[floor.representatives[0]] * 200))
    assert (len(rows.lines), rows.more_wide, rows.more_tall) == (200, 0, 0)


@pytest.mark.parametrize("shape", ["wide", "tall"])
def test_the_style_sheet_knows_every_part(shape: str) -> None:
    style = (ROOT / "static" / "css" / "wall" / "turn.css").read_text(encoding="utf-8")
    parts = re.findall(rf'\[data-wall-part="(\d+)"\] \[data-{shape}\]:not\(\[data-{shape}~="(\d+)"\]\)', style)
    assert parts == [(str(part), str(part)) for part in range(1, PARTS + 1)]


@given(st.integers(1, 60), st.tuples(st.floats(20, 120), st.floats(12, 60)))
def test_cards_fill_every_line(count: int, size: tuple[float, float]) -> None:
    lines = card_lines(count, size)
    assert 0 < sum(map(len, lines)) <= count
    assert {sum(line) for line in lines} == {COLUMNS}


def test_rows_that_only_an_upright_screen_has_no_room_for_are_counted_there() -> None:
    floor = floor_of(life(), TEMPLATES["team"].wallboard)
    rows = team_rows(replace(floor, representatives=[*floor.representatives] * 20))
    assert rows.more_tall > rows.more_wide >= 0
    assert sum(slot.tall == () for _, slot in rows.lines) == rows.more_tall - rows.more_wide


def test_what_names_may_leave() -> None:
    names = everything_named(life())
    for wallboard in (one.wallboard for one in TEMPLATES.values()):
        everywhere = with_every_list(wallboard)
        shown = texts_in(make_wall(floor_of(life(), everywhere)))
        masked = replace(everywhere, customers=Privacy.HIDDEN, representatives=Privacy.HIDDEN)
        left = texts_in(make_wall(floor_of(life(), masked)))
        assert not names & left
        initialled = replace(everywhere, customers=Privacy.INITIALLED, representatives=Privacy.INITIALLED)
        assert not names & texts_in(make_wall(floor_of(life(), initialled)))
        everyone = replace(everywhere, customers=Privacy.SHOWN, representatives=Privacy.SHOWN)
        assert len(names & texts_in(make_wall(floor_of(life(), everyone)))) > 20
        assert not any(key in text for text in shown for key in ("helpdesk:",))


def everything_named(life: Life) -> set[str]:
    """Return every name of a customer and a representative in view."""
    customers = {row.get("customer_name") or "" for row in life.state.support_sessions.values()}
    people = {row.name for row in life.tables.representatives.rows.values()}
    return (customers | people) - {""}


def with_every_list(wallboard: Wallboard) -> Wallboard:
    """Return a wallboard with a page of each list as well."""
    tiles = [Tile(kind, 1, 1, 12, 8) for kind in sorted(LISTS)]
    return replace(wallboard, pages=(*wallboard.pages, *(replace(wallboard.pages[0], tiles=(tile,)) for tile in tiles)))


def texts_in(value: Any) -> set[str]:
    """Return every text in a value."""
    if isinstance(value, str):
        return {value}
    if is_dataclass(value):
        return set().union(*(texts_in(getattr(value, one.name)) for one in fields(value)))
    if isinstance(value, (tuple, list, set, frozenset)):
        return set().union(*map(texts_in, value))
    return set()


@pytest.mark.parametrize(
    ("measure", "direction", "level"),
    [
        (4, Direction.ABOVE, Level.OK),
        (5, Direction.ABOVE, Level.RISK),
        (9, Direction.ABOVE, Level.RISK),
        (10, Direction.ABOVE, Level.CRITICAL),
        (None, Direction.ABOVE, None),
        (11, Direction.BELOW, Level.OK),
        (10, Direction.BELOW, Level.RISK),
        (5, Direction.BELOW, Level.CRITICAL),
    ],
)
def test_thresholds_judge(measure: float | None, direction: Direction, level: Level | None) -> None:
    warn, critical = (5, 10) if direction is Direction.ABOVE else (10, 5)
    assert judge(Threshold(Figure.WAITING, warn, critical, direction), measure) is level


def test_rates_of_few_cases_never_alert() -> None:
    limits = tuple(Threshold(figure, 100, 100, Direction.BELOW) for figure in sorted(RATES))
    many = floor_of(life(), replace(QUEUE_WALL, thresholds=limits, minimum_cases=1))
    few = floor_of(life(), replace(QUEUE_WALL, thresholds=limits, minimum_cases=1000))
    for figure in RATES:
        assert number(many, figure).level is Level.CRITICAL and not number(many, figure).is_few
        assert number(few, figure).level is None and number(few, figure).is_few


def test_figures_agree_with_the_rows() -> None:
    floor = floor_of(life(), QUEUE_WALL)
    waiting = [row for row in floor.sessions if row.state == "waiting" and row.ended_at is None]
    longest = number(floor, Figure.LONGEST)
    assert number(floor, Figure.WAITING).count == len(waiting) > 0
    assert longest.at == min(row.wait.since for row in waiting if row.wait)
    assert number(floor, Figure.LOGGED_IN).count == len(floor.representatives)
    past, within = number(floor, Figure.PAST_TARGET), number(floor, Figure.WITHIN_TARGET)
    assert (past.count or 0) + (within.count or 0) == len(waiting)


def test_a_wallboard_s_own_targets_judge_its_queues() -> None:
    queues = floor_of(life(), QUEUE_WALL).queues
    strict = floor_of(life(), replace(QUEUE_WALL, targets={queue.key: 1 for queue in queues}))
    lenient = floor_of(life(), replace(QUEUE_WALL, targets={queue.key: 86_400 for queue in queues}))
    assert number(strict, Figure.PAST_TARGET).count == len(strict.waiting) > 0
    assert number(lenient, Figure.PAST_TARGET).count == 0


def test_figures_of_the_day_agree_with_the_queues_and_are_judged_by_the_wallboard_s_targets() -> None:
    floor = floor_of(life(), QUEUE_WALL)
    today = together(queue.today for queue in floor.queues)
    assert number(floor, Figure.ANSWERED).count == today.answered > 0
    assert number(floor, Figure.AVERAGE_WAIT).seconds == today.average_seconds
    session = number(floor, Figure.AVERAGE_SESSION)
    assert (session.seconds, session.of) == (today.average_session_seconds, today.handled)
    assert today.handled > 0
    level, left = number(floor, Figure.SERVICE_LEVEL), number(floor, Figure.ABANDON_RATE)
    assert (level.count, level.of, level.percent) == (today.in_target, today.offered, today.level.percent)
    assert (left.count, left.of) == (number(floor, Figure.ABANDONED).count, today.offered)

    for seconds in (1, 86_400):
        targets = {queue.key: seconds for queue in floor.queues}
        own = number(floor_of(life(), replace(QUEUE_WALL, targets=targets)), Figure.SERVICE_LEVEL)
        assert own.of == today.offered
        assert (own.count == today.answered) is (seconds == 86_400)


@pytest.mark.parametrize("figure", Figure)
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_figure_says_nothing_that_is_not_there(figure: Figure, is_empty: bool) -> None:
    board = replace(QUEUE_WALL, pages=(replace(QUEUE_WALL.pages[0], tiles=(Tile(Kind.NUMBER, 1, 1, 6, 4, figure),)),))
    floor = floor_of(life(), board)
    if is_empty:
        floor = Floor(board, Moment(State(), floor.moment.statuses, floor.moment.at), (), (), (), (), ())
    (tile,) = make_wall(floor).tiles
    said = render_to_string("tiles/wall-number.html", {"id": tile.id, "value": tile})
    assert "None" not in said


@pytest.mark.parametrize(("seconds", "level"), [(89, Level.OK), (90, Level.RISK), (120, Level.CRITICAL)])
def test_an_average_wait_has_its_thresholds_in_seconds(seconds: int, level: Level) -> None:
    limits = (Threshold(Figure.AVERAGE_WAIT, 90, 120, Direction.ABOVE),)
    day = moment("2026-03-11", answered={str(seconds - 5): 5, str(seconds + 5): 5})
    queue = queue_row(day, QUEUE)
    assert queue is not None
    average = number(Floor(replace(QUEUE_WALL, thresholds=limits), day, (), (), (queue,), (), ()), Figure.AVERAGE_WAIT)
    assert average.level is level
    assert value_words(average) == duration(seconds)


def test_what_is_wanted_is_bad_when_it_is_low() -> None:
    low = {figure for figure in Figure if usual_direction(figure) is Direction.BELOW}
    assert low >= {Figure.SERVICE_LEVEL, Figure.ANSWERED, Figure.AVAILABLE, Figure.WITHIN_TARGET}
    assert not low & {Figure.ABANDON_RATE, Figure.AVERAGE_WAIT, Figure.AVERAGE_SESSION, Figure.WAITING}


def test_breaching_queues_float_up() -> None:
    queues = floor_of(life(), QUEUE_WALL).queues
    wall = make_wall(floor_of(life(), replace(QUEUE_WALL, targets={queue.key: 1 for queue in queues})))
    (rows,) = [tile.value.value for tile in wall.tiles if isinstance(tile.value.value, Rows)]
    breaching = [line.is_breaching for line, _ in rows.lines]
    assert breaching == sorted(breaching, reverse=True)
    assert breaching[0] and not breaching[-1]


def test_an_announcement_ends_by_itself() -> None:
    at = life().at
    for until, is_shown in ((None, True), (at + timedelta(minutes=1), True), (at, False)):
        wallboard = replace(QUEUE_WALL, announcement=Announcement("Lunch", until))
        assert (make_wall(floor_of(life(), wallboard)).band is not None) is is_shown
