"""A stand-in appliance on one port: OAuth, command API and the real-time state websocket, over a simulated center.

async with Simulator(Options(sessions=20)) as simulator:
    ... simulator.url, simulator.truth(), await simulator.fault("restart") ...
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from realtime.simulator import control, endpoints
from realtime.simulator.account import Account
from realtime.simulator.center import Center
from realtime.simulator.command_api import CommandApi
from realtime.simulator.dialect import Freedom
from realtime.simulator.faults import Fault, PlannedFault, Troubles
from realtime.simulator.ledger import Deletes, Tables, Update
from realtime.simulator.options import Options
from realtime.simulator.sabotage import Sabotage
from realtime.simulator.subscriber import Subscriber

log = logging.getLogger(__name__)


class Simulator:
    """One appliance. Only its own event loop may touch it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.freedoms = options.freedoms
        self.troubles = Troubles()
        self.account = Account(
            options.client_id,
            options.client_secret,
            options.token_seconds,
            options.requests_per_second,
            options.requests_per_hour,
        )
        self.center = Center(
            options.seed,
            time.time(),
            options.reps,
            options.sessions,
            options.rate / options.speed,
            options.hour,
            options.ids,
            first_skew(options.faults),
            options.speed,
        )
        self.commands = CommandApi(self.center, options.company_name)
        self.subscribers: dict[Subscriber, None] = {}
        self.writable = asyncio.Event()
        self.writable.set()
        self.connections = self.messages_sent = self.bytes_sent = self.changes = 0
        self.paused = False
        self._sabotage = Sabotage(self)
        self._seeds = itertools.count(options.seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, self.options.host, self.options.port).start()
        self._anchor()
        self.spawn(self._run())
        for planned in self.options.faults:
            self.spawn(self._cause_later(planned))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        self.writable.set()
        for subscriber in list(self.subscribers):
            subscriber.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._runner.addresses[0][1])

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{self.options.host}:{self.port}"

    def truth(self) -> Tables:
        """Return a copy of the appliance's tables: {table: {row id: {field: value}}}."""
        return {
            table: {row_id: dict(fields) for row_id, fields in rows.items()}
            for table, rows in self.center.tables.items()
        }

    def status(self) -> dict[str, Any]:
        """Return what happened so far."""
        return {
            "now": self.clock(),
            "paused": self.paused,
            "mints": self.account.mints,
            "valid_tokens": self.account.token_count(asyncio.get_running_loop().time()),
            "connections": self.connections,
            "open": len(self.subscribers),
            "subscribed": sum(subscriber.subscribed for subscriber in self.subscribers),
            "messages_sent": self.messages_sent,
            "bytes_sent": self.bytes_sent,
            "changes": self.changes,
            "freedoms": sorted(self.freedoms),
        }

    def pause(self) -> None:
        """Let the center stand still; its clock as well."""
        self._advance()
        self.paused = True

    def resume(self) -> None:
        """Let the center go on where it stood."""
        self._anchor()
        self.paused = False

    def apply(self, insert: Tables | None = None, update: Tables | None = None, delete: Deletes | None = None) -> None:
        """Change the truth by hand and tell all subscribers; values in the shape of `truth`."""
        change = self.center.apply(insert or {}, update or {}, delete or {})
        if change is not None:
            self._publish(change)

    def raw(self, content: str | bytes) -> None:
        """Send anything to all subscribers."""
        for subscriber in self._subscribed():
            subscriber.send(content.encode() if isinstance(content, str) else content)

    def set_freedoms(self, freedoms: frozenset[Freedom]) -> None:
        """Write differently from now on."""
        self.freedoms = freedoms
        for subscriber in self._subscribed():
            if subscriber.dialect is not None:
                subscriber.speak(subscriber.dialect.tables)

    async def fault(self, name: str, arg: float | None = None, on: bool = True) -> None:
        """Cause a fault by name (`Fault`), or switch a lasting one off."""
        await self._sabotage.cause(Fault(name), arg, on)

    async def drained(self) -> None:
        """Wait until every message queued so far was handed to the operating system."""
        for subscriber in list(self.subscribers):
            await subscriber.drained()

    def clock(self) -> float:
        """Return the appliance's time, a UNIX timestamp, skewed if it is."""
        return self.center.clock(self._now())

    def has_room(self) -> bool:
        """Say whether another integration may receive updates."""
        return len(self._subscribed()) < self.options.most_integrations

    def copy_for(self, subscriber: Subscriber) -> None:
        """Queue the full copy; the updates after it follow because the subscriber now has a dialect."""
        if subscriber.dialect is not None:
            copy = subscriber.dialect.copy(self.center.tables, self.options.rows_per_message)
            subscriber.send(*copy, allowed=True)

    def next_seed(self) -> int:
        """Return a seed for one connection's variety."""
        return next(self._seeds)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the server until it ends or the server does."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[endpoints.hang_when_half_open])
        application[endpoints.SIMULATOR] = self
        application.add_routes(endpoints.ROUTES)
        if self.options.control:
            application.add_routes(control.ROUTES)
        return application

    def _subscribed(self) -> list[Subscriber]:
        return [subscriber for subscriber in self.subscribers if subscriber.subscribed]

    def _anchor(self) -> None:
        self._anchored_at, self._center_at = time.monotonic(), self.center.now

    def _now(self) -> float:
        if self.paused:
            return self.center.now
        return self._center_at + (time.monotonic() - self._anchored_at) * self.options.speed

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.options.tick_seconds)
            if not self.paused:
                self._advance()

    def _advance(self) -> None:
        for update in self.center.advance(self._now()):
            self._publish(update)

    def _publish(self, update: Update) -> None:
        self.changes += update.row_count
        shared: dict[frozenset[str] | None, list[bytes]] = {}
        for subscriber in self._subscribed():
            dialect = subscriber.dialect
            if dialect is None:
                continue
            if not dialect.is_shared:
                subscriber.send(*dialect.messages(update))
                continue
            if dialect.tables not in shared:
                shared[dialect.tables] = dialect.messages(update)
            subscriber.send(*shared[dialect.tables])

    async def _cause_later(self, planned: PlannedFault) -> None:
        if planned.after_seconds:
            await asyncio.sleep(planned.after_seconds)
        await self._sabotage.cause(planned.fault, planned.arg, on=True)


def first_skew(faults: tuple[PlannedFault, ...]) -> float:
    """Return the clock skew to start with."""
    skews = [planned.arg for planned in faults if planned.fault is Fault.SKEW and not planned.after_seconds]
    return skews[-1] or 0.0 if skews else 0.0
