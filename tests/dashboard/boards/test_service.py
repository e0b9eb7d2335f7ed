"""A day's service: what counts as a case, which share is what, and when a day is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string

from dashboard.boards.history import History, Watched
from dashboard.boards.moment import Level, Moment, Targets
from dashboard.boards.queues import queue_row
from dashboard.boards.service import (
    Day,
    Quantiles,
    Rate,
    Service,
    day_so_far,
    judge_rate,
    past_days,
    quantiles_today,
    served,
    together,
)
from dashboard.live.tables import QUEUES, RowTable
from dashboard.templatetags.rows import abandoned, service_level
from dashboard.wallboards.definition import MINIMUM_CASES
from realtime.change import Change
from realtime.sampling import minute_of
from realtime.state import State
from realtime.status import LEASE_SECONDS, LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
QUEUE = "h:team/7"
COUNTED: dict[str, Any] = {
    "answered": {"5": 6, "60": 2, "61": 1, "600": 1},
    "left": {"19": 3, "20": 1, "300": 1},
    "flowed_out": 4,
    "unknown": 2,
    "handled": 4,
    "handled_seconds": 1210,
    "handled_unseen": 3,
}


def moment(*days: str, at: datetime = NOW, zone: str = "UTC", **counted: Any) -> Moment:
    """Return a moment at which these days of one queue are known, each with the same counts."""
    state = State()
    rows = {f"{QUEUE}/{day}": {"known_queue_id": QUEUE, "day": day, **(counted or COUNTED)} for day in days}
    state.apply(Change("h", inserts={"known_queue": {QUEUE: {"name": "Desk", "type": "team"}}, "queue_day": rows}))
    return Moment(state, {}, at, zone=zone)


def today_of(moment: Moment) -> Service:
    """Return what the queue's row says of its day."""
    row = queue_row(moment, QUEUE)
    assert row is not None
    return row.today


def test_who_left_early_is_in_no_rate_and_neither_is_what_nobody_saw_the_end_of() -> None:
    service = served(COUNTED, 60)  # type: ignore[arg-type]
    assert service == Service(10, 8, 811, 5, 3, 4, 2, 4, 1210, 3)
    assert (service.level, service.abandoned, service.offered) == (Rate(8, 12), Rate(2, 12), 12)
    assert (service.average_seconds, service.average_session_seconds) == (81, 302)


def test_another_target_judges_the_whole_day_anew() -> None:
    assert [served(COUNTED, seconds).in_target for seconds in (4, 5, 59, 60, 600)] == [0, 6, 6, 8, 10]  # type: ignore[arg-type]


def test_nothing_is_no_zero() -> None:
    nothing = served({}, 60)
    assert (nothing.level.of, nothing.average_seconds, bool(nothing)) == (0, None, False)
    assert nothing.average_session_seconds is None
    assert bool(served({"unknown": 1}, 60))
    assert bool(served({"handled_unseen": 1}, 60))


def test_several_queues_are_judged_each_by_its_own_target() -> None:
    both = together((served(COUNTED, 5), served(COUNTED, 600)))  # type: ignore[arg-type]
    assert (both.in_target, both.answered, both.wait_seconds) == (16, 20, 1622)
    assert (both.left, both.left_early, both.flowed_out, both.unknown) == (10, 6, 8, 4)
    assert (both.handled, both.handled_seconds, both.handled_unseen) == (8, 2420, 6)
    assert together(()) == Service()


@pytest.mark.parametrize(
    ("count", "of", "level"),
    [
        (8, 10, Level.OK),
        (799, 1000, Level.RISK),  # 79.9 % is not 80
        (6, 10, Level.RISK),
        (59, 100, Level.CRITICAL),
        (0, MINIMUM_CASES, Level.CRITICAL),
        (0, MINIMUM_CASES - 1, None),
        (0, 0, None),
    ],
)
def test_a_rate_is_judged_where_it_has_cases_enough(count: int, of: int, level: Level | None) -> None:
    assert judge_rate(Rate(count, of), 80) is level


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (Service(), "–"),
        (Service(answered=3, in_target=2), "2 of 3</b><small>too few to rate"),
        (Service(answered=10, in_target=9), '<b class="time--ok">90 %</b><small>▸ 80 % · n = 10'),
        (Service(answered=1000, in_target=999), "99 %</b><small>▸ 80 % · n = 1\u202f000"),
        (Service(answered=9, in_target=9, left=6, left_early=1), '<b class="time--risk">64 %'),
        (Service(answered=9, in_target=9, left=6, left_early=1), ">below target "),
        (Service(answered=10, in_target=5), '<b class="time--critical">50 %'),
        (Service(answered=10, in_target=5), ">far below target "),
        (Service(unknown=12), "12 ended unseen"),
    ],
)
def test_a_service_level_says_what_is_wanted_and_of_how_many_it_is(service: Service, words: str) -> None:
    assert words in service_level(service, 80)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (Service(), "–"),
        (Service(answered=20), "<b>0</b></span>"),
        (Service(answered=1, left=3, left_early=1), "<b>2</b></span>"),
        (Service(answered=15, left=6, left_early=1), "<b>5</b><small>25 %</small>"),
    ],
)
def test_who_left_is_counted_and_rated_where_there_are_cases_enough(service: Service, words: str) -> None:
    assert words in abandoned(service)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (Service(), "<dt>With a rep</dt><dd>–</dd>"),
        (Service(handled=4, handled_seconds=1210), "<dd>5:02 on average, in 4 that ended</dd>"),
        (Service(handled_unseen=3), "<dd>–; 3 not seen as a whole, in no average</dd>"),
        (
            Service(handled=1, handled_seconds=3780, handled_unseen=1),
            "<dd>1 h 03 on average, in 1 that ended; 1 not seen as a whole, in no average</dd>",
        ),
    ],
)
def test_a_day_says_for_how_long_representatives_had_what_ended(service: Service, words: str) -> None:
    day = Day(service, NOW.date(), is_today=True, watch=None, target_percent=80)
    assert words in render_to_string("parts/_day.html", {"day": day})


def test_half_and_nine_tenths_were_answered_within() -> None:
    assert quantiles_today(moment("2026-03-11"), QUEUE) == Quantiles(5, 61)
    assert quantiles_today(moment("2026-03-11", answered={"7": 1}), QUEUE) == Quantiles(7, 7)
    assert quantiles_today(moment("2026-03-11", left={"7": 1}), QUEUE) is None
    assert quantiles_today(moment("2026-03-10"), QUEUE) is None


def test_a_row_has_the_day_of_the_sites_zone() -> None:
    assert today_of(moment("2026-03-11")).answered == 10
    assert today_of(moment("2026-03-11", zone="Asia/Tokyo")) == Service()  # 18:42 UTC is the next morning there
    assert today_of(moment("2026-03-12", zone="Asia/Tokyo")).answered == 10


def test_days_before_today_are_told_latest_first() -> None:
    days = past_days(moment("2026-03-09", "2026-03-11", "2026-03-10", "2026-03-12", "2026-03-03"), QUEUE, 60)
    assert [one.day for one in days] == ["2026-03-10", "2026-03-09"]
    assert {one.service for one in days} == {served(COUNTED, 60)}  # type: ignore[arg-type]


def test_a_row_begins_its_day_anew_at_midnight_by_itself() -> None:
    evening = moment("2026-03-11", at=datetime(2026, 3, 11, 22, 59, 59, tzinfo=UTC), zone="Europe/Berlin")
    table = RowTable(QUEUES, evening.state)
    table.refresh(evening)
    assert table.rows[QUEUE].today.answered == 10
    assert not table.is_due(evening.at)

    midnight = Moment(evening.state, {}, evening.at + timedelta(seconds=1), zone="Europe/Berlin")
    assert table.is_due(midnight.at)
    table.refresh(midnight)
    assert not table.rows[QUEUE].today
    assert not table.is_due(midnight.at + timedelta(days=2))


def test_a_wanted_service_level_of_another_site_is_told_with_every_row() -> None:
    told = moment("2026-03-11")
    row = queue_row(Moment(told.state, {}, NOW, targets=Targets(60, percent=90)), QUEUE)
    assert row is not None
    assert (row.target_percent, row.today.level) == (90, Rate(8, 12))


MIDNIGHT = minute_of(datetime(2026, 3, 11, tzinfo=UTC))


def day_of_sources(watched: dict[str, Watched], *sources: str, at: datetime = NOW) -> Day:
    """Return the day so far of a queue of each source."""
    services = {f"{source}:team/7": Service() for source in sources or watched}
    return day_so_far(Moment(State(), {}, at, history=History(watched=watched)), services)


@pytest.mark.parametrize(
    ("watched", "expected"),
    [
        ({"a": Watched(MIDNIGHT, 0)}, ("00:00", False, 0)),
        ({"a": Watched(MIDNIGHT + 2, 0)}, ("00:00", False, 0)),  # a start a moment late is none
        ({"a": Watched(MIDNIGHT + 642, 12)}, ("10:42", True, 12)),
        ({"a": Watched(MIDNIGHT, 300), "b": Watched(MIDNIGHT + 60, 1)}, ("00:00", False, 300)),  # who watched least
        ({"a": Watched(MIDNIGHT, 59), "b": Watched(MIDNIGHT + 60, 1)}, ("01:00", True, 1)),
    ],
)
def test_a_day_says_since_when_it_was_watched(watched: dict[str, Watched], expected: tuple[str, bool, int]) -> None:
    watch = day_of_sources(watched).watch
    assert watch is not None
    assert (f"{watch.since:%H:%M}", watch.is_late, watch.missed_minutes) == expected


def test_a_source_that_nobody_watched_leaves_the_day_unknown() -> None:
    assert day_of_sources({"a": Watched(MIDNIGHT, 0)}, "a", "b").watch is None
    assert day_of_sources({}, "a").watch is None
    assert day_so_far(Moment(State(), {}, NOW), {}).watch is None


@pytest.mark.parametrize(("ahead", "turns_after"), [(300, 3), (0, 3), (-120, 123)])
def test_a_day_turns_when_both_clocks_say_so(ahead: int, turns_after: int) -> None:
    evening = moment("2026-03-11", at=datetime(2026, 3, 11, 23, 59, 57, tzinfo=UTC))
    lease_ends = evening.at + timedelta(seconds=LEASE_SECONDS)
    status = LinkStatus("h", state=LinkState.LIVE, clock_offset_seconds=float(ahead), lease_expires_at=lease_ends)
    status = replace(status, last_contact_at=evening.at)
    told = Moment(evening.state, {"h": status}, evening.at)
    table = RowTable(QUEUES, told.state)
    table.refresh(told)
    day = day_so_far(told, {QUEUE: table.rows[QUEUE].today})
    assert (str(day.date), day.is_today, day.service.answered) == ("2026-03-11", True, 10)

    turns_at = told.at + timedelta(seconds=turns_after)
    assert not table.is_due(turns_at - timedelta(seconds=1))
    assert table.is_due(turns_at)
    status = replace(status, last_contact_at=turns_at)
    table.refresh(Moment(told.state, {"h": status}, turns_at))
    assert not table.rows[QUEUE].today


def test_days_of_two_sources_are_not_added_up() -> None:
    told = moment("2026-03-11", at=datetime(2026, 3, 12, 8, tzinfo=UTC))
    away = LinkStatus("h", state=LinkState.RETRYING, last_contact_at=datetime(2026, 3, 11, 23, 50, tzinfo=UTC), seq=1)
    here = LinkStatus("other", state=LinkState.LIVE, last_contact_at=told.at, seq=1)
    told = Moment(told.state, {"h": away, "other": here}, told.at)
    day = day_so_far(told, {QUEUE: today_of(told), "other:team/1": Service(answered=3)})
    assert (str(day.date), day.is_today, day.service.answered) == ("2026-03-12", True, 3)


def test_what_was_watched_yesterday_is_not_todays_also_before_it_is_read_anew() -> None:
    after_midnight = datetime(2026, 3, 12, 0, 0, 20, tzinfo=UTC)
    assert day_of_sources({"a": Watched(MIDNIGHT, 45)}, at=after_midnight).watch is None


def test_a_day_that_ended_while_its_source_was_away_is_not_todays() -> None:
    told = moment("2026-03-11", at=datetime(2026, 3, 12, 8, tzinfo=UTC))
    status = LinkStatus("h", state=LinkState.RETRYING, last_contact_at=datetime(2026, 3, 11, 23, 50, tzinfo=UTC), seq=1)
    told = Moment(told.state, {"h": status}, told.at, history=History(watched={"h": Watched(MIDNIGHT, 0)}))
    day = day_so_far(told, {QUEUE: today_of(told)})
    assert (str(day.date), day.is_today, day.watch, day.service.answered) == ("2026-03-11", False, None, 10)
    assert "of 11 Mar" in render_to_string("parts/_since.html", {"day": day})
