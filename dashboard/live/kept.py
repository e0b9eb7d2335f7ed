"""Something of the database in each web process, read again as soon as somebody edited it, here or elsewhere."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakSet

import structlog
from asgiref.sync import async_to_sync
from django.db import Error as DatabaseError

from realtime.feed import follow_group, send_to_group
from realtime.store import DatabaseThread

RECHECK_SECONDS = 30.0  # without Redis an edit takes this long to be seen
RETRY_SECONDS = 2.0

Value = TypeVar("Value")

log = structlog.get_logger(__name__)


class Topic(Generic[Value]):
    """One thing that is kept: its name, how it is read, and what it is before that."""

    def __init__(self, name: str, load: Callable[[], Value], empty: Value) -> None:
        self.name = name
        self.group = f"dashboard.{name}"
        self.load = load
        self.empty = empty
        self.running: WeakSet[Kept[Value]] = WeakSet()  # of this process: an edit made here needs no Redis to be seen

    def announce(self) -> None:
        """Have every web process read it again. Synchronous: for views."""
        for kept in list(self.running):
            kept.loop.call_soon_threadsafe(kept.ring)
        async_to_sync(send_to_group)(self.group, {"type": f"{self.name}.ring"})


class Kept(Generic[Value]):
    """Keeps `value` current while it runs; calls `changed` when it became another."""

    def __init__(self, topic: Topic[Value], changed: Callable[[], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.value = topic.empty
        self.loaded = asyncio.Event()
        self._topic = topic
        self._changed = changed
        self._thread = DatabaseThread(topic.name)
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        self._topic.running.add(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read_again())
                tasks.create_task(self._hear_others())
        finally:
            self._topic.running.discard(self)
            self._thread.close()

    def ring(self) -> None:
        """Read it at once."""
        self._bell.set()

    async def _read_again(self) -> None:
        while True:
            self._bell.clear()
            wait = RECHECK_SECONDS if await self._read() else RETRY_SECONDS
            try:
                async with asyncio.timeout(wait):
                    await self._bell.wait()
            except TimeoutError:
                pass

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

    async def _hear_others(self) -> None:
        async for _message in follow_group(self._topic.group):
            self.ring()
