"""One hub per web process: who watches which view, one rendering per view and change, the same bytes to each socket.

A view may be sent ten times a second, and saves up one turn: so a change is sent at once, and so is one right behind
it; only a busy view gathers. A view that nobody watches is drawn when somebody comes. Between two views that were
drawn, and between portions of a view's sockets, the loop serves others. Everything here runs on one event loop.
"""

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from django.conf import settings

from dashboard.boards.links import Light, light, without_left
from dashboard.boards.moment import Moment
from dashboard.boards.sheets import Extract
from dashboard.live.admission import Ticket
from dashboard.live.crowd import Crowd
from dashboard.live.doorkeeper import Admitted, Doorkeeper
from dashboard.live.kept import Kept
from dashboard.live.message import Message
from dashboard.live.painting import Painting, clocks_of, render_light, render_missing
from dashboard.live.portions import in_portions
from dashboard.live.registry import OPENERS, open_list
from dashboard.live.screens import Screens
from dashboard.live.show import Show
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.tables import Tables
from dashboard.live.topics import HISTORY, PEOPLE, SOURCES, TARGETS, WALLBOARDS
from dashboard.live.view import ViewKey
from dashboard.live.wall import WALLBOARD
from dashboard.operating.metrics import RENDER, SEND, HubFigures
from dashboard.operating.processes import Attendance, Missing
from realtime.bell import Bell
from realtime.change import Applied
from realtime.replica import Replica

BUSY_SECONDS = 0.1
TICK_SECONDS = 1.0
BEAT_SECONDS = 15.0
KEEP_SECONDS = 60.0  # a view nobody watches; a reload finds it warm
KEPT_VIEWS = 200  # of those nobody watches, at most
RESTART_SECONDS = 1.0
LOAD_SECONDS = 8.0

Found = TypeVar("Found")

log = structlog.get_logger(__name__)


class Hub:
    """`run` for as long as the process serves; `join`, `leave` and `paint` from the same loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.sockets: set[LiveSocket] = set()
        self.crowd = Crowd()
        self.doorkeeper = Doorkeeper(self.sockets, self._moment)
        self.screens = Screens()
        self.attendance = Attendance()
        self._people = Kept(PEOPLE, self._note_people)
        self._wallboards = Kept(WALLBOARDS, self._note_wallboards)
        self._history = Kept(HISTORY, self._note_wallboards)
        self._configured = Kept(SOURCES, self._note_configured)
        self._targets = Kept(TARGETS, self._note_targets)
        # Without these no page is right.
        self._needed: tuple[Kept[Any], ...] = (self._people, self._wallboards, self._configured, self._targets)
        self._shows: dict[ViewKey, Show] = {}
        self._wake = Bell()
        self._light: Light | None = None
        self._missing: tuple[Missing, ...] = ()
        self._looked_since: dict[str, datetime | None] = {}
        self._replica = self._make_replica()
        self._tables = Tables(self._replica.state)

    def _make_replica(self) -> Replica:
        replica = Replica()
        replica.listen(self._touch)
        return replica

    async def run(self) -> None:
        """Follow the replica and serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._serve())
            tasks.create_task(self._watch())
            tasks.create_task(self._calm_garbage_collection())
            tasks.create_task(self.doorkeeper.run())
            tasks.create_task(self.screens.run())
            tasks.create_task(self.attendance.run())
            tasks.create_task(self._people.run())
            tasks.create_task(self._wallboards.run())
            tasks.create_task(self._history.run())
            tasks.create_task(self._configured.run())
            tasks.create_task(self._targets.run())

    async def _calm_garbage_collection(self) -> None:
        """Take the rows of the first copy out of the collector's sight: walking them would pause every view."""
        await self._replica.loaded.wait()
        self._draw_rows()  # so that the first page does not wait for it
        gc.set_threshold(50_000, 20, 100)
        gc.collect()
        gc.freeze()

    async def paint(self, key: ViewKey) -> Painting:
        """Return a view as it is now, for a page. Raises TimeoutError while the database has not been read."""
        await self._wait_loaded()
        moment = self._moment()
        show = self._show(key)
        if show.is_dirty:
            await self._refresh(show)
            show = self._show(key)  # another one, if it was given up
        return Painting(show.html(), render_light(moment), moment.at, clocks_of(moment))

    async def look(self, find: Callable[[Moment], Found]) -> Found:
        """Return what a look at everything known now finds. Raises TimeoutError as `paint` does."""
        await self._wait_loaded()
        return find(self._moment())

    async def extract(self, key: ViewKey) -> Extract:
        """Return all rows of a list. Raises TimeoutError as `paint` does."""
        await self._wait_loaded()
        return open_list(key, self._tables).extract(self._moment())

    async def is_loaded(self) -> bool:
        """Return whether the process holds what the database holds."""
        return all(loaded.is_set() for loaded in self._loaded())

    async def figures(self) -> HubFigures:
        """Return what the process serves now."""
        return HubFigures(
            sockets=len(self.sockets),
            dirty_sockets=sum(socket.steps_behind > 0 for socket in self.sockets),
            views=len(self._shows),
            tasks=len(asyncio.all_tasks()),
            positions={source: self._replica.position(source).seq for source in self._replica.statuses},
        )

    async def admit(self, ticket: Ticket, board: str, query: str) -> Admitted | int:
        """Return the view that the holder of a ticket gets of a board, or the close code that refuses it.

        The database is read first: what somebody sees depends on it, and a ticket is not to grow old while it is read.
        """
        try:
            await self._wait_loaded()
        except TimeoutError:
            return CloseCode.COME_BACK
        return await self.doorkeeper.admit(ticket, board, query)

    async def join(self, socket: LiveSocket) -> None:
        """Show a socket its view, now and from now on. Raises TimeoutError while the database has not been read."""
        await self._wait_loaded()
        show = self._show(socket.key)
        if show.is_dirty and not show.sockets:
            await self._refresh(show)
            show = self._show(socket.key)  # another one, if it was given up or dropped meanwhile
        show.sockets.add(socket)
        self.sockets.add(socket)
        if show.is_due:
            self._wake.ring()
        socket.beat(self._beat_message(with_missing=True))
        socket.paint(show.paint(), self.loop.time())

    def leave(self, socket: LiveSocket) -> None:
        """Forget a socket."""
        socket.is_closed = True
        self.sockets.discard(socket)
        show = self._shows.get(socket.key)
        if show:
            show.sockets.discard(socket)
            show.idle_since = self.loop.time()

    def acknowledge(self, socket: LiveSocket, seq: int) -> None:
        """Take note of what a browser shows; one that fell behind and caught up is painted anew."""
        show = self._shows.get(socket.key)
        if socket.acknowledge(seq) and show:
            socket.paint(show.paint(), self.loop.time())

    async def _wait_loaded(self) -> None:
        async with asyncio.timeout(LOAD_SECONDS):
            for loaded in self._loaded():
                await loaded.wait()

    def _loaded(self) -> Iterator[asyncio.Event]:
        """Yield what is set once everything has been read that a page rests on."""
        yield self._replica.loaded
        yield from (kept.loaded for kept in self._needed)

    def _moment(self) -> Moment:
        at = datetime.now(UTC)
        return Moment(
            self._replica.state,
            without_left(self._replica.statuses, self._configured.value, at),
            at,
            targets=self._targets.value,
            people=self._people.value,
            wallboards=self._wallboards.value,
            history=self._history.value,
            configured=self._configured.value,
            zone=settings.TIME_ZONE,
        )

    def _show(self, key: ViewKey) -> Show:
        show = self._shows.get(key)
        if show is None:
            show = self._shows[key] = Show(key, OPENERS[key.board](key, self._tables), self._moment())
            show.idle_since = self.loop.time()
        return show

    def _touch(self, applied: Applied) -> None:
        self._tables.mark(applied)
        self._mark_dirty(lambda show: show.board.touch(applied))

    def _note_people(self) -> None:
        """Have every row drawn again that names people: the identity map is another."""
        self._tables.mark_people()
        self._mark_dirty(lambda _show: True)

    def _note_wallboards(self) -> None:
        """Have every wallboard looked at again: one of them, a draft or the last hour is another."""
        self._mark_dirty(lambda show: show.key.board == WALLBOARD)

    def _note_targets(self) -> None:
        """Have every row judged again: waits have other targets."""
        self._tables.mark_targets()
        self._mark_dirty(lambda _show: True)

    def _note_configured(self) -> None:
        """Have every view looked at again: sources.toml names others."""
        self._mark_dirty(lambda _show: True)

    def _mark_dirty(self, concerns: Callable[[Show], bool]) -> None:
        """Have every view looked at again that something concerns."""
        for show in list(self._shows.values()):
            try:
                is_dirty = concerns(show)
            except Exception as error:  # a bug in one board must not darken the others
                self._abandon(show, error)
                continue
            if is_dirty:
                show.is_dirty = True
                if show.sockets:
                    self._wake.ring()

    def _abandon(self, show: Show, error: Exception) -> None:
        """Give up a view whose board failed. Its pages come back for a new one; none shows old rows as live."""
        log.exception("a view failed", view=show.key, exc_info=error)
        if self._shows.get(show.key) is show:  # a late look at it must not take its successor away
            del self._shows[show.key]
        for socket in list(show.sockets):
            socket.close(CloseCode.COME_BACK)

    async def _follow(self) -> None:
        """Keep a replica running. One that a bug ended is replaced, and every view drawn from the new one."""
        while True:
            try:
                await self._replica.run()
            except* Exception as errors:
                log.exception("the replica ended, starting another", exc_info=errors)
            await asyncio.sleep(RESTART_SECONDS)
            self._replica = self._make_replica()
            self._tables = Tables(self._replica.state)
            for socket in list(self.sockets):
                socket.close(CloseCode.COME_BACK)
            self._shows.clear()

    async def _serve(self) -> None:
        """Send what changed."""
        while True:
            await self._wake.wait(self._rest_seconds())
            now = self.loop.time()
            for show in [one for one in self._shows.values() if one.is_due and one.next_at <= now]:
                await self._refresh(show)
                if show.has_drawn:
                    await asyncio.sleep(0)

    def _rest_seconds(self) -> float | None:
        """Return how long until the next view that is due may be sent; None to wait for the next change."""
        next_at = min((show.next_at for show in self._shows.values() if show.is_due), default=None)
        return None if next_at is None else next_at - self.loop.time()

    async def _refresh(self, show: Show) -> None:
        """Look again and send, one step after the other: a page may ask while the last step is still being sent."""
        async with show.turn:
            try:
                with RENDER.time():
                    message = show.refresh(self._moment())
            except Exception as error:  # a bug in one board must not darken the others
                self._abandon(show, error)
                return
            if show.has_drawn:
                show.next_at = max(show.next_at, self.loop.time() - BUSY_SECONDS) + BUSY_SECONDS
            if message is not None:
                with SEND.time():
                    await self._send(show.sockets, message)

    async def _send(self, sockets: Iterable[LiveSocket], message: Message) -> None:
        now = self.loop.time()
        async for portion in in_portions(sockets):
            for socket in portion:
                socket.push(message, now)

    async def _watch(self) -> None:
        """Once a second: what time alone changed, who is too slow, the heartbeat."""
        next_beat_at = 0.0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if not self._replica.loaded.is_set():
                continue
            self._tick()
            self._close_slow()
            self._drop_unwatched()
            now = self.loop.time()
            missing_changed = self._missing_changed()
            if self._light_changed() or missing_changed or now >= next_beat_at:
                next_beat_at = now + BEAT_SECONDS
                self._draw_rows()
                await self._beat(self._beat_message(with_missing=missing_changed))

    def _draw_rows(self) -> None:
        """Bring every row up to now, whether anybody looks or not: what changed must not pile up."""
        try:
            self._tables.refresh(self._moment())
        except Exception as error:  # a bug in one row must not end the hub; a view that shows it fails by itself
            log.exception("a row failed", exc_info=error)

    def _tick(self) -> None:
        moment = self._moment()
        self._note_looks(moment)
        self._mark_dirty(lambda show: show.board.tick(moment))

    def _note_looks(self, moment: Moment) -> None:
        """Have rows drawn again that say how long something lasted at least: since our look at its source began."""
        looked_since = {name: status.state_since for name, status in moment.statuses.items()}
        if looked_since != self._looked_since:
            self._looked_since = looked_since
            self._tables.mark_looks()
            self._mark_dirty(lambda _show: True)

    def _close_slow(self) -> None:
        now = self.loop.time()
        for socket in list(self.sockets):
            if socket.is_slow(now):
                socket.close(CloseCode.SLOW)

    def _drop_unwatched(self) -> None:
        ends = self.loop.time() - KEEP_SECONDS
        unwatched = sorted(
            (show for show in self._shows.values() if not show.sockets), key=lambda show: show.idle_since
        )
        for place, show in enumerate(reversed(unwatched)):
            if place >= KEPT_VIEWS or show.idle_since < ends:
                del self._shows[show.key]

    def _light_changed(self) -> bool:
        before, moment = self._light, self._moment()
        self._light = light(moment.statuses, moment.at)
        return self._light != before

    def _missing_changed(self) -> bool:
        before, self._missing = self._missing, self.attendance.missing
        return self._missing != before

    def _beat_message(self, *, with_missing: bool) -> Message:
        """Missing processes are told when they change and to who joins: a screen reader says them each time."""
        light = render_light(self._moment())
        return Message((light + render_missing(self._missing) if with_missing else light).encode())

    async def _beat(self, message: Message) -> None:
        async for portion in in_portions(self.sockets):
            for socket in portion:
                socket.beat(message)
