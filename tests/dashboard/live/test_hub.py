"""The hub: one rendering for all watchers of a view, and a board that fails harms nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dashboard.boards.moment import Moment, Targets
from dashboard.live import registry
from dashboard.live.admission import Ticket
from dashboard.live.hub import BUSY_SECONDS, Hub
from dashboard.live.message import Message
from dashboard.live.painter import Picture, Piece
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.topics import TARGETS
from dashboard.live.view import ViewKey
from realtime.change import Applied, Change, RowChange
from realtime.source import Appliance
from tests.dashboard.live.test_two_appliances import rows_of
from tests.fakes.outlet import FakeOutlet
from tests.services.waiting import until

STEP = Applied("helpdesk", {"queue": {"helpdesk:1": RowChange(None, {"name": "x"})}})


class CountingBoard:
    """Shows how many steps it saw; fails where it is told to."""

    def __init__(self, fails_in: str = "") -> None:
        self.count = 0
        self.drawn = 0
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
        self.drawn += 1
        tiles = {name: Piece(f"tile-{name}", "tiles/sources-blank.html", True) for name in ("totals", "blank")}
        row = Piece(f"sources-{self.count}", "tiles/sources-blank.html", True)
        return Picture("boards/sources.html", tiles, {"sources": (row,)})


def have_loaded(hub: Hub) -> None:
    """Let a hub that follows nobody serve."""
    for loaded in hub._loaded():
        loaded.set()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub that serves, beside a replica that has loaded and follows nobody."""
    hub = Hub()
    have_loaded(hub)
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


async def join(hub: Hub, key: ViewKey, outlet: FakeOutlet | None = None) -> tuple[LiveSocket, FakeOutlet]:
    """Open a socket on a view."""
    outlet = outlet or FakeOutlet()
    socket = LiveSocket(key, "", Ticket("session"), outlet)
    await hub.join(socket)
    return socket, outlet


async def wait_for_steps(outlet: FakeOutlet, count: int) -> None:
    """Wait until so many steps were written."""

    async def are_written() -> bool:
        return len(outlet.steps) >= count

    await until(are_written, 20, f"{count} steps")


@pytest.mark.parametrize("missing", ["_replica", "_people", "_wallboards", "_configured", "_targets"])
async def test_nothing_is_shown_before_all_that_it_rests_on_has_been_read(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr("dashboard.live.hub.LOAD_SECONDS", 0.05)
    key = open_board(monkeypatch, "counting", CountingBoard())
    hub = Hub()
    have_loaded(hub)
    getattr(hub, missing).loaded.clear()

    assert not await hub.is_loaded()
    for ask in (hub.paint(key), hub.look(lambda moment: moment), hub.extract(key), join(hub, key)):
        with pytest.raises(TimeoutError):
            await ask
    assert await hub.admit(Ticket("session"), "counting", "") == CloseCode.COME_BACK

    getattr(hub, missing).loaded.set()
    assert await hub.is_loaded()
    assert "sources-0" in (await hub.paint(key)).board


async def test_all_watchers_of_a_view_get_the_same_bytes_object(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    key = open_board(monkeypatch, "counting", CountingBoard())
    outlets = [(await join(hub, key))[1] for _ in range(450)]

    hub._touch(STEP)
    for outlet in outlets:  # they are sent in portions, in no order
        await wait_for_steps(outlet, 1)

    assert {id(outlet.steps[0]) for outlet in outlets} == {id(outlets[0].steps[0])}
    assert {len(outlet.messages) for outlet in outlets} == {3}  # the heartbeat, the paint, the step


async def test_two_changes_in_a_row_are_sent_at_once_and_more_are_gathered(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathers_seconds = 3.0  # else a pause of this machine takes longer than two changes may
    monkeypatch.setattr("dashboard.live.hub.BUSY_SECONDS", gathers_seconds)
    board = CountingBoard()
    _socket, outlet = await join(hub, open_board(monkeypatch, "counting", board))
    started = hub.loop.time()

    for number in (1, 2):
        hub._touch(STEP)
        await wait_for_steps(outlet, number)
    two_sent_at = hub.loop.time()
    for _ in range(50):
        hub._touch(STEP)
        await asyncio.sleep(0)
    await wait_for_steps(outlet, 3)

    assert two_sent_at - started < gathers_seconds
    assert hub.loop.time() - started >= gathers_seconds
    assert len(outlet.steps) == 3
    assert board.count == 52


async def test_a_busy_view_is_sent_ten_times_a_second_and_once_more(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    _socket, outlet = await join(hub, open_board(monkeypatch, "counting", CountingBoard()))
    started = hub.loop.time()

    while hub.loop.time() < started + 3.5 * BUSY_SECONDS:
        hub._touch(STEP)
        await asyncio.sleep(0)

    assert len(outlet.steps) <= (hub.loop.time() - started) / BUSY_SECONDS + 2


async def test_a_page_opened_while_a_step_is_being_sent_leaves_no_socket_a_gap(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.live.portions.PORTION", 1)
    key = open_board(monkeypatch, "counting", CountingBoard())
    served: list[FakeOutlet] = []
    visits: list[asyncio.Task[Any]] = []

    async def visit() -> None:
        """Those who have the step leave, the rows change once more, and a page is opened."""
        for socket, outlet in joined:
            if outlet in served:
                hub.leave(socket)
        hub._touch(STEP)
        await hub.paint(key)

    class VisitedOutlet(FakeOutlet):
        """Has the visit begin as soon as five have the first step."""

        def write(self, message: Message) -> None:
            """Remember a message."""
            super().write(message)
            if len(self.steps) == 1:
                served.append(self)
            if len(served) == 5 and not visits:
                visits.append(asyncio.create_task(visit()))

    joined = [await join(hub, key, VisitedOutlet()) for _ in range(20)]
    hub._touch(STEP)
    for _socket, outlet in joined:
        await wait_for_steps(outlet, 1)
    await asyncio.gather(*visits)

    assert sorted([step.seq for step in outlet.steps] for _socket, outlet in joined) == [[2]] * 5 + [[2, 3]] * 15


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


async def test_a_page_never_shows_what_a_failed_board_showed_last(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    key = open_board(monkeypatch, "failing", CountingBoard(fails_in="picture"))
    assert "sources-0" in (await hub.paint(key)).board

    hub._touch(STEP)

    with pytest.raises(LookupError):
        await hub.paint(key)


async def test_a_late_look_at_a_failed_view_leaves_its_successor_alone(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = open_board(monkeypatch, "failing", CountingBoard(fails_in="picture"))
    await join(hub, key)
    failed = hub._shows[key]
    hub._touch(STEP)
    await hub._refresh(failed)
    open_board(monkeypatch, "failing", CountingBoard())
    _socket, outlet = await join(hub, key)

    await hub._refresh(failed)
    hub._touch(STEP)

    await wait_for_steps(outlet, 1)
    assert (hub._shows[key] is failed, outlet.codes) == (False, [])


async def test_a_reader_that_fell_behind_is_painted_when_it_catches_up(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.live.socket.WINDOW_STEPS", 3)
    monkeypatch.setattr("dashboard.live.show.ASK_STEPS", 1)
    key = open_board(monkeypatch, "counting", CountingBoard())
    slow, outlet = await join(hub, key)
    quick, other = await join(hub, key)
    for number in range(1, 7):
        hub._touch(STEP)
        await wait_for_steps(other, number)
        hub.acknowledge(quick, other.messages[-1].seq)
    before = len(outlet.messages)
    hub.acknowledge(slow, outlet.messages[-1].seq)

    assert len(outlet.steps) == 3
    assert b'data-frame="paint"' in outlet.messages[-1].payload
    assert outlet.messages[-1].seq == other.messages[-1].seq
    assert len(outlet.messages) == before + 1


async def test_who_left_gets_nothing_more(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    key = open_board(monkeypatch, "counting", CountingBoard())
    gone, outlet = await join(hub, key)
    _stays, other = await join(hub, key)
    hub.leave(gone)
    hub._touch(STEP)
    await wait_for_steps(other, 1)

    assert outlet.steps == []
    assert gone not in hub.sockets


async def test_a_view_that_nobody_watches_is_drawn_when_somebody_comes(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = CountingBoard()
    key = open_board(monkeypatch, "counting", board)
    gone, _wire = await join(hub, key)
    _stays, other = await join(hub, open_board(monkeypatch, "watched", CountingBoard()))
    hub.leave(gone)
    for number in (1, 2, 3):
        hub._touch(STEP)
        await wait_for_steps(other, number)
    drawn = board.drawn
    _came, outlet = await join(hub, key)
    hub._touch(STEP)
    await wait_for_steps(outlet, 1)

    assert drawn == 1
    assert b"sources-3" in outlet.messages[1].payload  # the paint, after the heartbeat
    assert b"sources-4" in outlet.steps[0].payload


async def test_of_the_views_that_nobody_watches_only_the_last_are_kept(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.live.hub.KEPT_VIEWS", 2)
    keys = [open_board(monkeypatch, f"counting{number}", CountingBoard()) for number in range(5)]
    await join(hub, keys[0])
    for key in keys:
        await hub.paint(key)
    hub._drop_unwatched()

    assert list(hub._shows) == [keys[0], keys[3], keys[4]]


async def test_sources_toml_is_read_beside_the_loop_and_an_edit_is_shown(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    sources = [Appliance("north", "https://north.example.com", "id", "secret")]

    def read() -> tuple[Appliance, ...]:
        threads.append(threading.current_thread())
        return tuple(sources)

    monkeypatch.setattr("dashboard.configured.configured_sources", read)
    monkeypatch.setattr("dashboard.live.kept.RECHECK_SECONDS", 0.01)
    hub._configured.loaded.clear()
    following = asyncio.create_task(hub._configured._read_again())
    _socket, outlet = await join(hub, ViewKey("sources"))
    assert b"sources-north" in outlet.messages[-1].payload
    await hub.paint(ViewKey("overview"))

    sources.append(Appliance("south", "https://south.example.com", "id", "secret"))
    await wait_for_steps(outlet, 1)
    following.cancel()

    assert b"sources-south" in outlet.steps[0].payload
    assert threading.main_thread() not in threads


async def test_another_target_reaches_open_pages(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub._touch(hub._replica.state.apply(Change("north", inserts=rows_of("north"))))
    _socket, outlet = await join(hub, ViewKey("queues"))
    assert b"target 1:00" in outlet.messages[-1].payload
    monkeypatch.setattr(TARGETS, "load", lambda: Targets(60, {"north:team": 7}))

    await hub._targets._read()
    await wait_for_steps(outlet, 1)

    assert b"target 0:07" in outlet.steps[0].payload
