"""Who may hold a socket: the origin of the handshake, the session behind it, and whether that still stands."""

from collections.abc import Collection, Iterable
from http.cookies import CookieError
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.http import parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

CHUNK = 500  # below SQLite's limit of variables


def find_header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Return the only header of that name; None when there is none, or several."""
    values = [value for key, value in headers if key.lower() == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def is_own_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether a handshake comes from a page of ours: scheme, host and port, exactly; none and `null` do not."""
    return find_header(headers, b"origin") in settings.SOCKET_ORIGINS


def read_session_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the session that the browser names, "" for none."""
    try:
        return parse_cookie(find_header(headers, b"cookie") or "").get(settings.SESSION_COOKIE_NAME, "")
    except CookieError:
        return ""


def find_viewers(session_keys: Collection[str]) -> dict[str, AbstractBaseUser]:
    """Return, by session, the users whose sessions stand: two queries for up to 500 of them."""
    keys = list(session_keys)
    viewers: dict[str, AbstractBaseUser] = {}
    for start in range(0, len(keys), CHUNK):
        viewers |= _find_chunk(keys[start : start + CHUNK])
    return viewers


def _find_chunk(session_keys: list[str]) -> dict[str, AbstractBaseUser]:
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    sessions: dict[str, dict[str, Any]] = {row.session_key: row.get_decoded() for row in rows}
    manager = get_user_model()._default_manager
    users = manager.in_bulk({session[SESSION_KEY] for session in sessions.values() if SESSION_KEY in session})
    by_text = {str(key): user for key, user in users.items()}
    found = {key: by_text.get(str(session.get(SESSION_KEY))) for key, session in sessions.items()}
    return {key: user for key, user in found.items() if user is not None and _stands(user, sessions[key])}


def _stands(user: AbstractBaseUser, session: dict[str, Any]) -> bool:
    """A session stands while its user is active and has the password of then."""
    return user.is_active and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
