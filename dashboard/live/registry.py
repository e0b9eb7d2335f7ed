"""Which boards there are, and who may see what of them. A view's key is decided here, on the server."""

from collections.abc import Callable, Mapping

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from dashboard.live.links import OPERATOR, LinksView
from dashboard.live.view import BoardView, ViewKey
from dashboard.sources import configured_appliances
from realtime.errors import Misconfigured
from realtime.state import State


def open_links(key: ViewKey, state: State) -> BoardView:
    """Return the Sources board."""
    try:
        configured = tuple(appliance.name for appliance in configured_appliances())
    except Misconfigured:
        configured = ()  # no file yet, or a wrong one; `checksources` says what is wrong with it
    return LinksView(key, state, configured)


OPENERS: Mapping[str, Callable[[ViewKey, State], BoardView]] = {"sources": open_links}
"""Board name -> how its view is made. The name is part of addresses: `/live/<board>/`."""


def is_operator(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether a user may act on sources."""
    return bool(getattr(user, "is_staff", False))


def choose_view(board: str, user: AbstractBaseUser | AnonymousUser, query: str = "") -> ViewKey | None:
    """Return the view of a board that this user gets; None when there is none. `query` is the address's, unchecked."""
    if board not in OPENERS or query:
        return None
    return ViewKey(board, scope=OPERATOR if is_operator(user) else "")
