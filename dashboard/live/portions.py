"""Many sockets, a few at a time: between two portions the loop serves others."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from dashboard.live.socket import LiveSocket

PORTION = 200


async def in_portions(sockets: Iterable[LiveSocket]) -> AsyncIterator[list[LiveSocket]]:
    """Yield the sockets of now."""
    waiting = list(sockets)
    for start in range(0, len(waiting), PORTION):
        yield waiting[start : start + PORTION]
        await asyncio.sleep(0)
