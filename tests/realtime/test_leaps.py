"""Clocks that are set: a leap is told once, ordinary time and slow drift never."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from realtime.leaps import LEAST_SECONDS, ClockWatch, steady_now


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
