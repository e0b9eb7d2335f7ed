"""Who may stay: a ticket that is taken away ends its socket whenever that happens, and who left is forgotten."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from dashboard.boards.moment import Moment
from dashboard.boards.scope import Scope
from dashboard.live import doorkeeper as module
from dashboard.live.admission import Bearer, Ticket
from dashboard.live.consumers import serve_view
from dashboard.live.doorkeeper import Doorkeeper
from dashboard.live.hub import Hub
from dashboard.live.registry import choose_view
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey
from dashboard.live.wall import WALLBOARD
from dashboard.models import Display
from dashboard.models.wallboard import Wallboard
from dashboard.scopes import Standing, scope_of
from realtime.state import State
from tests.dashboard.live.test_hub import have_loaded
from tests.fakes.outlet import FakeOutlet
from tests.services.waiting import until

TICKET = Ticket(token_digest="a", address="192.0.2.7")
SOON = 20.0  # less than the 30 s of the regular check


class Book:
    """The database of tickets. `holding` keeps an answer back after it was looked up."""

    def __init__(self) -> None:
        self.stands = True
        self.looks: list[int] = []  # at how many tickets each
        self.fails = False
        self.holding = threading.Event()
        self.holding.set()

    def find_bearers(self, tickets: Collection[Ticket]) -> dict[Ticket, Bearer]:
        """Return who is behind the tickets that stand."""
        display = Display(pk=1, wallboard=Wallboard(slug="queue-wall"))
        found = {ticket: Bearer(display) for ticket in tickets} if self.stands else {}
        self.looks.append(len(tickets))
        if self.fails:
            raise OperationalError("the database is away")
        self.holding.wait(10)
        return found


class SlowHub(Hub):
    """A hub in which a socket may have to wait before it is in."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = asyncio.Event()
        self.opened.set()

    async def join(self, socket: LiveSocket) -> None:
        """Wait, then join."""
        await self.opened.wait()
        await super().join(socket)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    """What the doorkeeper looks tickets up in."""
    book = Book()
    monkeypatch.setattr(module, "find_bearers", book.find_bearers)
    return book


@pytest.fixture
async def hub(book: Book) -> AsyncIterator[SlowHub]:
    """A hub that has loaded, whose doorkeeper checks."""
    hub = SlowHub()
    have_loaded(hub)
    checking = asyncio.create_task(hub.doorkeeper._check_regularly())
    yield hub
    checking.cancel()
    await asyncio.wait([checking])
    book.holding.set()


@asynccontextmanager
async def coming(hub: Hub) -> AsyncIterator[FakeOutlet]:
    """A display's browser that comes and says nothing."""
    outlet = FakeOutlet()

    async def nothing() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    serving = asyncio.create_task(serve_view(hub, outlet, nothing, (TICKET, WALLBOARD, "")))
    yield outlet
    serving.cancel()
    await asyncio.wait([serving])


async def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""

    async def look() -> bool:
        return is_so()

    await until(look, SOON, what)


@pytest.mark.parametrize("when", ["while it is looked up", "before it joins", "after it joined"])
async def test_a_display_that_is_revoked_goes_blank_in_every_interleaving(hub: SlowHub, book: Book, when: str) -> None:
    if when == "while it is looked up":
        book.holding.clear()
    elif when == "before it joins":
        hub.opened.clear()
    async with coming(hub) as outlet:
        await wait_for(lambda: len(book.looks) == 1 and (when != "after it joined" or bool(hub.sockets)), "the socket")

        book.stands = False
        hub.doorkeeper.ring()
        if when == "before it joins":
            await wait_for(lambda: len(book.looks) == 2, "the check that was rung for")
        book.holding.set()
        hub.opened.set()

        await wait_for(lambda: bool(outlet.codes), "the end of the socket")
        assert outlet.codes == [CloseCode.SESSION_GONE]


async def test_a_check_that_the_database_failed_is_made_again_soon(hub: SlowHub, book: Book) -> None:
    async with coming(hub) as outlet:
        await wait_for(lambda: bool(hub.sockets), "the socket")

        book.fails, book.stands = True, False
        hub.doorkeeper.ring()
        await wait_for(lambda: len(book.looks) == 2, "the check that fails")
        book.fails = False

        await wait_for(lambda: bool(outlet.codes), "the end of the socket")
        assert outlet.codes == [CloseCode.SESSION_GONE]


async def test_a_check_forgets_nobody_who_is_just_coming_in(hub: SlowHub, book: Book) -> None:
    hub.opened.clear()
    async with coming(hub):
        await wait_for(lambda: len(book.looks) == 1, "the look at its ticket")

        await hub.doorkeeper._check([])
        hub.opened.set()
        await wait_for(lambda: bool(hub.sockets), "the socket")

        assert set(hub.doorkeeper._bearers) == {TICKET}


@pytest.mark.parametrize("fails", [False, True])
async def test_those_who_come_together_are_looked_up_together(book: Book, fails: bool) -> None:
    keeper = Doorkeeper([], empty_moment)
    first, leaving, *others = [Ticket(token_digest=str(number)) for number in range(50)]
    book.holding.clear()
    tasks = [asyncio.create_task(keeper.admit(first, WALLBOARD, ""))]
    await wait_for(lambda: len(book.looks) == 1, "the first look")
    tasks += [asyncio.create_task(keeper.admit(ticket, WALLBOARD, "")) for ticket in others]
    gone = asyncio.create_task(keeper.admit(leaving, WALLBOARD, ""))
    await wait_for(lambda: leaving in keeper._desk._asked, "all asked")
    gone.cancel()
    book.holding.set()
    book.fails = fails
    answers = await asyncio.gather(*tasks)

    assert book.looks == [1, 49]
    assert [answer == CloseCode.COME_BACK for answer in answers] == [False] + [fails] * 48
    keeper._thread.close()


def empty_moment() -> Moment:
    """Nothing is known."""
    return Moment(State(), {}, datetime.now(UTC))


async def test_who_left_is_forgotten() -> None:
    doorkeeper = Doorkeeper(set(), empty_moment)
    doorkeeper._bearers = {Ticket(token_digest=str(number)): Bearer(Display(pk=number)) for number in range(100)}

    await doorkeeper._check([])

    assert doorkeeper._bearers == {}


class Office:
    """A doorkeeper with sockets of users, as many of each as asked for, who see the queues of their teams."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, users: int, sockets: int) -> None:
        self.chosen: list[str] = []  # the queries that a view was chosen for
        self.users = [User(pk=pk, username=f"user{pk}") for pk in range(1, users + 1)]
        self.keeper = Doorkeeper([], empty_moment)
        for user in self.users:
            self.give(user, "a:1")
        monkeypatch.setattr(module, "choose_view", self.choose)
        self.outlets = [FakeOutlet() for _ in range(users * sockets)]
        self.sockets = [self.open(self.users[number % users], outlet) for number, outlet in enumerate(self.outlets)]

    def give(self, user: User, *queues: str) -> None:
        """Have somebody see these queues from now on: the next look-up brings another object."""
        user.__dict__ |= {"_rights": frozenset(), "_standing": Standing(scope=Scope(frozenset(queues)))}

    def choose(self, board: str, user: Any, query: str, scope: Scope) -> ViewKey | None:
        """Count, and choose."""
        self.chosen.append(query)
        return choose_view(board, user, query, scope)

    def open(self, user: User, outlet: FakeOutlet) -> LiveSocket:
        """Let somebody in."""
        ticket = Ticket(session_key=f"{user.pk}")
        self.keeper._bearers[ticket] = Bearer(user)
        key = choose_view("sessions", user, "q=x", scope_of(user, empty_moment()))
        assert key is not None
        return LiveSocket(key, "q=x", ticket, outlet)


async def test_a_view_is_chosen_once_for_all_who_ask_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(monkeypatch, users=2, sockets=50)

    await office.keeper._check_views(office.sockets)

    assert office.chosen == ["q=x"]  # both see the same queues
    assert [outlet.codes for outlet in office.outlets] == [[]] * 100


async def test_views_are_chosen_again_only_for_those_who_see_others_now(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(monkeypatch, users=2, sockets=50)
    await office.keeper._check_views(office.sockets)
    office.chosen.clear()

    await office.keeper._check_views(office.sockets)
    assert office.chosen == []

    office.give(office.users[0], "a:1", "a:2")
    await office.keeper._check_views(office.sockets)
    assert office.chosen == ["q=x"]
    assert [outlet.codes for outlet in office.outlets] == [[CloseCode.COME_BACK], []] * 50


async def test_others_are_served_between_portions_of_checked_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.live.portions.PORTION", 10)
    office = Office(monkeypatch, users=1, sockets=35)
    office.give(office.users[0], "a:2")
    closed: list[int] = []

    async def look() -> None:
        while len(closed) < 4:
            closed.append(sum(len(outlet.codes) for outlet in office.outlets))
            await asyncio.sleep(0)

    await asyncio.gather(office.keeper._check_views(office.sockets), look())

    assert closed == [10, 20, 30, 35]
