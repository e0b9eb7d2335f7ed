"""Paired displays for tests: the real steps of pairing, without a browser."""

from typing import Any

from django.contrib.auth.models import User

from dashboard.displays.codes import code_of
from dashboard.displays.pairing import Terms, begin, claim, confirm, find_typed
from dashboard.live.topics import WALLBOARDS
from dashboard.models import Display
from dashboard.models.wallboard import Wallboard
from dashboard.wallboards.stored import create
from dashboard.wallboards.templates import TEMPLATES

ADDRESS = "192.0.2.7"


def somebody(username: str = "petra") -> User:
    """Return a user, who is made when there is none."""
    return User.objects.get_or_create(username=username)[0]


def make_wallboard(template: str = "queue") -> Wallboard:
    """Store a ready-made wallboard, and tell the web processes."""
    made = create(somebody(), TEMPLATES[template].wallboard)
    WALLBOARDS.announce()
    return made


def pair(name: str = "Floor 2", wallboard: Wallboard | None = None, **terms: Any) -> tuple[Display, str]:
    """Return a new display and its token."""
    user = somebody()
    secret = begin(ADDRESS, "a browser")
    display = confirm(find_typed(code_of(secret), user, ADDRESS), Terms(name, wallboard, **terms), user)
    token = claim(secret)
    assert token is not None
    display.refresh_from_db()
    return display, token
