"""The hub: one rendering for all watchers of a view, and a board that fails harms nobody else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dashboard.boards.moment import Moment
from dashboard.live import registry
from dashboard.live.hub import Hub
from dashboard.live.message import Message
from dashboard.live.painter import Picture, Piece
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey
from realtime.change import Applied, RowChange
from tests.services.waiting import until

STEP = Applied("helpdesk", {"queue": {"helpdesk:1": RowChange(None, {"name": "x"})}})


class Wire:
    """An outlet that remembers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.codes: list[int] = []

    def write(self, message: Message) -> None:
        """Remember a message."""
        self.messages.append(message)

    def close(self, code: int) -> None:
        """Remember a close code."""
        self.codes.append(code)

    @property
    def steps(self) -> list[Message]:
        """The steps among the messages."""
        return [message for message in self.messages if b'data-frame="step"' in message.payload]


class CountingBoard:
    """Shows how many steps it saw; fails where it is told to."""

    def __init__(self, fails_in: str = "") -> None:
        self.count = 0
        self._fails_in = fails_in

    def touch(self, _applied: Applied) -> bool:
        """Count a step."""
        if self._fails_in == "touch":
            raise LookupError("a bug")
        self.count += 1
        return True

    def tick(self, _moment: Moment) -> bool:
        """Time alone changes nothing."""
        return False

    def picture(self, _moment: Moment) -> Picture:
        """Show the count, as the id of the only row."""
        if self._fails_in == "picture" and self.count:
            raise LookupError("a bug")
        tiles = {name: Piece(f"tile-{name}", "tiles/links-blank.html", True) for name in ("link_totals", "links_blank")}
        row = Piece(f"links-{self.count}", "tiles/links-blank.html", True)
        return Picture("boards/links.html", tiles, {"links": (row,)})


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub that serves, beside a replica that has loaded and follows nobody."""
    hub = Hub()
    hub._replica.loaded.set()
    serving = asyncio.create_task(hub._serve())
    yield hub
    serving.cancel()
    await asyncio.wait([serving])


def open_board(monkeypatch: pytest.MonkeyPatch, name: str, board: CountingBoard) -> ViewKey:
    """Make a board known under a name."""

    def opener(_key: ViewKey, _tables: Any) -> CountingBoard:
        return board

    openers: Any = registry.OPENERS
    monkeypatch.setitem(openers, name, opener)
    return ViewKey(name)


async def join(hub: Hub, key: ViewKey) -> tuple[LiveSocket, Wire]:
    """Open a socket on a view."""
    wire = Wire()
    socket = LiveSocket(key, "", "session", wire)
    await hub.join(socket)
    return socket, wire


async def wait_for_steps(wire: Wire, count: int) -> None:
    """Wait until so many steps were written."""

    async def are_written() -> bool:
        return len(wire.steps) >= count

    await until(are_written, 5, f"{count} steps")


async def test_all_watchers_of_a_view_get_the_same_bytes_object(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    key = open_board(monkeypatch, "counting", CountingBoard())
    wires = [(await join(hub, key))[1] for _ in range(450)]

    hub._touch(STEP)
    await wait_for_steps(wires[-1], 1)

    assert {id(wire.steps[0]) for wire in wires} == {id(wires[0].steps[0])}
    assert {len(wire.messages) for wire in wires} == {3}  # the heartbeat, the paint, the step


async def test_a_busy_view_is_sent_at_once_and_then_gathered(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    board = CountingBoard()
    _socket, wire = await join(hub, open_board(monkeypatch, "counting", board))
    started = hub.loop.time()

    hub._touch(STEP)
    await wait_for_steps(wire, 1)
    for _ in range(50):
        hub._touch(STEP)
        await asyncio.sleep(0)
    await wait_for_steps(wire, 2)

    assert hub.loop.time() - started >= 0.1
    assert len(wire.steps) == 2
    assert board.count == 51


@pytest.mark.parametrize("fails_in", ["touch", "picture"])
async def test_a_board_that_fails_sends_its_watchers_back_and_spares_the_others(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, fails_in: str
) -> None:
    _bad, bad = await join(hub, open_board(monkeypatch, "faulty", CountingBoard(fails_in)))
    _good, good = await join(hub, open_board(monkeypatch, "counting", CountingBoard()))

    hub._touch(STEP)
    await wait_for_steps(good, 1)

    assert bad.codes == [CloseCode.COME_BACK]
    assert good.codes == []


async def test_a_reader_that_fell_behind_is_painted_when_it_catches_up(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.live.socket.WINDOW_STEPS", 3)
    monkeypatch.setattr("dashboard.live.show.ASK_STEPS", 1)
    key = open_board(monkeypatch, "counting", CountingBoard())
    slow, wire = await join(hub, key)
    quick, other = await join(hub, key)
    for number in range(1, 7):
        hub._touch(STEP)
        await wait_for_steps(other, number)
        hub.acknowledge(quick, other.messages[-1].seq)
    before = len(wire.messages)
    hub.acknowledge(slow, wire.messages[-1].seq)

    assert len(wire.steps) == 3
    assert b'data-frame="paint"' in wire.messages[-1].payload
    assert wire.messages[-1].seq == other.messages[-1].seq
    assert len(wire.messages) == before + 1


async def test_who_left_gets_nothing_more(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    key = open_board(monkeypatch, "counting", CountingBoard())
    gone, wire = await join(hub, key)
    _stays, other = await join(hub, key)
    hub.leave(gone)
    hub._touch(STEP)
    await wait_for_steps(other, 1)

    assert wire.steps == []
    assert gone not in hub.sockets
