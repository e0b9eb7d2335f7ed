"""Something of the database or of a file in each web process, read again as soon as somebody edited it, wherever."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog
from django.db import Error as DatabaseError

from dashboard.live.circle import Circle
from realtime.bell import Bell
from realtime.database import DatabaseThread

RECHECK_SECONDS = 30.0  # without Redis an edit takes this long to be seen
RETRY_SECONDS = 2.0

Value = TypeVar("Value")

log = structlog.get_logger(__name__)


class Topic(Generic[Value]):
    """One thing that is kept: its name, how it is read, and what it is before that."""

    def __init__(self, name: str, load: Callable[[], Value], empty: Value) -> None:
        self.name = name
        self.load = load
        self.empty = empty
        self.circle = Circle(name)

    def announce(self) -> None:
        """Have every web process read it again. Synchronous: for views."""
        self.circle.tell()


class Kept(Generic[Value]):
    """Keeps `value` current while it runs; calls `changed` when it became another."""

    def __init__(self, topic: Topic[Value], changed: Callable[[], None]) -> None:
        self.value = topic.empty
        self.loaded = asyncio.Event()
        self._topic = topic
        self._changed = changed
        self._thread = DatabaseThread(topic.name)
        self._bell = Bell()

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._topic.circle.listen(lambda _news: self._bell.ring()))
                tasks.create_task(self._read_again())
        finally:
            self._thread.close()

    async def _read_again(self) -> None:
        while True:
            await self._bell.wait(RECHECK_SECONDS if await self._read() else RETRY_SECONDS)

    async def _read(self) -> bool:
        try:
            value = await self._thread.run(self._topic.load)
        except DatabaseError as error:
            log.warning("not read again, the last one stays", topic=self._topic.name, error=type(error).__name__)
            return False
        if value != self.value:
            self.value = value
            self._changed()
        self.loaded.set()
        return True
