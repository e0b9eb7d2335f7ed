"""Who may stay: sockets are checked when they come, every 30 s, and at once when a session or a user changed."""

import asyncio
from collections.abc import Collection, Iterable
from weakref import WeakSet

import structlog
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from dashboard.live.admission import find_viewers
from dashboard.live.registry import choose_view
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey
from realtime.feed import follow_group
from realtime.store import DatabaseThread

RECHECK_SECONDS = 30.0
GROUP = "dashboard.doorkeeper"
RING_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Doorkeeper:
    """Knows the sockets of one process; two queries check up to 500 of them."""

    def __init__(self, sockets: Collection[LiveSocket]) -> None:
        self.loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._thread = DatabaseThread("doorkeeper")
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Check again and again until cancelled."""
        RUNNING.add(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._check_regularly())
                tasks.create_task(self._hear_others())
        finally:
            RUNNING.discard(self)
            self._thread.close()

    def ring(self) -> None:
        """Check at once."""
        self._bell.set()

    async def admit(self, session_key: str, board: str, query: str) -> ViewKey | int:
        """Return the view that a session gets of a board, or the close code that refuses it."""
        if not session_key:
            return CloseCode.SESSION_GONE
        try:
            viewers = await self._thread.run(find_viewers, [session_key])
        except DatabaseError as error:
            log.warning("a socket was sent away, the database does not answer", error=type(error).__name__)
            return CloseCode.COME_BACK
        viewer = viewers.get(session_key)
        if viewer is None:
            return CloseCode.SESSION_GONE
        return choose_view(board, viewer, query) or CloseCode.NOT_ALLOWED

    async def _check_regularly(self) -> None:
        while True:
            try:
                async with asyncio.timeout(RECHECK_SECONDS):
                    await self._bell.wait()
            except TimeoutError:
                pass
            self._bell.clear()
            await self._check(list(self._sockets))

    async def _check(self, sockets: Iterable[LiveSocket]) -> None:
        try:
            viewers = await self._thread.run(find_viewers, {socket.session_key for socket in sockets})
        except DatabaseError as error:
            log.warning("sockets not checked, the database does not answer", error=type(error).__name__)
            return
        for socket in sockets:
            viewer = viewers.get(socket.session_key)
            if viewer is None:
                socket.close(CloseCode.SESSION_GONE)
            elif choose_view(socket.key.board, viewer, socket.query) != socket.key:
                socket.close(CloseCode.COME_BACK)  # another scope now: it comes back and gets that one

    async def _hear_others(self) -> None:
        async for _message in follow_group(GROUP):
            self.ring()


RUNNING: WeakSet[Doorkeeper] = WeakSet()
"""Those of this process, so that a change made here needs no Redis to be heard."""


async def ring_others() -> None:
    """Have every web process check its sockets at once; without Redis they do within 30 s."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(RING_SECONDS):
            await layer.group_send(GROUP, {"type": "doorkeeper.ring"})
    except (OSError, RedisError) as error:
        log.warning("other web processes were not told to check their sockets", error=type(error).__name__)
