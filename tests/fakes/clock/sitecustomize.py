"""Runs first in processes under libfaketime, which refuses the call by which Python sleeps: sleep by another one."""

import select
import time


def sleep(seconds: float) -> None:
    """Sleep, as `time.sleep` does."""
    select.select((), (), (), seconds)


time.sleep = sleep  # type: ignore[assignment]
