"""A page's first picture: from the hub of this process, or straight from the database where none runs."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from django.http import HttpRequest
from django.template.loader import get_template

from dashboard.boards.links import Light, light
from dashboard.boards.moment import Moment
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.view import ViewKey
from realtime import store
from realtime.change import Change
from realtime.state import State

HUB_SECONDS = 10.0  # a process that just started reads the database first


@dataclass(frozen=True, slots=True)
class Painting:
    """A view's whole board and the light of its links, as HTML, and when that was."""

    board: str
    light: str
    now: datetime


class Studio(Protocol):
    """What paints views in a serving process: its hub."""

    loop: asyncio.AbstractEventLoop

    async def paint(self, key: ViewKey) -> Painting:
        """Return a view as the next push would show it."""


def paint_view(request: HttpRequest, key: ViewKey) -> Painting:
    """Return the view as the next push would show it."""
    hub: Studio | None = getattr(request, "scope", {}).get("hub")
    if hub is None:
        return paint_stored(key)
    return asyncio.run_coroutine_threadsafe(hub.paint(key), hub.loop).result(HUB_SECONDS)


def paint_stored(key: ViewKey) -> Painting:
    """Return the view from what the database holds: for WSGI servers, commands and tests without a server."""
    statuses = store.load_statuses()
    state = State()
    for source in statuses:
        state.apply(Change(source, inserts=store.load(source).rows))
    moment = Moment(state, statuses, datetime.now(UTC))
    picture = OPENERS[key.board](key, state).picture(moment)
    painter = Painter()
    painter.render(picture)
    return Painting(painter.paint(picture), render_light(light(statuses, moment.at), moment.at), moment.at)


def render_light(value: Light, now: datetime) -> str:
    """Return the light "server ↔ appliance" as HTML; it carries our clock."""
    return get_template("parts/_light.html").render({"light": value, "now": now})
