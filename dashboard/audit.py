"""Record who did what. `record(...)` is the only way into the audit log; the page `/audit/` shows it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from allauth.core import context
from django.contrib.auth.models import User
from django.http import HttpRequest

from dashboard.address import request_address
from dashboard.logging import SECRET_WORDS
from dashboard.models.audit_entry import AuditEntry

NAME_LIMIT = 150
TEXT_LIMIT = 200
PART_LIMIT = 20
DEPTH_LIMIT = 3
HIDDEN = "[hidden]"


class Action(StrEnum):
    """What can be recorded, as the page says it. A part that records something new adds its line here."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "other sessions signed out"
    CODE_FAILED = "wrong second factor"
    FACTOR_ADDED = "second factor added"
    FACTOR_REMOVED = "second factor removed"
    CODES_RENEWED = "recovery codes renewed"
    PASSWORD_CHANGED = "password changed"  # noqa: S105
    LINK_MADE = "one-time link made"
    LINK_USED = "one-time link used"
    USER_ADDED = "user added"
    USER_CHANGED = "user changed"
    USER_DELETED = "user deleted"
    ROLES_CHANGED = "roles changed"
    RIGHTS_CHANGED = "rights changed"
    GROUP_ADDED = "group added"
    GROUP_CHANGED = "group renamed"
    GROUP_DELETED = "group deleted"
    IDENTITIES_EDITED = "identities edited"
    TEAM_CHANGED = "team changed"
    TEAM_DELETED = "team deleted"
    TARGETS_CHANGED = "targets changed"
    TEAM_VIEW_SAVED = "team view saved"
    TEAM_VIEW_RENAMED = "team view renamed"
    TEAM_VIEW_DELETED = "team view deleted"
    LIST_EXPORTED = "list exported"
    POLL_ASKED = "poll asked for"
    RESYNCHRONISED = "source subscribed anew"
    SOURCE_FORGOTTEN = "source forgotten"
    SESSION_ASKED = "session asked for"
    SESSION_STARTED = "session started"
    WALLBOARD_MADE = "wallboard made"
    WALLBOARD_PUBLISHED = "wallboard published"
    WALLBOARD_ANNOUNCED = "announcement changed"
    WALLBOARD_DELETED = "wallboard deleted"
    PAIRING_FAILED = "wrong pairing code"
    DISPLAY_PAIRED = "display paired"
    DISPLAY_CHANGED = "display changed"
    DISPLAY_ORDERED = "display ordered"
    DISPLAY_REVOKED = "display revoked"
    SESSION_NOT_STARTED = "session not started"


def record(
    action: Action,
    target: object = "",
    *,
    detail: Mapping[str, Any] | None = None,
    user: User | None = None,
    actor: str = "",
    request: HttpRequest | None = None,
) -> AuditEntry:
    """Add an entry. Without `user` and `actor` it is whoever makes the request that is served; the name is kept.

    `detail` must fit into JSON; texts are cut, and what is named like a secret is hidden. Outside of a request, as in a
    command, give an `actor`.
    """
    request = request or context.request
    if user is None and not actor and request is not None and isinstance(request.user, User):
        user = request.user
    return AuditEntry.objects.create(
        action=action.value,
        target=clean(str(target), TEXT_LIMIT),
        actor=clean(actor or (user.get_username() if user else ""), NAME_LIMIT),
        user_id=user.pk if user else None,
        detail={name: bounded(value, name) for name, value in list((detail or {}).items())[:PART_LIMIT]},
        address=request_address(request) if request is not None else "",
    )


def clean(text: str, limit: int) -> str:
    """Return a text without what PostgreSQL refuses, cut to a limit."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:limit]


def bounded(value: Any, name: str = "", depth: int = 1) -> Any:
    """Return a part of a detail: short, shallow, and hidden where its name says that it is a secret."""
    if any(word in name.lower() for word in SECRET_WORDS):
        return HIDDEN
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping() if depth < DEPTH_LIMIT:
            return {
                clean(str(key), 60): bounded(one, str(key), depth + 1) for key, one in list(value.items())[:PART_LIMIT]
            }
        case list() | tuple() | set() | frozenset() if depth < DEPTH_LIMIT:
            return [bounded(one, name, depth + 1) for one in list(value)[:PART_LIMIT]]
        case _:
            return clean(str(value), TEXT_LIMIT)
