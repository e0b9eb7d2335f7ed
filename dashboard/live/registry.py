"""Which boards there are, and who may see what of them. A view's key is decided here, on the server."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from dashboard.boards.catalogue import LISTS
from dashboard.live.details import DETAILS, DetailView
from dashboard.live.links import OPERATOR, LinksView
from dashboard.live.lists import ListView
from dashboard.live.overview import OverviewView
from dashboard.live.tables import RowTable, Tables
from dashboard.live.view import BoardView, ViewKey
from dashboard.sources import configured_appliances
from realtime.errors import Misconfigured

KEY_LIMIT = 256  # characters of a row's key
QUERY_LIMIT = 4096  # characters


def open_links(key: ViewKey, tables: Tables) -> BoardView:
    """Return the Sources board."""
    try:
        configured = tuple(appliance.name for appliance in configured_appliances())
    except Misconfigured:
        configured = ()  # no file yet, or a wrong one; `checksources` says what is wrong with it
    return LinksView(key, tables.state, configured)


def open_list(key: ViewKey, tables: Tables) -> BoardView:
    """Return a list, filtered and sorted as its key says."""
    table: RowTable[Any] = getattr(tables, key.board)
    return ListView(key.board, key, table, table.spec.read(parse_qs(key.query)))


def open_detail(key: ViewKey, _tables: Tables) -> BoardView:
    """Return everything about one thing."""
    return DetailView(key, DETAILS[key.board], dict(key.params)["key"])


OPENERS: Mapping[str, Callable[[ViewKey, Tables], BoardView]] = {
    "sources": open_links,
    "overview": OverviewView,
    **dict.fromkeys(LISTS, open_list),
    **dict.fromkeys(DETAILS, open_detail),
}
"""Board name -> how its view is made. The name is part of addresses: `/live/<board>/`."""


def is_operator(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether a user may act on sources."""
    return bool(getattr(user, "is_staff", False))


def choose_view(board: str, user: AbstractBaseUser | AnonymousUser, query: str = "") -> ViewKey | None:
    """Return the view of a board that this user gets; None when there is none. `query` is the address's, unchecked."""
    if len(query) > QUERY_LIMIT:
        return None
    if board in LISTS:
        return ViewKey(board, tuple(parse_qsl(LISTS[board].read(parse_qs(query)).encoded())))
    if board in DETAILS:
        row_key = parse_qs(query).get("key", [""])[0]
        return ViewKey(board, (("key", row_key),)) if ":" in row_key and len(row_key) <= KEY_LIMIT else None
    if board not in OPENERS or query:
        return None
    return ViewKey(board, scope=OPERATOR if is_operator(user) and board == "sources" else "")
