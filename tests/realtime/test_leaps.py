"""Clocks that are set: a leap is told once, ordinary time and slow drift never."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from realtime.leaps import LEAST_SECONDS, ClockWatch, clock_ahead, steady_now


@pytest.mark.parametrize("seconds", [-600.0, 600.0])
def test_a_leap_is_told_once(seconds: float) -> None:
    shift = 0.0
    watch = ClockWatch(lambda: time.time() + shift)
    assert watch.leap() == 0.0
    shift = seconds
    assert watch.leap() == pytest.approx(seconds, abs=1)
    assert watch.leap() == 0.0
    shift += LEAST_SECONDS - 1
    assert watch.leap() == 0.0


def test_steady_time_is_the_time_while_nobody_sets_the_clock() -> None:
    before = steady_now()
    assert abs(before - datetime.now(UTC)) < timedelta(seconds=2)
    assert steady_now() > before


@pytest.mark.parametrize(
    ("before", "after", "ahead"),
    [
        (0.0, 0.0, 0),
        (-0.4, 3.5, 0),  # the answer took its time, the clocks may agree
        (0.001, 0.1, 0),  # theirs is read in whole milliseconds
        (599.9, 600.2, 600),
        (-600.2, -599.9, -600),
        (599.9, 640.0, 600),
        (-640.0, -599.9, -600),
    ],
)
def test_another_clock_is_as_far_off_as_is_sure(before: float, after: float, ahead: int) -> None:
    theirs = datetime(2026, 10, 25, 1, tzinfo=UTC)
    ours = (theirs + timedelta(seconds=seconds) for seconds in (before, after))
    assert clock_ahead(theirs, *ours) == timedelta(seconds=ahead)
