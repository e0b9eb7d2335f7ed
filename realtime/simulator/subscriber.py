"""One integration's websocket: its dialogue, what is queued for it, and a reader that lags is cut off."""

import asyncio
import logging
from collections import deque
from typing import Any, Protocol

import orjson
from aiohttp import WSMsgType, web

from realtime.schema import TABLE_ALIASES, TABLES
from realtime.simulator.account import Account
from realtime.simulator.dialect import Dialect, Freedom
from realtime.simulator.faults import Troubles

log = logging.getLogger(__name__)

LONGEST_REQUEST_BYTES = 1024 * 1024
SLOW_STEPS_PER_SECOND = 10
CLOSE_SECONDS = 1.0


class Appliance(Protocol):
    """What a connection asks of its appliance."""

    account: Account
    troubles: Troubles
    writable: asyncio.Event
    freedoms: frozenset[Freedom]
    messages_sent: int
    bytes_sent: int

    def clock(self) -> float:
        """The appliance's time."""

    def has_room(self) -> bool:
        """Whether another integration may receive updates."""

    def copy_for(self, subscriber: "Subscriber") -> None:
        """Queue the full copy and all later updates."""

    def next_seed(self) -> int:
        """A seed for a connection's variety."""


class Subscriber:
    """Reads requests, queues messages, writes frames."""

    def __init__(self, appliance: Appliance, socket: web.WebSocketResponse, backlog_limit_bytes: int) -> None:
        self.dialect: Dialect | None = None
        self.transport: asyncio.Transport | None = None
        self._appliance = appliance
        self._socket = socket
        self._limit_bytes = backlog_limit_bytes
        self._queue: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._allowance_bytes = backlog_limit_bytes
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._authenticated = False
        self._closing = False
        self._received = b""

    @property
    def subscribed(self) -> bool:
        """The integration receives updates."""
        return self.dialect is not None

    async def serve(self) -> None:
        """Run until either side ends the connection."""
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            self.dialect = None
            self._idle.set()

    def send(self, *messages: bytes, allowed: bool = False) -> None:
        """Queue messages; `allowed` ones (a full copy) do not count as lagging behind."""
        size = sum(map(len, messages))
        self._queue.extend(messages)
        self._backlog_bytes += size
        if allowed:
            self._allowance_bytes = self._backlog_bytes + self._limit_bytes
        if self._backlog_bytes > self._allowance_bytes:
            log.warning("an integration was too far behind the stream and is disconnected")
            self.drop()
        self._idle.clear()
        self._wake.set()

    def drop(self) -> None:
        """End the TCP connection without a word."""
        self.dialect = None
        self._queue.clear()
        if self.transport is not None:
            self.transport.abort()

    async def drained(self) -> None:
        """Wait until everything queued was handed to the operating system."""
        await self._idle.wait()

    def freeze(self, frozen: bool) -> None:
        """Stop or go on reading from the wire."""
        if self.transport is None or self.transport.is_closing():
            return
        if frozen:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def speak(self, tables: frozenset[str] | None) -> None:
        """Take up the appliance's present freedoms for the subscribed tables."""
        self.dialect = Dialect(self._appliance.freedoms, tables, self._appliance.next_seed())

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            await self._appliance.writable.wait()
            match message.type:
                case WSMsgType.TEXT:
                    self._take(message.data.encode())
                case WSMsgType.BINARY:
                    self._take(message.data)
                case WSMsgType.PING if not self._appliance.troubles.ignore_pings:
                    await self._socket.pong(message.data)
                case WSMsgType.PING | WSMsgType.PONG:
                    pass
                case _:
                    return

    def _take(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        if len(self._received) > LONGEST_REQUEST_BYTES:
            self.drop()
        for line in lines:
            if line.strip():
                self._answer(line)

    def _answer(self, line: bytes) -> None:
        try:
            request = orjson.loads(line)
        except orjson.JSONDecodeError:
            self.drop()
            return
        match request:
            case {"type": "authenticate", "credentials": {"bearer_token": str(token)}}:
                self._authenticate(token)
            case {"type": "subscribe", "tables": tables}:
                self._subscribe(tables)
            case _:
                log.info("an integration sent an unknown request")

    def _authenticate(self, token: str) -> None:
        reason = ""
        if self._appliance.troubles.missing_permission:
            reason = "The API account does not have permission to use the real-time state API."
        elif not self._appliance.account.knows(token, asyncio.get_running_loop().time()):
            reason = "The bearer token is invalid or has expired."
        self._authenticated = not reason
        self._respond("authenticate_response", reason)

    def _subscribe(self, requested: object) -> None:
        tables = read_tables(requested)
        reason = ""
        if not self._authenticated:
            reason = "The integration is not authenticated."
        elif tables is not None and not tables:
            reason = "The requested tables are not in the model."
        elif not self._appliance.has_room():
            reason = "The maximum number of connected integrations has been reached."
        self._respond("subscribe_response", reason, timestamp=int(self._appliance.clock()))
        if reason:
            return
        self.speak(tables)
        if self._appliance.troubles.close_after_subscribe:
            self._closing = True
        else:
            self._appliance.copy_for(self)

    def _respond(self, kind: str, reason: str, **more: Any) -> None:
        response = {"type": kind, **more, "success": not reason}
        if reason:
            response["reason"] = reason
        self.send(orjson.dumps(response) + b"\n")

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    await self._write_next()
                self._idle.set()
                if self._closing:
                    await asyncio.wait_for(self._socket.close(), CLOSE_SECONDS)
        except (ConnectionError, RuntimeError):
            self.drop()

    async def _write_next(self) -> None:
        messages = [self._queue.popleft()]
        while self._queue and Freedom.MERGE in self._appliance.freedoms and len(messages) < 5:
            messages.append(self._queue.popleft())
        dialect = self.dialect or Dialect(self._appliance.freedoms)
        for frame in dialect.frames(messages):
            await self._appliance.writable.wait()
            await self._send_frame(frame)
        self._backlog_bytes -= sum(map(len, messages))
        self._allowance_bytes = max(
            self._limit_bytes, min(self._allowance_bytes, self._backlog_bytes + self._limit_bytes)
        )
        self._appliance.messages_sent += len(messages)

    async def _send_frame(self, frame: bytes | str) -> None:
        bytes_per_second = self._appliance.troubles.slow
        step = max(int(bytes_per_second / SLOW_STEPS_PER_SECOND), 1) if bytes_per_second else len(frame) or 1
        for start in range(0, len(frame), step):
            piece = frame[start : start + step]
            if isinstance(piece, str):
                await self._socket.send_str(piece)
            else:
                await self._socket.send_bytes(piece)
            self._appliance.bytes_sent += len(piece)
            if bytes_per_second:
                await asyncio.sleep(len(piece) / bytes_per_second)


def read_tables(requested: object) -> frozenset[str] | None:
    """Read the tables of a subscribe request: None for all, empty if it names one the model has not."""
    if requested == "all":
        return None
    if not isinstance(requested, list):
        return frozenset()
    names = {TABLE_ALIASES.get(name, name) for name in requested if isinstance(name, str)}
    return frozenset(names) if names <= TABLES.keys() else frozenset()
