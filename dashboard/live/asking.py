"""What requests ask: of the hub of their process, or straight of the database where none runs."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest

from dashboard.boards.links import without_left
from dashboard.boards.moment import Moment
from dashboard.boards.sheets import Extract
from dashboard.configured import load_configured
from dashboard.identities import load_people
from dashboard.live.hub import Hub
from dashboard.live.painter import Painter
from dashboard.live.painting import Painting, clocks_of, render_light
from dashboard.live.registry import OPENERS, open_list
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from dashboard.targets import load_targets
from dashboard.wallboards.stored import load_wallboards
from realtime import store
from realtime.change import Change
from realtime.state import State

Found = TypeVar("Found")

HUB_SECONDS = 10.0  # a process that just started reads the database first


def hub_of(request: HttpRequest | None) -> Hub | None:
    """Return the hub of the process, None where none runs: under WSGI, in commands and in tests without a server."""
    hub: Hub | None = getattr(request, "scope", {}).get("hub")
    return hub


def ask(hub: Hub, answer: Coroutine[Any, Any, Found], seconds: float = HUB_SECONDS) -> Found:
    """Return what a hub answers on its loop. Raises TimeoutError."""
    return asyncio.run_coroutine_threadsafe(answer, hub.loop).result(seconds)


def paint_view(request: HttpRequest, key: ViewKey) -> Painting:
    """Return the view as the next push would show it."""
    hub = hub_of(request)
    return paint_stored(key) if hub is None else ask(hub, hub.paint(key))


def look(request: HttpRequest, find: Callable[[Moment], Found]) -> Found:
    """Return what a look at everything known now finds."""
    hub = hub_of(request)
    return find(stored_moment()) if hub is None else ask(hub, hub.look(find))


def extract_list(request: HttpRequest, key: ViewKey) -> Extract:
    """Return all rows that a list shows, on all its pages."""
    hub = hub_of(request)
    return extract_stored(key) if hub is None else ask(hub, hub.extract(key))


def paint_stored(key: ViewKey) -> Painting:
    """Return the view from what the database holds."""
    moment = stored_moment()
    picture = OPENERS[key.board](key, Tables(moment.state)).picture(moment)
    painter = Painter()
    painter.render(picture)
    return Painting(painter.paint(picture), render_light(moment), moment.at, clocks_of(moment))


def extract_stored(key: ViewKey) -> Extract:
    """Return all rows of a list from what the database holds."""
    moment = stored_moment()
    return open_list(key, Tables(moment.state)).extract(moment)


def stored_moment() -> Moment:
    """Return what the database holds now; the last hour is left out, so trends have gaps."""
    statuses = store.load_statuses()
    state = State()
    for source in statuses:
        state.apply(Change(source, inserts=store.load(source).rows))
    at, configured = datetime.now(UTC), load_configured()
    return Moment(
        state,
        without_left(statuses, configured, at),
        at,
        targets=load_targets(),
        people=load_people(),
        wallboards=load_wallboards(),
        configured=configured,
        zone=settings.TIME_ZONE,
    )
