"""Who may stay: sockets are checked when they come, every 30 s, and at once when what they rest on changed.

A socket is looked up before it is one of those that are checked, so what changes in between would be missed: each
ring is counted, and who was looked up before the last one is looked up again as soon as they are in.

What a viewer sees can also change with the State alone (a lead on the appliance), and a session can end by time: that
is looked at every two seconds.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import Error as DatabaseError

from dashboard.boards.moment import Moment
from dashboard.live.admission import Bearer, Ticket, Viewer, find_bearers
from dashboard.live.circle import Circle
from dashboard.live.portions import in_portions
from dashboard.live.registry import choose_view
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey
from dashboard.live.wall import WALLBOARD, wall_key
from dashboard.models.display import Display
from dashboard.permission import rights_of
from dashboard.scopes import scope_of
from realtime.bell import Bell
from realtime.database import DatabaseThread

RECHECK_SECONDS = 30.0
RETRY_SECONDS = 2.0
WATCH_SECONDS = 2.0
CIRCLE = Circle("doorkeeper")
"""Who is told of changes checks all sockets at once; without Redis other processes do so within 30 s."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The view that somebody gets, who that is, and how many rings there had been when that was asked."""

    key: ViewKey
    bearer: Bearer
    rings: int

    @property
    def viewer(self) -> Viewer:
        """Who it is."""
        return self.bearer.viewer

    @property
    def holder(self) -> str:
        """Whose sockets are counted together."""
        return f"{'display' if isinstance(self.viewer, Display) else 'user'} {self.viewer.pk}"


def choose(viewer: Viewer, board: str, query: str, moment: Moment) -> ViewKey | None:
    """Return the view that a user or a display gets; of displays, each has its own wallboard and nothing else."""
    if isinstance(viewer, Display):
        return wall_key(viewer.wallboard.slug) if viewer.wallboard and board == WALLBOARD and not query else None
    return choose_view(board, viewer, query, scope_of(viewer, moment))


def stance_of(viewer: Viewer, moment: Moment) -> Hashable:
    """Return all that a view is chosen by, beside what its address asks for."""
    if isinstance(viewer, Display):
        return viewer.wallboard.slug if viewer.wallboard else ""
    return scope_of(viewer, moment), rights_of(viewer)


def keeps_view(socket: LiveSocket, viewer: Viewer, moment: Moment) -> bool:
    """Say whether a socket's view is still the one that its viewer gets.

    Many sockets are asked about every other second: so each viewer's stance is found once a moment, a view is chosen
    again only where that is another, and then once for all who ask for the same.
    """
    stance = moment.once(("stance", id(viewer)), lambda: stance_of(viewer, moment))
    if stance == socket.stance:
        return True
    board, query = socket.key.board, socket.query
    chosen = moment.once(("view", stance, board, query), lambda: choose(viewer, board, query, moment))
    if chosen == socket.key:
        socket.stance = stance
    return bool(chosen == socket.key)


class Desk:
    """Looks up who is behind tickets: one after the other would keep a crowd waiting that comes at once.

    So whoever comes while a look-up is at work is in the next one, together with all others who do.
    """

    def __init__(self, thread: DatabaseThread) -> None:
        self._thread = thread
        self._turn = asyncio.Lock()
        self._asked: set[Ticket] = set()
        self._next: asyncio.Task[dict[Ticket, Bearer]] | None = None

    async def find(self, ticket: Ticket) -> Bearer | None:
        """Return who is behind a ticket, by a look that begins after the asking. Raises DatabaseError."""
        self._asked.add(ticket)
        if self._next is None:
            self._next = asyncio.create_task(self._look())
        bearers = await asyncio.shield(self._next)  # who leaves ends nobody else's look
        return bearers.get(ticket)

    async def _look(self) -> dict[Ticket, Bearer]:
        async with self._turn:
            asked, self._asked, self._next = self._asked, set(), None
            return await self._thread.run(find_bearers, asked)


class Doorkeeper:
    """Knows the sockets of one process; a few queries check up to 500 of them. `moment` gives what is known now."""

    def __init__(self, sockets: Collection[LiveSocket], moment: Callable[[], Moment]) -> None:
        self._sockets = sockets
        self._moment = moment
        self._bearers: dict[Ticket, Bearer] = {}  # of the sockets, as of the last check
        self._rings = 0
        self._thread = DatabaseThread("doorkeeper")
        self._desk = Desk(self._thread)
        self._bell = Bell()

    async def run(self) -> None:
        """Check again and again until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(CIRCLE.listen(lambda _news: self.ring()))
                tasks.create_task(self._check_regularly())
                tasks.create_task(self._watch())
        finally:
            self._thread.close()

    def ring(self) -> None:
        """Check at once."""
        self._rings += 1
        self._bell.ring()

    async def admit(self, ticket: Ticket, board: str, query: str) -> Admitted | int:
        """Return the view that the holder of a ticket gets of a board, or the close code that refuses it."""
        if not ticket:
            return CloseCode.SESSION_GONE
        rings = self._rings
        try:
            bearer = await self._desk.find(ticket)
        except DatabaseError as error:
            log.warning("a socket was sent away, the database does not answer", error=type(error).__name__)
            return CloseCode.COME_BACK
        if bearer is None:
            return CloseCode.SESSION_GONE
        key = choose(bearer.viewer, board, query, self._moment())
        return CloseCode.NOT_ALLOWED if key is None else Admitted(key, bearer, rings)

    def note(self, ticket: Ticket, admitted: Admitted) -> None:
        """Remember who is behind a socket that has just joined; to be called in the same turn of the loop."""
        self._bearers[ticket] = admitted.bearer
        if admitted.rings != self._rings:
            self._bell.ring()

    async def _check_regularly(self) -> None:
        wait_seconds = RECHECK_SECONDS
        while True:
            await self._bell.wait(wait_seconds)
            wait_seconds = RECHECK_SECONDS if await self._check(list(self._sockets)) else RETRY_SECONDS

    async def _check(self, sockets: Iterable[LiveSocket]) -> bool:
        """Send away whose ticket stands no more; return whether the database answered."""
        asked = {socket.ticket for socket in sockets}
        try:
            bearers = await self._thread.run(find_bearers, asked)
        except DatabaseError as error:
            log.warning("sockets not checked, the database does not answer", error=type(error).__name__)
            return False
        came_meanwhile = {socket.ticket for socket in self._sockets} - asked
        self._bearers = bearers | {ticket: self._bearers[ticket] for ticket in came_meanwhile & self._bearers.keys()}
        for socket in sockets:
            if socket.ticket not in bearers:
                socket.close(CloseCode.SESSION_GONE)
        await self._check_views(sockets)
        return True

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await self._check_views(self._sockets)
            self._check_ends(datetime.now(UTC))

    def _check_ends(self, now: datetime) -> None:
        """Have the database asked at once when a session may be over: its user may have moved the end meanwhile."""
        if any(bearer.ends_at is not None and bearer.ends_at <= now for bearer in self._bearers.values()):
            self.ring()

    async def _check_views(self, sockets: Iterable[LiveSocket]) -> None:
        """Send back who gets another view now: they come again and get that one. Asks no database."""
        async for portion in in_portions(sockets):
            moment = self._moment()
            for socket in portion:
                bearer = self._bearers.get(socket.ticket)
                if bearer and not keeps_view(socket, bearer.viewer, moment):
                    socket.close(CloseCode.COME_BACK)
