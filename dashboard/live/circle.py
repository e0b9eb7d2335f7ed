"""News for all web processes: who listens in the teller's own is told directly, the others by the channel layer."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import async_to_sync

from realtime.feed import follow_group, send_to_group

News = Mapping[str, Any]


class Circle:
    """Those who want one kind of news. Without Redis only those of the teller's process hear it; else those twice."""

    def __init__(self, name: str) -> None:
        self._group = f"dashboard.{name}"
        self._listeners: list[tuple[asyncio.AbstractEventLoop, Callable[[News], None]]] = []  # of this process

    def tell(self, **news: Any) -> None:
        """Tell everybody. Synchronous: for views."""
        for loop, take in list(self._listeners):
            loop.call_soon_threadsafe(take, news)
        async_to_sync(send_to_group)(self._group, {"type": "circle.news", **news})

    async def listen(self, take: Callable[[News], None]) -> None:
        """Have `take` called with all news, on this loop, until cancelled."""
        listener = (asyncio.get_running_loop(), take)
        self._listeners.append(listener)
        try:
            async for news in follow_group(self._group):
                take(news)
        finally:
            self._listeners.remove(listener)
