"""The displays that are connected to this process: what each tells of itself, and what each is told.

A display is told two things. Its standing, which stays: its name, its wallboard, its message; it is sent whenever it
changed, and to whoever comes. And orders, which are for now: show your name, load your page anew.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.template.loader import get_template
from django.utils import timezone

from dashboard.environment import BUILD_NAME
from dashboard.live.circle import Circle
from dashboard.live.message import Message
from dashboard.live.socket import LiveSocket
from dashboard.models.display import NOTED, Display
from realtime.bell import Bell
from realtime.database import DatabaseThread

CIRCLE = Circle("screens")
"""Who is given orders, in whichever web process the display is connected."""

WRITE_SECONDS = NOTED.total_seconds()
TOLD = re.compile(rf"screen:([0-9]{{1,5}})x([0-9]{{1,5}}):([0-9]{{1,6}}):({BUILD_NAME})")
TOLD_FIELDS = ("last_seen_at", "address", "width", "height", "build", "reconnects", "frames_behind")

log = structlog.get_logger(__name__)


class Order(StrEnum):
    """What a display can be told to do at once. `LOOK` is for us: its standing may have changed."""

    IDENTIFY = "identify"
    RELOAD = "reload"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Told:
    """What a display tells of itself: its resolution in pixels, reconnects since its page was loaded, its build."""

    width: int | None = None
    height: int | None = None
    reconnects: int = 0
    build: str = ""


@dataclass(frozen=True, slots=True)
class DisplayStanding:
    """What a display is, as its page must know it."""

    name: str
    wallboard: str
    note: str


@dataclass(slots=True)
class Screen:
    """A display's socket. `standing` is what was sent last."""

    pk: int
    socket: LiveSocket
    standing: DisplayStanding
    told: Told = Told()


class Screens:
    """Lives on the event loop; `run` for as long as the process serves."""

    def __init__(self) -> None:
        self._screens: dict[LiveSocket, Screen] = {}
        self._thread = DatabaseThread("screens")
        self._bell = Bell()

    async def run(self) -> None:
        """Write down what displays tell, and tell them what is new, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(CIRCLE.listen(self.obey))
                tasks.create_task(self._look_regularly())
        finally:
            self._thread.close()

    def join(self, socket: LiveSocket, display: Display) -> None:
        """Tell a display that was admitted what it is."""
        standing = standing_of(display, timezone.now())
        self._screens[socket] = Screen(display.pk, socket, standing)
        socket.outlet.write(standing_message(standing))

    def leave(self, socket: LiveSocket) -> None:
        """Forget a socket, if it is a display's."""
        self._screens.pop(socket, None)

    def hear(self, socket: LiveSocket, text: str) -> bool:
        """Take note of what a display tells of itself; return whether it is one, and the message one we know."""
        screen, match = self._screens.get(socket), TOLD.fullmatch(text)
        if screen is None or match is None:
            return False
        if screen.told == Told():
            self._bell.ring()
        screen.told = Told(int(match[1]), int(match[2]), int(match[3]), match[4])
        return True

    def obey(self, message: Mapping[str, Any]) -> None:
        """Pass an order on to the display that it is for, if that is connected here."""
        order = Order(message["order"])
        if order is Order.LOOK:
            self._bell.ring()
            return
        for screen in self._screens.values():
            if screen.pk == message["display"] and not screen.socket.is_closed:
                screen.socket.outlet.write(order_message(order, message["number"], screen.standing.name))

    async def _look_regularly(self) -> None:
        while True:
            await self._bell.wait(WRITE_SECONDS)
            if self._screens:
                await self._look()

    async def _look(self) -> None:
        screens = [screen for screen in self._screens.values() if not screen.socket.is_closed]
        seen = [
            (screen.pk, screen.told, screen.socket.ticket.address, screen.socket.steps_behind) for screen in screens
        ]
        try:
            standings = await self._thread.run(write_down, seen)
        except DatabaseError as error:
            log.warning("displays were not written down, the database does not answer", error=type(error).__name__)
            return
        for screen in screens:
            standing = standings.get(screen.pk, screen.standing)
            if standing != screen.standing and not screen.socket.is_closed:
                screen.standing = standing
                screen.socket.outlet.write(standing_message(standing))


def write_down(seen: list[tuple[int, Told, str, int]]) -> dict[int, DisplayStanding]:
    """Keep what displays tell, and return what each is now; two queries."""
    now = timezone.now()
    displays = Display.objects.select_related("wallboard").in_bulk([pk for pk, *_ in seen])
    for pk, told, address, behind in seen:
        display = displays.get(pk)
        if display is not None:
            display.last_seen_at, display.address, display.frames_behind = now, address, behind
            display.width, display.height = told.width, told.height
            display.reconnects, display.build = told.reconnects, told.build
    if displays:
        Display.objects.bulk_update(displays.values(), TOLD_FIELDS)
    return {pk: standing_of(display, now) for pk, display in displays.items()}


def standing_of(display: Display, now: datetime) -> DisplayStanding:
    """Return what a display's page must know at a moment."""
    wallboard = display.wallboard.slug if display.wallboard else ""
    return DisplayStanding(display.name, wallboard, display.note_at(now))


def standing_message(standing: DisplayStanding) -> Message:
    """Return a standing as the page takes it."""
    return Message(get_template("parts/_standing.html").render({"standing": standing}).encode())


def order_message(order: Order, number: str, name: str) -> Message:
    """Return an order as the page takes it; by its number the page knows one that it has had."""
    context = {"order": order.value, "number": number, "name": name}
    return Message(get_template("parts/_order.html").render(context).encode())


def give_order(display: Display, order: Order) -> None:
    """Tell a display something, in whichever web process it is connected. Synchronous: for views."""
    CIRCLE.tell(display=display.pk, order=order.value, number=secrets.token_hex(8))
