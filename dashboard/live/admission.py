"""Who may hold a socket: the origin of the handshake, what is behind it, and whether that still stands."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dashboard.accounts.second_factor import lacking_factor
from dashboard.address import client_address
from dashboard.displays.tokens import TOKEN, TOKEN_LIMIT
from dashboard.models.display import Display
from dashboard.permission import load_rights
from dashboard.scopes import load_standings
from dashboard.secret import digest

CHUNK = 500  # below SQLite's limit of variables

Viewer = AbstractBaseUser | Display


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a socket rests on: a session, or a display's token and the address that the display comes from."""

    session_key: str = ""
    token_digest: str = ""
    address: str = ""

    def __bool__(self) -> bool:
        return bool(self.session_key or self.token_digest)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who is behind a ticket, and when it ends by time if nobody moves that; None: not foreseen."""

    viewer: Viewer
    ends_at: datetime | None = None


def find_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Return the only header of that name; None when there is none, or several."""
    values = [value for key, value in headers if key.lower() == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def is_own_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether a handshake comes from a page of ours: scheme, host and port, exactly; none and `null` do not."""
    return find_header(headers, b"origin") in settings.SOCKET_ORIGINS


def find_address(scope: Mapping[str, Any]) -> str:
    """Return the address that a socket comes from."""
    peer = (scope.get("client") or ("",))[0]
    hops = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return client_address(peer, ",".join(hops))


def read_session(scope: Mapping[str, Any]) -> Ticket:
    """Return the session that a browser names, if any."""
    key = _read_cookie(scope["headers"], settings.SESSION_COOKIE_NAME)
    return Ticket(session_key=key if key.isalnum() else "")


def read_token(scope: Mapping[str, Any]) -> Ticket:
    """Return the display's token that a browser holds, if any."""
    token = _read_cookie(scope["headers"], TOKEN)[:TOKEN_LIMIT]
    return Ticket(token_digest=digest(token), address=find_address(scope)) if token else Ticket()


def _read_cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> str:
    try:
        return parse_cookie(find_header(headers, b"cookie") or "").get(name, "")
    except CookieError:
        return ""


def find_bearers(tickets: Collection[Ticket]) -> dict[Ticket, Bearer]:
    """Return who is behind the tickets that stand: users with their rights, displays with their wallboards.

    Seven queries for up to 500 sessions (one more where roles need a second factor), one for as many displays.
    """
    sessions = sorted({ticket.session_key for ticket in tickets if ticket.session_key})
    digests = sorted({ticket.token_digest for ticket in tickets if ticket.token_digest})
    users: dict[str, Bearer] = {}
    displays: dict[str, Display] = {}
    for start in range(0, len(sessions), CHUNK):
        users |= _find_users(sessions[start : start + CHUNK])
    for start in range(0, len(digests), CHUNK):
        displays |= _find_displays(digests[start : start + CHUNK])
    now = timezone.now()
    bearers: dict[Ticket, Bearer] = {}
    for ticket in tickets:
        display = displays.get(ticket.token_digest)
        if ticket.session_key in users:
            bearers[ticket] = users[ticket.session_key]
        elif display is not None and display.refusal(ticket.address, now) is None:
            bearers[ticket] = Bearer(display)
    return bearers


def _find_displays(digests: list[str]) -> dict[str, Display]:
    found = Display.objects.filter(token_digest__in=digests).select_related("wallboard")
    return {display.token_digest or "": display for display in found}


def _find_users(session_keys: list[str]) -> dict[str, Bearer]:
    rows = list(Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now()))
    ends = {row.session_key: row.expire_date for row in rows}
    sessions: dict[str, dict[str, Any]] = {row.session_key: row.get_decoded() for row in rows}
    manager = get_user_model()._default_manager
    users = manager.in_bulk({session[SESSION_KEY] for session in sessions.values() if SESSION_KEY in session})
    load_rights(users.values())
    load_standings(users.values())
    by_text = {str(key): user for key, user in users.items()}
    lacking = lacking_factor(users.values())
    found = {key: by_text.get(str(session.get(SESSION_KEY))) for key, session in sessions.items()}
    standing = {key: user for key, user in found.items() if user is not None and _stands(user, sessions[key])}
    return {key: Bearer(user, ends[key]) for key, user in standing.items() if user.pk not in lacking}


def _stands(user: AbstractBaseUser, session: dict[str, Any]) -> bool:
    """A session stands while its user is active and has the password of then."""
    return user.is_active and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
