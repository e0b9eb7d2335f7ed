"""Outlets: whole frames in order, whatever the socket takes at once; and a plain `send` for other servers."""

import asyncio
from typing import Any

import pytest

from dashboard.live.message import Message
from dashboard.live.outlet import DaphneOutlet, SendOutlet, open_outlet


class Transport:
    """Twisted's TCP transport, as far as an outlet uses it: takes `room` bytes at once and queues what is written."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken = b""
        self.dataBuffer = b""
        self._tempDataBuffer: list[bytes] = []
        self._tempDataLen = 0

    def writeSomeData(self, frame: bytes) -> int:
        """Take what there is room for."""
        self.taken += frame[: self.room]
        taken, self.room = min(self.room, len(frame)), max(0, self.room - len(frame))
        return taken

    def write(self, frame: bytes) -> None:
        """Queue."""
        self._tempDataBuffer.append(frame)
        self._tempDataLen += len(frame)


class Protocol:
    """Daphne's protocol of an open socket."""

    STATE_OPEN = 3

    def __init__(self, room: int, compression: object = None) -> None:
        self.state = self.STATE_OPEN
        self.transport = Transport(room)
        self.maxMessagePayloadSize = self.maxFramePayloadSize = 0
        self.perMessageCompressionAccept: object = None
        self._perMessageCompress = compression


@pytest.mark.parametrize("room", [0, 1, 7, 8, 12, 1000])
def test_a_socket_that_takes_only_a_part_gets_the_rest_queued_in_order(room: int) -> None:
    protocol = Protocol(room)
    outlet = DaphneOutlet(protocol)
    messages = [Message(b"first!"), Message(b"second"), Message(b"third!")]

    for message in messages:
        outlet.write(message)

    sent = protocol.transport.taken + b"".join(protocol.transport._tempDataBuffer)
    assert sent == b"".join(message.frame for message in messages)
    assert len(protocol.transport.taken) == min(room, 24)
    assert outlet.backlog == 24 - min(room, 24)


def test_a_socket_that_agreed_on_compression_gets_compressed_frames() -> None:
    message = Message(b"<td>waiting</td>" * 100)
    plain, packed = Protocol(10_000), Protocol(10_000, compression=object())

    for protocol in (plain, packed):
        DaphneOutlet(protocol).write(message)

    assert plain.transport.taken == message.frame
    assert packed.transport.taken == message.deflated_frame
    assert len(packed.transport.taken) < len(plain.transport.taken) / 10


def test_a_closed_socket_gets_nothing() -> None:
    protocol = Protocol(1000)
    outlet = DaphneOutlet(protocol)
    protocol.state = 0

    outlet.write(Message(b"late"))

    assert protocol.transport.taken == b""


async def test_any_server_gets_messages_in_order_and_the_close_at_once() -> None:
    events: list[dict[str, Any]] = []
    gate = asyncio.Event()
    ended = asyncio.Event()

    async def send(event: dict[str, Any]) -> None:
        await gate.wait()
        events.append(event)
        if event["type"] == "websocket.close":
            ended.set()

    outlet = open_outlet(send)
    outlet.write(Message(b"first"))
    await asyncio.sleep(0)  # the first is on its way now
    outlet.write(Message(b"second"))
    assert outlet.backlog == len("second")
    outlet.close(4408)
    gate.set()
    await asyncio.wait_for(ended.wait(), 5)

    assert isinstance(outlet, SendOutlet)
    assert [event.get("text") or event.get("code") for event in events] == ["first", 4408]


async def test_a_browser_that_is_gone_stops_the_sending_quietly() -> None:
    tried = asyncio.Event()

    async def send(_event: dict[str, Any]) -> None:
        tried.set()
        raise OSError("gone")

    outlet = SendOutlet(send)
    outlet.write(Message(b"first"))
    outlet.write(Message(b"second"))
    await asyncio.wait_for(tried.wait(), 5)
    await asyncio.sleep(0)

    assert not outlet._queue
