"""Clocks that are not right, because somebody sets ours or another differs: notice it, or do not mind it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LEAST_SECONDS = 5.0  # what is less changes no figure that anybody acts on
STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps, where there is one


class ClockWatch:
    """Compares the clock that people set, `read` in seconds, with one that only counts."""

    def __init__(self, read: Callable[[], float] = time.time) -> None:
        self._read = read
        self._ahead = self._measure()

    def leap(self) -> float:
        """Return by how many seconds the clock was set since the last look; 0.0 when it was not."""
        before, self._ahead = self._ahead, self._measure()
        leap = self._ahead - before
        return leap if abs(leap) >= LEAST_SECONDS else 0.0

    def _measure(self) -> float:
        return self._read() - time.clock_gettime(STEADY)


_STARTED_AT, _STARTED = datetime.now(UTC), time.clock_gettime(STEADY)


def steady_now() -> datetime:
    """Return the time as it would be had nobody set the clock since this process started, aware UTC."""
    return _STARTED_AT + timedelta(seconds=time.clock_gettime(STEADY) - _STARTED)


def clock_ahead(theirs: datetime, before: datetime, after: datetime) -> timedelta:
    """Return by how much our clock is ahead of another that was read between two looks at ours.

    In whole seconds, so that it stands still; nothing as long as both may agree.
    """
    least, most = before - theirs, after - theirs
    ahead = max(least, min(most, timedelta()))
    return timedelta(seconds=round(ahead.total_seconds()))
