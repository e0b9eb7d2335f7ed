"""A page's first picture: from the hub of this process, or straight from the database where none runs."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import orjson
from django.http import HttpRequest
from django.template.loader import get_template
from django.utils.safestring import SafeString

from dashboard.boards.clock import set_clocks
from dashboard.boards.links import is_mirrored, light
from dashboard.boards.moment import Moment
from dashboard.identities import load_people
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from dashboard.operating.processes import Missing
from dashboard.wallboards.stored import load_wallboards
from realtime import store
from realtime.change import Change
from realtime.state import State

Found = TypeVar("Found")

HUB_SECONDS = 10.0  # a process that just started reads the database first


@dataclass(frozen=True, slots=True)
class Painting:
    """A view's whole board and the light of its links, as HTML, and when that was."""

    board: str
    light: str
    now: datetime
    offsets: Mapping[str, float]

    def with_clocks(self) -> SafeString:
        """Return the board with its clocks set, as it leaves in a page. Only digits are put in, so it stays safe."""
        return SafeString(set_clocks(self.board, self.now, self.offsets))


class Studio(Protocol):
    """What paints views in a serving process: its hub."""

    loop: asyncio.AbstractEventLoop

    async def paint(self, key: ViewKey) -> Painting:
        """Return a view as the next push would show it."""

    async def look(self, find: Callable[[Moment], Found]) -> Found:
        """Return what a look at this moment finds."""


def paint_view(request: HttpRequest, key: ViewKey) -> Painting:
    """Return the view as the next push would show it."""
    hub: Studio | None = getattr(request, "scope", {}).get("hub")
    if hub is None:
        return paint_stored(key)
    return asyncio.run_coroutine_threadsafe(hub.paint(key), hub.loop).result(HUB_SECONDS)


def look(request: HttpRequest, find: Callable[[Moment], Found]) -> Found:
    """Return what a look at everything known now finds."""
    hub: Studio | None = getattr(request, "scope", {}).get("hub")
    if hub is None:
        return find(stored_moment())
    return asyncio.run_coroutine_threadsafe(hub.look(find), hub.loop).result(HUB_SECONDS)


def paint_stored(key: ViewKey) -> Painting:
    """Return the view from what the database holds: for WSGI servers, commands and tests without a server."""
    moment = stored_moment()
    picture = OPENERS[key.board](key, Tables(moment.state)).picture(moment)
    painter = Painter()
    painter.render(picture)
    return Painting(painter.paint(picture), render_light(moment), moment.at, clock_offsets(moment))


def stored_moment() -> Moment:
    """Return everything that the database holds, now."""
    statuses = store.load_statuses()
    state = State()
    for source in statuses:
        state.apply(Change(source, inserts=store.load(source).rows))
    return Moment(state, statuses, datetime.now(UTC), people=load_people(), wallboards=load_wallboards())


def clock_offsets(moment: Moment) -> dict[str, float]:
    """Return how many seconds each source's clock is ahead of ours."""
    return {name: round(status.clock_offset_seconds or 0.0, 1) for name, status in moment.statuses.items()}


def render_light(moment: Moment) -> str:
    """Return the light "server ↔ sources" as HTML; it carries our clock, and how the sources' clocks differ."""
    value = light(moment.statuses, moment.at)
    offsets = orjson.dumps(clock_offsets(moment)).decode()
    is_one = all(is_mirrored(status) for status in moment.statuses.values())
    context = {"light": value, "now": moment.at, "offsets": offsets, "noun": "appliance" if is_one else "sources"}
    return get_template("parts/_light.html").render(context)


def render_missing(missing: Collection[Missing]) -> str:
    """Return the line about processes that should run and do not, as HTML; empty while all run."""
    return get_template("parts/_processes.html").render({"missing": missing})
