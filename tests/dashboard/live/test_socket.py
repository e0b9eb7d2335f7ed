"""A socket's window: what is on its way is bounded, and what was missed is painted."""

import zlib

from dashboard.live.admission import Ticket
from dashboard.live.message import Message
from dashboard.live.socket import ACK_SECONDS, BACKLOG_BYTES, WINDOW_BYTES, WINDOW_STEPS, CloseCode, LiveSocket
from dashboard.live.view import ViewKey
from tests.fakes.outlet import FakeOutlet


def open_socket() -> tuple[LiveSocket, FakeOutlet]:
    """Return a socket that was painted at place 1."""
    outlet = FakeOutlet()
    socket = LiveSocket(ViewKey("sources"), "", Ticket("session"), outlet)
    socket.paint(Message(b"paint", 1, asks=True), 0.0)
    return socket, outlet


def step(seq: int, payload: bytes = b"step") -> Message:
    """Return a step; every fifth asks."""
    return Message(payload, seq, asks=seq % 5 == 0)


def test_a_reader_without_acknowledgements_gets_a_window_of_steps_at_most() -> None:
    socket, outlet = open_socket()

    for seq in range(2, 100):
        socket.push(step(seq), 0.0)
        socket.beat(Message(b"beat"))

    assert [seq for seq in outlet.seqs if seq] == list(range(1, WINDOW_STEPS + 2))
    assert len(outlet.messages) == 2 * WINDOW_STEPS
    assert socket.owes_paint


def test_a_reader_without_acknowledgements_costs_a_window_of_bytes_and_one_step_at_most() -> None:
    socket, outlet = open_socket()
    large = bytes(WINDOW_BYTES // 3)

    for seq in range(2, 20):
        socket.push(step(seq, large), 0.0)

    assert sum(len(message.payload) for message in outlet.messages[1:]) < WINDOW_BYTES + len(large)
    assert socket.owes_paint


def test_what_was_acknowledged_makes_room() -> None:
    socket, outlet = open_socket()

    for seq in range(2, 200):
        socket.push(step(seq), 0.0)
        if seq % 5 == 0:
            socket.acknowledge(seq)

    assert outlet.seqs == list(range(1, 200))
    assert not socket.owes_paint


def test_a_reader_that_catches_up_is_painted_once() -> None:
    socket, outlet = open_socket()
    for seq in range(2, 40):
        socket.push(step(seq), 0.0)

    assert not socket.acknowledge(15)
    assert socket.acknowledge(21)
    socket.paint(Message(b"paint", 39, asks=True), 1.0)
    socket.push(step(40), 1.0)

    assert outlet.seqs == [*range(1, WINDOW_STEPS + 2), 39, 40]


def test_an_acknowledgement_of_what_was_never_sent_is_none() -> None:
    socket, outlet = open_socket()

    for seq in range(2, 100):
        socket.push(step(seq), 0.0)
        assert not socket.acknowledge(10**15)

    assert outlet.seqs == list(range(1, WINDOW_STEPS + 2))
    assert socket.is_slow(ACK_SECONDS + 0.1)


def test_whoever_acknowledges_and_does_not_read_ends() -> None:
    socket, outlet = open_socket()
    outlet.backlog = BACKLOG_BYTES
    socket.push(step(5), 0.0)
    assert not outlet.codes

    socket.acknowledge(5)
    outlet.backlog += 1
    socket.beat(Message(b"beat"))
    socket.push(step(6), 0.0)

    assert (outlet.seqs, outlet.codes) == ([1, 5], [CloseCode.SLOW])


def test_a_step_that_is_in_the_paint_already_is_not_sent() -> None:
    socket, outlet = open_socket()

    socket.push(Message(b"step", 1), 0.0)

    assert outlet.seqs == [1]


def test_a_question_unanswered_for_five_seconds_makes_it_slow() -> None:
    socket, _wire = open_socket()
    socket.push(Message(b"step", 2, asks=True), 3.0)

    assert not socket.is_slow(ACK_SECONDS)
    assert socket.is_slow(ACK_SECONDS + 0.1)
    socket.acknowledge(1)
    assert not socket.is_slow(ACK_SECONDS + 0.1)
    socket.acknowledge(2)
    assert not socket.is_slow(1000.0)
    socket.push(Message(b"step", 3), 1000.0)
    assert not socket.is_slow(2000.0)


def test_a_closed_socket_is_closed_once_and_stays_silent() -> None:
    socket, outlet = open_socket()

    socket.close(CloseCode.SLOW)
    socket.close(CloseCode.SESSION_GONE)
    socket.push(Message(b"step", 2), 0.0)
    socket.paint(Message(b"paint", 3), 0.0)
    socket.beat(Message(b"beat"))

    assert outlet.codes == [CloseCode.SLOW]
    assert outlet.seqs == [1]


def test_a_frame_has_the_header_of_its_size() -> None:
    assert Message(b"a" * 125).frame[:2] == b"\x81\x7d"
    assert Message(b"a" * 126).frame[:4] == b"\x81\x7e\x00\x7e"
    assert Message(b"a" * 65536).frame[:10] == b"\x81\x7f" + (65536).to_bytes(8, "big")
    assert Message(b"abc").frame == b"\x81\x03abc"


def test_compressed_frames_can_be_read_from_any_point_of_a_stream() -> None:
    payloads = [b"", b"abc", "wartet seit 12\u202fmin".encode() * 3, bytes(range(256)) * 400]
    lasting = zlib.decompressobj(-zlib.MAX_WBITS)

    for payload in payloads:
        packed = payload_of(Message(payload).deflated_frame, b"\xc1")
        assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed) == payload
        assert lasting.decompress(packed) == payload


def payload_of(frame: bytes, first: bytes) -> bytes:
    """Return what an unmasked frame that begins so carries, ended as an inflater takes it."""
    size, start = frame[1], 2
    if size >= 126:
        start += 2 if size == 126 else 8
        size = int.from_bytes(frame[2:start], "big")
    assert frame[:1] == first
    assert len(frame) == start + size
    return frame[start:] + b"\x00\x00\xff\xff"
