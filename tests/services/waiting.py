"""Wait for a condition, with a bound; the only place in the tests that sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(look: Callable[[], Found | None], seconds: float = 20.0, what: str = "the condition") -> Found:
    """Poll until `look` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s; last seen: {found!r}")
        time.sleep(0.02)
    return found


async def until(
    look: Callable[[], Awaitable[Found | None]], seconds: float = 20.0, what: str = "the condition"
) -> Found:
    """Poll in an asynchronous test until `look` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s; last seen: {found!r}")
        await asyncio.sleep(0.02)
    return found
