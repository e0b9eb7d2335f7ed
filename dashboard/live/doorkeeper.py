"""Who may stay: sockets are checked when they come, every 30 s, and at once when what they rest on changed.

What a viewer sees can also change with the State alone (a lead on the appliance), and a session can end by time: that
is looked at every two seconds.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakSet

import structlog
from django.db import Error as DatabaseError

from dashboard.boards.moment import Moment
from dashboard.live.admission import Bearer, Ticket, Viewer, find_bearers
from dashboard.live.registry import choose_view
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey
from dashboard.live.wall import WALLBOARD, wall_key
from dashboard.models.display import Display
from dashboard.scopes import scope_of
from realtime.feed import follow_group, send_to_group
from realtime.store import DatabaseThread

RECHECK_SECONDS = 30.0
WATCH_SECONDS = 2.0
GROUP = "dashboard.doorkeeper"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The view that somebody gets, and who that is."""

    key: ViewKey
    viewer: Viewer

    @property
    def holder(self) -> str:
        """Whose sockets are counted together."""
        return f"{'display' if isinstance(self.viewer, Display) else 'user'} {self.viewer.pk}"


def choose(viewer: Viewer, board: str, query: str, moment: Moment) -> ViewKey | None:
    """Return the view that a user or a display gets; of displays, each has its own wallboard and nothing else."""
    if isinstance(viewer, Display):
        return wall_key(viewer.wallboard.slug) if viewer.wallboard and board == WALLBOARD and not query else None
    return choose_view(board, viewer, query, scope_of(viewer, moment))


class Doorkeeper:
    """Knows the sockets of one process; a few queries check up to 500 of them. `moment` gives what is known now."""

    def __init__(self, sockets: Collection[LiveSocket], moment: Callable[[], Moment]) -> None:
        self.loop = asyncio.get_running_loop()
        self._sockets = sockets
        self._moment = moment
        self._bearers: dict[Ticket, Bearer] = {}  # as of the last check
        self._thread = DatabaseThread("doorkeeper")
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Check again and again until cancelled."""
        RUNNING.add(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._check_regularly())
                tasks.create_task(self._watch())
                tasks.create_task(self._hear_others())
        finally:
            RUNNING.discard(self)
            self._thread.close()

    def ring(self) -> None:
        """Check at once."""
        self._bell.set()

    async def admit(self, ticket: Ticket, board: str, query: str) -> Admitted | int:
        """Return the view that the holder of a ticket gets of a board, or the close code that refuses it."""
        if not ticket:
            return CloseCode.SESSION_GONE
        try:
            bearers = await self._thread.run(find_bearers, [ticket])
        except DatabaseError as error:
            log.warning("a socket was sent away, the database does not answer", error=type(error).__name__)
            return CloseCode.COME_BACK
        bearer = bearers.get(ticket)
        if bearer is None:
            return CloseCode.SESSION_GONE
        self._bearers[ticket] = bearer
        key = choose(bearer.viewer, board, query, self._moment())
        return CloseCode.NOT_ALLOWED if key is None else Admitted(key, bearer.viewer)

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
        asked = {socket.ticket for socket in sockets}
        try:
            bearers = await self._thread.run(find_bearers, asked)
        except DatabaseError as error:
            log.warning("sockets not checked, the database does not answer", error=type(error).__name__)
            return
        came_meanwhile = {socket.ticket for socket in self._sockets} - asked
        self._bearers = bearers | {ticket: self._bearers[ticket] for ticket in came_meanwhile & self._bearers.keys()}
        for socket in sockets:
            if socket.ticket not in bearers:
                socket.close(CloseCode.SESSION_GONE)
        self._check_views(sockets)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            self._check_views(list(self._sockets))
            self._check_ends(datetime.now(UTC))

    def _check_ends(self, now: datetime) -> None:
        """Have the database asked at once when a session may be over: its user may have moved the end meanwhile."""
        if any(bearer.ends_at is not None and bearer.ends_at <= now for bearer in self._bearers.values()):
            self.ring()

    def _check_views(self, sockets: Iterable[LiveSocket]) -> None:
        """Send back who gets another view now: they come again and get that one. Asks no database."""
        moment = self._moment()
        for socket in sockets:
            bearer = self._bearers.get(socket.ticket)
            if bearer and choose(bearer.viewer, socket.key.board, socket.query, moment) != socket.key:
                socket.close(CloseCode.COME_BACK)

    async def _hear_others(self) -> None:
        async for _message in follow_group(GROUP):
            self.ring()


RUNNING: WeakSet[Doorkeeper] = WeakSet()
"""Those of this process, so that a change made here needs no Redis to be heard."""


async def ring_others() -> None:
    """Have every web process check its sockets at once; without Redis they do within 30 s."""
    await send_to_group(GROUP, {"type": "doorkeeper.ring"})
