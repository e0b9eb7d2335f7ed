"""The websocket to an appliance: frames in, bytes out, and when we last heard anything. Interprets nothing.

The sub-protocol is offered URL-encoded (seed 004, "Connection"); its echo is accepted as sent, decoded, or absent.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from realtime.errors import LinkLost
from realtime.outbound import budget
from realtime.outbound.failures import translate, translated
from realtime.outbound.tls import tls_context
from realtime.source import Appliance

SUBPROTOCOL = Subprotocol("ingredi%20state%20api")
MAX_FRAME_BYTES = 65 * 1024 * 1024  # a whole message of the API may be 64 MiB and arrive as one websocket message
QUEUED_FRAMES = (4096, 1024)  # reading pauses at the first number and goes on at the second

frame_log = logging.getLogger("realtime.frames")
frame_log.setLevel(logging.WARNING)  # below that the library would write out every message, our token in the first


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """The link's time-outs in seconds.

    Silence shows on every page after 15 s (`dashboard.boards.links`), so pings are far closer together than that; what
    ends the link is more patient, because a busy appliance may answer late.
    """

    opening: float = 10.0
    between_pings: float = 5.0
    answer: float = 20.0
    closing: float = 1.0


class TolerantProtocol(ClientProtocol):
    """Accepts the sub-protocol's echo decoded too; its spaces are illegal in that header, yet servers send them."""

    def process_subprotocol(self, headers: Headers) -> Subprotocol | None:
        """Return the echo, None when there is none. Raises InvalidHandshake for another protocol."""
        echoes = headers.get_all("Sec-WebSocket-Protocol")
        if len(echoes) == 1 and unquote(echoes[0].strip()) == unquote(SUBPROTOCOL):
            return Subprotocol(echoes[0].strip())
        return super().process_subprotocol(headers)


class ApplianceConnection(ClientConnection):
    """A connection that tolerates the echo and notes when bytes last came, consumed or not."""

    def __init__(
        self,
        protocol: ClientProtocol,
        *,
        ping_interval: float | None = None,
        ping_timeout: float | None = None,
        close_timeout: float | None = None,
        max_queue: int | tuple[int | None, int | None] | None = QUEUED_FRAMES,
        write_limit: int | tuple[int, int | None] = 2**15,
    ) -> None:
        tolerant = TolerantProtocol(
            protocol.uri,
            subprotocols=protocol.available_subprotocols,
            max_size=MAX_FRAME_BYTES,
            logger=protocol.logger,
        )
        super().__init__(
            tolerant,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            close_timeout=close_timeout,
            max_queue=max_queue,
            write_limit=write_limit,
        )
        self.contact_at = time.monotonic()

    def data_received(self, data: bytes) -> None:
        """Note the contact; then as ever."""
        self.contact_at = time.monotonic()
        super().data_received(data)


class Opening(connect):
    """The opening handshake without redirects: an appliance's address is what the operator wrote."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the refusal itself, never another address."""
        return exc


class Link:
    """An open websocket; it ends only by raising LinkLost or IllegalMessage."""

    def __init__(self, appliance: Appliance, connection: ApplianceConnection, limits: TimeLimits) -> None:
        self._appliance = appliance
        self._connection = connection
        self._limits = limits
        self._is_silent = False

    @property
    def subprotocol(self) -> str | None:
        """The appliance's echo of the sub-protocol, as sent."""
        return self._connection.subprotocol

    @property
    def last_contact(self) -> float:
        """When bytes (a frame, a part of one, a pong) last came, in `time.monotonic` seconds."""
        return self._connection.contact_at

    @property
    def last_contact_at(self) -> datetime:
        """The same on the wall clock, in UTC."""
        return datetime.fromtimestamp(time.time() - (time.monotonic() - self.last_contact), UTC)

    async def send(self, message: bytes) -> None:
        """Send a message as a text frame, as the vendor's document says."""
        try:
            await self._connection.send(message, text=True)
        except ConnectionClosed as error:
            raise self._end(error) from error

    async def receive(self) -> bytes:
        """Return the next websocket message as it came; text unchecked, because it may be cut inside a character.

        May be cancelled without losing one. Raises LinkLost or IllegalMessage at the end.
        """
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise self._end(error) from error

    async def watch(self) -> None:
        """Ping until the connection ends; break it off when nothing at all comes back."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(self._limits.between_pings)
                if not await self._hears(asyncio.ensure_future(await self._connection.ping())):
                    self._is_silent = True
                    self._connection.transport.abort()
                    return

    async def close(self) -> None:
        """Close in good order, or not at all, in the time `TimeLimits.closing`."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.closing):
                    await self._connection.close()
        finally:
            self._connection.transport.abort()  # nothing to do after a good close; else there is no more time

    async def _hears(self, pong: asyncio.Future[float]) -> bool:
        """Wait for a pong; False when neither it nor anything else came in time. A busy appliance may answer late."""
        while True:
            heard_at = self.last_contact
            answered, _ = await asyncio.wait([pong], timeout=self._limits.answer)
            if answered:
                return True
            if self.last_contact == heard_at:
                return False

    def _end(self, error: ConnectionClosed) -> Exception:
        if self._is_silent:
            return LinkLost(
                f"{self._appliance.name}: {self._appliance.host} fell silent: no answer to a ping "
                f"within {self._limits.answer:g} s."
            )
        return translate(self._appliance, "listening", error)


@asynccontextmanager
async def open_link(appliance: Appliance, limits: TimeLimits | None = None) -> AsyncIterator[Link]:
    """Open the websocket, keep it alive, and close it at the end. Spends one request of the budget.

    Raises the errors of `realtime.errors`; the token is not needed here, it goes into the first message.
    """
    limits = limits or TimeLimits()
    await budget.spend(appliance)
    link = Link(appliance, await connected(appliance, limits), limits)
    watch = asyncio.create_task(link.watch(), name=f"watch {appliance.name}")
    try:
        yield link
    finally:
        watch.cancel()
        await link.close()
        await asyncio.wait([watch])


async def connected(appliance: Appliance, limits: TimeLimits) -> ApplianceConnection:
    """Return a connection whose opening handshake is done."""
    context = await asyncio.to_thread(tls_context, appliance)
    with translated(appliance, "opening the websocket"):
        connection = await Opening(
            appliance.websocket_url,
            subprotocols=[SUBPROTOCOL],
            compression=None,
            proxy=None,
            open_timeout=limits.opening,
            close_timeout=limits.closing,
            ping_interval=None,
            max_queue=QUEUED_FRAMES,
            logger=frame_log,
            create_connection=ApplianceConnection,
            ssl=context,
            happy_eyeballs_delay=0.25,
        )
    assert isinstance(connection, ApplianceConnection)  # noqa: S101  # narrows `create_connection`'s product
    return connection
