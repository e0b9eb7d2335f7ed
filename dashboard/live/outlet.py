"""Where a socket's messages go, without waiting: any ASGI server's `send`, or Daphne's transport.

Under Daphne a message is one prebuilt frame, written to the transport of each socket: a fraction of the work that
`send` makes. Browsers take it compressed (permessage-deflate, RFC 7692), once for all. Neither way has back-pressure
to rely on; the socket's window of unacknowledged messages bounds what can pile up, and the backlog of one that
acknowledges what it does not read.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Protocol

from autobahn.websocket.compress_deflate import PerMessageDeflateOffer, PerMessageDeflateOfferAccept

from dashboard.live.message import Message

INBOUND_LIMIT_BYTES = 4096
INBOUND_WINDOW_BITS = 9  # the smallest: what browsers say has ten letters, and a window is memory of each socket

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Outlet(Protocol):
    """Takes messages at once. What comes after the end is dropped."""

    @property
    def backlog(self) -> int:
        """How many bytes, about, the browser has not taken yet."""

    def write(self, message: Message) -> None:
        """Hand a message over."""

    def close(self, code: int) -> None:
        """Say goodbye with a close code."""


class SendOutlet:
    """Any ASGI server: a task hands queued messages to `send`, at the server's pace."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue: deque[dict[str, Any]] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """How many characters wait for `send`."""
        return sum(len(event.get("text", "")) for event in self._queue)

    def write(self, message: Message) -> None:
        """Hand a message over."""
        self._put({"type": "websocket.send", "text": message.text})

    def close(self, code: int) -> None:
        """Say goodbye; what is queued is dropped."""
        self._queue.clear()
        self._put({"type": "websocket.close", "code": code})

    def _put(self, event: dict[str, Any]) -> None:
        self._queue.append(event)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        while self._queue:
            try:
                await self._send(self._queue.popleft())
            except (OSError, RuntimeError):  # the browser is gone; each server has its own way to say so
                self._queue.clear()


class DaphneOutlet:
    """Daphne: frames go to the transport as they are, and where nothing is queued straight to the socket.

    Twisted would ask the event loop to tell it when the socket takes data, then write, then ask it to stop telling.
    To be made before the handshake ends, in which the socket agrees on compression or does not.
    """

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._is_direct = hasattr(protocol.transport, "writeSomeData")  # plain TCP; not TLS
        protocol.maxMessagePayloadSize = protocol.maxFramePayloadSize = INBOUND_LIMIT_BYTES
        protocol.perMessageCompressionAccept = accept_deflate

    @property
    def backlog(self) -> int:
        """How many bytes Twisted keeps because the socket takes no more; of TLS, those that are encrypted already."""
        transport = self._protocol.transport
        tcp = transport if self._is_direct else transport.transport
        return len(tcp.dataBuffer) + int(tcp._tempDataLen)

    def write(self, message: Message) -> None:
        """Hand a message over."""
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        transport = self._protocol.transport
        frame = message.frame if self._protocol._perMessageCompress is None else message.deflated_frame
        if self._is_direct and not transport.dataBuffer and not transport._tempDataBuffer:
            written = transport.writeSomeData(frame)
            if written == len(frame):
                return
            if isinstance(written, int):
                frame = frame[written:]
        transport.write(frame)

    def close(self, code: int) -> None:
        """Say goodbye; Daphne cuts the connection when the browser does not answer within a second."""
        if self._protocol.state == self._protocol.STATE_OPEN:
            self._protocol.serverClose(code)


def accept_deflate(offers: Iterable[object]) -> PerMessageDeflateOfferAccept | None:
    """Return the answer to a socket's offers of compression; None where its window is smaller than our frames need."""
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer) and not offer.request_max_window_bits:
            window_bits = INBOUND_WINDOW_BITS if offer.accept_max_window_bits else 0
            return PerMessageDeflateOfferAccept(offer, request_max_window_bits=window_bits)  # type: ignore[no-untyped-call]
    return None


def open_outlet(send: Send) -> Outlet:
    """Return the fastest outlet for a socket that is about to be accepted."""
    daphne = sys.modules.get("daphne.ws_protocol")  # not imported here: it would choose Twisted's reactor
    if daphne is not None and isinstance(send, partial) and send.args:
        protocol = send.args[0]
        if isinstance(protocol, daphne.WebSocketProtocol):
            return DaphneOutlet(protocol)
    return SendOutlet(send)
