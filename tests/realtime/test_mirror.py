"""What the mirror decides by itself: clocks, waits, rates. The whole of it runs in `tests.e2e`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.backoff import Backoff
from realtime.mirror import CLOCK_OFFSET_LIMIT_SECONDS, clock_offset
from realtime.rate import Rate
from tests.realtime.histories import examples


@pytest.mark.parametrize(
    ("timestamp", "now", "offset"),
    [
        (None, 100.0, None),
        (100, 100.5, 0.0),
        (100.25, 100.0, 0.25),
        (3700.0, 100.5, 3600.0),
        (0, 1.7e9, None),
        (253402300799, 1.7e9, None),
    ],
)
def test_clock_offset_is_none_where_it_tells_nothing(timestamp: float, now: float, offset: float | None) -> None:
    assert clock_offset(timestamp, now) == offset


def test_clock_offset_takes_a_clock_that_is_years_off() -> None:
    assert clock_offset(1.7e9 + CLOCK_OFFSET_LIMIT_SECONDS / 2 + 0.25, 1.7e9) == CLOCK_OFFSET_LIMIT_SECONDS / 2 + 0.25


@examples(30)
@given(st.integers(0, 2000))
def test_backoff_doubles_up_to_its_most_with_jitter(tries: int) -> None:
    backoff = Backoff(0.25, 10.0)
    waits = [backoff.next_seconds() for _ in range(tries + 1)]
    whole = min(10.0, 0.25 * 2.0 ** min(tries, 10))
    assert whole / 2 <= waits[-1] <= whole
    backoff.reset()
    assert backoff.next_seconds() <= 0.25


def test_rate_follows_a_growing_count_and_falls_back_to_nothing() -> None:
    rate = Rate()
    assert rate.per_second(1000, 0.0) == 0.0  # what was counted before we looked is no rate
    steady = [rate.per_second(1000 + 20 * second, float(second)) for second in range(1, 61)]
    assert steady == sorted(steady)
    assert steady[-1] == pytest.approx(20, abs=0.2)
    assert rate.per_second(1000 + 20 * 60, 60.0) == steady[-1]
    assert rate.per_second(1000 + 20 * 60, 160.0) == 0.0
