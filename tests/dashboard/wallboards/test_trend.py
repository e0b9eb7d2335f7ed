"""A trend: the sum of the queues in sight, minute by minute; what nobody watched is a gap and never a line."""

import gc
from dataclasses import replace

import pytest

from dashboard.boards.history import History
from dashboard.boards.scope import Scope
from dashboard.boards.trend import EARLIER, LEAST, MINUTES, Trend
from dashboard.boards.wall_figures import Floor, number
from dashboard.boards.wall_trend import trend_tile
from dashboard.live.scoped import shelves_of
from dashboard.templatetags import trends
from dashboard.wallboards.definition import Direction, Figure, Threshold
from realtime.sampling import minute_of, sample_waits
from tests.dashboard.live.test_tables import Life
from tests.dashboard.wallboards.drawing import floor_of
from tests.dashboard.wallboards.test_wall import QUEUE_WALL, life


def watched(floor: Floor, *minutes: dict[str, tuple[int, int]] | None) -> Floor:
    """Return a floor whose last minutes held these waits; None is a minute that nobody watched."""
    end = minute_of(floor.moment.at)
    own = {end - len(minutes) + place: waits for place, waits in enumerate(minutes) if waits is not None}
    source = floor.queues[0].source
    return replace(floor, moment=replace(floor.moment, history=History({source: own})))


def trend(floor: Floor, figure: Figure) -> Trend:
    return trend_tile(floor, figure).trend


def plain() -> Floor:
    return floor_of(life(), QUEUE_WALL)


def keys(floor: Floor) -> list[str]:
    return sorted(row.key for row in floor.queues)


def test_the_queues_in_sight_are_added_up() -> None:
    floor = plain()
    one, other = keys(floor)[:2]
    floor = watched(floor, {one: (2, 30), other: (3, 90), "helpdesk:nowhere": (50, 5000)}, {}, {one: (1, 61)})
    assert trend(floor, Figure.WAITING).points[-3:] == (5, 0, 1)
    assert trend(floor, Figure.LONGEST).points[-3:] == (90, 0, 61)


def test_a_scope_sees_its_own_queues_only() -> None:
    floor = plain()
    one, other = keys(floor)[:2]
    scoped = floor_of(life(), QUEUE_WALL, shelves_of(life().tables, Scope(frozenset({one}))))
    seen = watched(scoped, {one: (2, 30), other: (3, 90)})
    assert trend(seen, Figure.WAITING).points[-1] == 2
    blind = floor_of(life(), QUEUE_WALL, shelves_of(life().tables, Scope(frozenset())))
    blind = replace(blind, moment=seen.moment)
    assert trend(blind, Figure.WAITING).points == (None,) * MINUTES


def test_a_minute_that_one_source_did_not_watch_is_unknown() -> None:
    floor = plain()
    queue = floor.queues[0]
    both = replace(floor, queues=(*floor.queues, replace(queue, key="other:team/1", source="other")))
    assert trend(watched(both, {queue.key: (2, 30)}), Figure.WAITING).points[-1] is None


def count_of_pasts() -> int:
    gc.collect()  # what other tests left goes now, not between two counts
    return sum(type(one) is History for one in gc.get_objects())  # `isinstance` would ask dead proxies of others


def test_a_past_that_was_read_anew_is_kept_by_nobody() -> None:
    floor = watched(plain(), {})
    trend(floor, Figure.WAITING)
    before = count_of_pasts()
    for _ in range(10):
        floor = watched(floor, {})
        trend(floor, Figure.WAITING)
        trend(floor, Figure.LONGEST)

    assert count_of_pasts() == before


def test_a_sample_is_the_number_that_the_wall_shows() -> None:
    living = Life(7)
    for _ in range(20):
        living.run(10)
        floor = floor_of(living, QUEUE_WALL)
        queues = frozenset(keys(floor))
        found = sample_waits(living.state, living.moment.now(f"{floor.queues[0].source}:"))
        count, longest = History({"h": {1: found}}).waits(1, frozenset({"h"}), queues) or (None, None)
        assert count == number(floor, Figure.WAITING).count
        shown = number(floor, Figure.LONGEST)
        now = floor.moment.now(f"{shown.source}:")
        assert longest == (int((now - shown.at).total_seconds()) if shown.at else 0)


def drawn(*points: int | None) -> Trend:
    """Return a trend that ends with these looks."""
    floor = plain()
    queue = keys(floor)[0]
    minutes = [None if point is None else {queue: (point, point)} for point in points]
    return trend(watched(floor, *minutes), Figure.WAITING)


def test_no_line_runs_through_a_gap() -> None:
    one = drawn(4, 2, None, None, 3, None, 1, 1)
    assert trends.line_path(one).count("M") == 3
    assert trends.line_path(one).count("h0") == 1
    assert trends.area_path(one).count("M") == trends.area_path(one).count("z") == 2
    assert trends.end_path(one) == f"M100 {26 - 23 / one.top:.1f}h0"
    assert trends.end_path(drawn(1, 1, 1, None)) == ""


def test_too_few_looks_make_no_line() -> None:
    assert drawn(*[1] * (LEAST - 1)).is_short and not drawn(*[1] * LEAST).is_short
    assert drawn().points == (None,) * MINUTES and drawn().peak is None


@pytest.mark.parametrize(
    ("before", "last", "said", "judged"),
    [
        (1, 4, "3 more than 15 min ago", "bad"),
        (4, 1, "3 fewer than 15 min ago", "good"),
        (2, 2, "as 15 min ago", "same"),
    ],
)
def test_the_change_is_said_and_judged(before: int, last: int, said: str, judged: str) -> None:
    one = drawn(before, *[9] * (EARLIER - 1), last)
    assert (trends.change_words(one), trends.judgement(one)) == (said, judged)


def test_nothing_is_compared_with_what_nobody_saw() -> None:
    assert drawn(*[9] * EARLIER).change is None
    assert drawn(1, *[9] * EARLIER, None).change is None


def test_the_limit_is_in_the_picture() -> None:
    wallboard = replace(QUEUE_WALL, thresholds=(Threshold(Figure.WAITING, 5, 20, Direction.ABOVE),))
    one = trend(replace(watched(plain(), {}, {}, {}), wallboard=wallboard), Figure.WAITING)
    assert (one.limit, one.top) == (20, 20)
    assert trends.limit_path(one) == "M0 3.0h100"
