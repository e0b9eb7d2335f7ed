"""A State kept current inside a web process: loaded from the database once, then following what is published.

A message that does not follow the last one means something was missed: that source is read from the database again.
The feed may fall silent without our noticing, so every 2 s the places in the streams are compared with the `Link` rows.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from django.db import Error as DatabaseError

from realtime import feed, store
from realtime.change import Applied
from realtime.database import DatabaseThread
from realtime.feed import Published
from realtime.state import State
from realtime.status import LEASE_SECONDS, SKEW, LinkState, LinkStatus
from realtime.store import Copy, Position

COMPARE_SECONDS = 2.0
GRACE_SECONDS = 0.25  # for a message that is on its way when the places are compared

log = structlog.get_logger(__name__)

Listener = Callable[[Applied], None]
NOWHERE = Position("", 0)
BEGINNING = datetime.min.replace(tzinfo=UTC)


def with_lease(status: LinkStatus, now: datetime) -> LinkStatus:
    """Return a published status with the lease that its being published proves."""
    if status.state is LinkState.STOPPED:
        return status
    return replace(status, lease_expires_at=now + timedelta(seconds=LEASE_SECONDS))


def _age(status: LinkStatus) -> tuple[datetime, int, datetime]:
    """Return what grows from one picture of a link to the next; a restarted mirror counts its messages anew."""
    return (status.state_since or BEGINNING, status.message_count, status.lease_expires_at or BEGINNING)


def _is_ahead(status: LinkStatus, now: datetime) -> bool:
    """Whether a picture was made before our clock was set back, so that its times say nothing."""
    return max(status.state_since or BEGINNING, status.lease_expires_at or BEGINNING) > now + SKEW


class Replica:
    """Follows all sources. `state` and `statuses` are read at will from the event loop; `listen` hears every step."""

    def __init__(self) -> None:
        self.state = State()
        self.statuses: dict[str, LinkStatus] = {}
        self.reload_count = 0
        self.loaded = asyncio.Event()  # set once every source that the database knows has been read
        self._positions: dict[str, Position] = {}
        self._waiting: dict[str, list[Published]] = {}  # sources being read again -> what came meanwhile
        self._unread: set[str] = set()  # sources whose last reading the database broke off
        self._listeners: list[Listener] = []
        self._thread = DatabaseThread("replica")
        self._loads: set[asyncio.Task[None]] = set()
        self._has_compared = False

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every step that altered the State, from now on."""
        self._listeners.append(listener)

    async def run(self) -> None:
        """Load, then follow until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow())
                tasks.create_task(self._compare())
        finally:
            for load in self._loads:
                load.cancel()
            self._thread.close()

    def position(self, source: str) -> Position:
        """Return the place in a source's stream that the State has reached."""
        return self._positions.get(source, NOWHERE)

    async def _follow(self) -> None:
        async for message in feed.follow():
            if isinstance(message, LinkStatus):
                self._note(with_lease(message, datetime.now(UTC)))
            else:
                self._take(message)

    def _note(self, status: LinkStatus) -> None:
        """Keep the newer of two pictures of a link: the feed's and the database's come at their own pace."""
        held = self.statuses.get(status.source)
        if held is None or _age(status) >= _age(held) or _is_ahead(held, datetime.now(UTC)):
            place = self.position(status.source)  # a published picture does not know it
            self.statuses[status.source] = replace(status, seq=max(status.seq, place.seq))

    def _take(self, message: Published) -> None:
        source = message.source
        if source in self._waiting:
            self._waiting[source].append(message)
            return
        seq = self.position(source).seq
        if message.position.seq <= seq:
            return  # already inside what was read from the database
        if message.change is None or message.position.seq != seq + 1:
            self._read_again(source)
            return
        self._positions[source] = message.position
        self._tell(self.state.apply(message.change))

    def _tell(self, applied: Applied) -> None:
        if applied:
            for listener in self._listeners:
                listener(applied)

    def _read_again(self, source: str) -> None:
        if source not in self._waiting:
            self._waiting[source] = []
            task = asyncio.create_task(self._load(source))
            self._loads.add(task)
            task.add_done_callback(self._loads.discard)

    async def _load(self, source: str) -> None:
        try:
            self._replace(source, await self._thread.run(store.load, source))
        except DatabaseError as error:
            log.warning("database not reachable, the picture stands still", source=source, error=type(error).__name__)
            del self._waiting[source]  # the next comparison tries again
            self._unread.add(source)
        except Exception:
            log.exception("a bug keeps a source from being read", source=source)
            del self._waiting[source]
        else:
            for message in self._waiting.pop(source):
                self._take(message)
            self._unread.discard(source)
            self._note_loaded()

    def _note_loaded(self) -> None:
        if self._has_compared and not self._waiting and not self._unread:
            self.loaded.set()

    def _replace(self, source: str, copy: Copy) -> None:
        self.reload_count += 1
        self._positions[source] = copy.position
        self._tell(self.state.apply(self.state.difference(source, copy.rows)))

    async def _compare(self) -> None:
        while True:
            try:
                statuses = await self._thread.run(store.load_statuses)
            except DatabaseError as error:
                log.warning("database not reachable, the picture stands still", error=type(error).__name__)
            else:
                for status in statuses.values():
                    self._note(status)
                self._forget_sources(statuses)
                before = dict(self._positions)
                await asyncio.sleep(GRACE_SECONDS if self._positions else 0)
                self._read_missed(statuses, before)
                self._has_compared = True
                self._note_loaded()
            await asyncio.sleep(COMPARE_SECONDS)

    def _read_missed(self, statuses: dict[str, LinkStatus], before: dict[str, Position]) -> None:
        """Read again every source whose stored place is another than ours, unless news moved us meanwhile."""
        for source, status in statuses.items():
            has_moved = self.position(source) != before.get(source, NOWHERE)
            if self.position(source) != Position(status.epoch, status.seq) and not has_moved:
                self._read_again(source)

    def _forget_sources(self, statuses: dict[str, LinkStatus]) -> None:
        """Drop sources whose rows an operator took out of the database."""
        self._unread &= statuses.keys()
        for source in self.statuses.keys() - statuses.keys():
            del self.statuses[source]
        for source in self._positions.keys() - statuses.keys():
            del self._positions[source]
            self._tell(self.state.apply(self.state.difference(source, {})))
