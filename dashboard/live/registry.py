"""Which boards there are, and who may see what of them. A view's key is decided here, on the server."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from dashboard.boards.catalogue import LISTS
from dashboard.boards.scope import NOTHING, Scope
from dashboard.live.details import DETAILS, DetailView
from dashboard.live.lists import ListView
from dashboard.live.overview import OverviewView
from dashboard.live.scoped import Shelves, shelves_of
from dashboard.live.shelf import Shelf
from dashboard.live.sources import SourcesView, offered
from dashboard.live.tables import Tables
from dashboard.live.view import BoardView, ViewKey
from dashboard.live.wall import WALLBOARD, WallView, wall_key
from dashboard.permission import may, rights_of
from dashboard.roles import Right

KEY_LIMIT = 256  # characters of a row's key
QUERY_LIMIT = 4096  # characters
SLUG = re.compile(r"[a-z0-9-]{1,60}")


def open_sources(key: ViewKey, tables: Tables) -> BoardView:
    """Return the Sources board."""
    return SourcesView(key, tables.state)


def open_overview(key: ViewKey, tables: Tables) -> BoardView:
    """Return the whole support center at a glance."""
    return OverviewView(key, shelves_of(tables, key.scope))


def open_list(key: ViewKey, tables: Tables) -> ListView[Any]:
    """Return a list, filtered and sorted as its key says."""
    shelves: Shelves = shelves_of(tables, key.scope)
    shelf: Shelf[Any] = getattr(shelves, key.board)
    return ListView(key.board, key, shelf, shelf.spec.read(parse_qs(key.query)))


def open_detail(key: ViewKey, _tables: Tables) -> BoardView:
    """Return everything about one thing."""
    return DetailView(key, DETAILS[key.board], dict(key.params)["key"])


OPENERS: Mapping[str, Callable[[ViewKey, Tables], BoardView]] = {
    "sources": open_sources,
    "overview": open_overview,
    WALLBOARD: WallView,
    **dict.fromkeys(LISTS, open_list),
    **dict.fromkeys(DETAILS, open_detail),
}
"""Board name -> how its view is made. The name is part of addresses: `/live/<board>/`."""


def _choose_wall(
    user: AbstractBaseUser | AnonymousUser, query: Mapping[str, list[str]], scope: Scope
) -> ViewKey | None:
    """Return the view of a wallboard; of a draft only for those who may edit it."""
    slug, is_draft = query.get("slug", [""])[0], "draft" in query
    if not SLUG.fullmatch(slug) or (is_draft and not may(user, Right.EDIT_WALLBOARDS)):
        return None
    return wall_key(slug, scope, is_draft=is_draft)


def choose_view(
    board: str, user: AbstractBaseUser | AnonymousUser, query: str = "", scope: Scope = NOTHING
) -> ViewKey | None:
    """Return the view of a board that this user gets; None when there is none.

    `query` is the address's, unchecked; `scope` is what the user may see (`dashboard.scopes.scope_of`).
    """
    if len(query) > QUERY_LIMIT:
        return None
    if board in LISTS:
        return ViewKey(board, tuple(parse_qsl(LISTS[board].read(parse_qs(query)).encoded())), scope)
    if board in DETAILS:
        row_key = parse_qs(query).get("key", [""])[0]
        is_key = ":" in row_key and "\0" not in row_key and len(row_key) <= KEY_LIMIT
        return ViewKey(board, (("key", row_key),), scope) if is_key else None
    if board == WALLBOARD:
        return _choose_wall(user, parse_qs(query), scope)
    if board not in OPENERS or query:
        return None
    if board == "sources":
        return ViewKey(board, rights=offered(rights_of(user)))
    return ViewKey(board, scope=scope)
