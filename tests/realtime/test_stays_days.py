"""On which day an outcome is counted, how many days are kept, and what a wrong clock does to both."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from realtime.days import DAYS_KEPT
from realtime.look import LONGEST
from tests.realtime.test_stays import REP, SESSION, center, outcomes, waiting
from tests.realtime.watch import NOW


def test_the_day_is_the_sites() -> None:
    watch = waiting(ZoneInfo("Asia/Tokyo"))  # 18:42 UTC is the next morning there
    watch.step(deletes={"support_session": ["h:s"]})
    assert list(watch.state.queue_days) == ["h:team/7/2026-03-12"]


def test_older_days_go_when_a_new_one_begins() -> None:
    watch = center()
    for number in range(DAYS_KEPT + 3):
        watch.now = NOW + timedelta(days=number)
        watch.step(support_session={"h:s": SESSION | {"lsid": str(number), "queue_entered_at": watch.now}})
        watch.step(deletes={"support_session": ["h:s"]})
    days = sorted(row["day"] or "" for row in watch.state.queue_days.values())
    assert days == [f"{NOW + timedelta(days=number):%Y-%m-%d}" for number in range(3, DAYS_KEPT + 3)]


def test_a_clock_that_is_wrong_for_a_moment_costs_one_day_at_most() -> None:
    watch = center()
    for number in (*range(DAYS_KEPT - 1), 40, DAYS_KEPT - 1):
        watch.now = NOW + timedelta(days=number)
        watch.step(support_session={"h:s": SESSION | {"lsid": str(number), "queue_entered_at": watch.now}})
        watch.step(deletes={"support_session": ["h:s"]})
    days = sorted(row["day"] or "" for row in watch.state.queue_days.values())
    assert days == [f"{NOW + timedelta(days=number):%Y-%m-%d}" for number in (*range(1, DAYS_KEPT), 40)]


FAR = datetime(9970, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entered_at", "joined_at", "expected"),
    [
        (LONG_AGO, NOW, ("answered", int(LONGEST.total_seconds()))),
        (LONG_AGO, FAR, ("answered", int(LONGEST.total_seconds()))),
        (FAR, NOW, ("unknown", 0)),  # who was in it before it began
        (FAR, FAR, ("answered", 0)),
        (LONG_AGO, LONG_AGO, ("answered", 0)),
    ],
)
def test_a_wrong_clock_is_bounded(entered_at: datetime, joined_at: datetime, expected: tuple[str, int]) -> None:
    watch = center(ZoneInfo("Pacific/Honolulu"))
    watch.step(support_session={"h:s": SESSION | {"queue_entered_at": entered_at}})
    watch.step(representative_support_session={"h:1": REP | {"created_at": joined_at}})
    watch.step(deletes={"support_session": ["h:s"], "representative_support_session": ["h:1"]})
    assert outcomes(watch) == {expected: 1}
    first, last = (f"{at.astimezone(watch.zone):%Y-%m-%d}" for at in (NOW - LONGEST, NOW))
    assert all(first <= (row["day"] or "") <= last for row in watch.state.queue_days.values())


def test_a_session_that_begins_in_the_future_left_at_once() -> None:
    watch = center()
    watch.step(support_session={"h:s": SESSION | {"queue_entered_at": FAR}})
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("left", 0): 1}
