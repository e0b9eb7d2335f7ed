"""How long a session lasts: some time after its user last did something, and never longer than some days.

Its end stands in its row and moves with each save, so pages, sockets and `prune` read one and the same moment. What a
page does by itself is no activity, and neither is an open socket: both go on where nobody sits any more. What is to
run for months is a display.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

BEGAN_AT = "began_at"  # seconds since 1970, as the next
ACTIVE_AT = "active_at"
PRECISION = 60  # what somebody did is written down when it is this part of the idle time after what they did before
BY_ITSELF = frozenset({"polls", "display-facts"})  # asked for again and again by pages that are open


class SessionStore(db.SessionStore):
    """Django's, with an end of our own. The class keeps its name: it goes into the signature of what is stored."""

    def _validate_session_key(self, key: str | None) -> bool:
        """Say whether it can be one of ours: no other text reaches the database, which would not take each."""
        return bool(super()._validate_session_key(key)) and str(key).isalnum()  # type: ignore[misc]  # Django's own hook

    def get_expiry_age(self, **_given: Any) -> int:
        """Return how many seconds it lasts from now on if nobody does anything."""
        now = time.time()
        left: float = self.get(BEGAN_AT, now) + settings.SESSION_COOKIE_AGE - now
        return max(0, round(min(settings.SESSION_IDLE_SECONDS, left)))

    def get_expiry_date(self, **_given: Any) -> datetime:
        """Return when it ends if nobody does anything."""
        return timezone.now() + timedelta(seconds=self.get_expiry_age())

    async def aget_expiry_age(self, **_given: Any) -> int:
        """Return the same as `get_expiry_age`."""
        await self.aget(BEGAN_AT)
        return self.get_expiry_age()

    async def aget_expiry_date(self, **_given: Any) -> datetime:
        """Return the same as `get_expiry_date`."""
        await self.aget(BEGAN_AT)
        return self.get_expiry_date()


def begin(request: HttpRequest, **_signal: Any) -> None:
    """Somebody signed in: all time counts from now."""
    request.session[BEGAN_AT] = request.session[ACTIVE_AT] = time.time()


class NoteActivity(MiddlewareMixin):
    """Move a session's end whenever its user does something."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Note when it was, unless the page asked by itself or what is noted is still precise enough."""
        name = request.resolver_match.url_name if request.resolver_match else None
        is_by_itself = request.method == "HEAD" or name in BY_ITSELF
        if request.session.accessed and request.user.is_authenticated and not is_by_itself:
            now = time.time()
            request.session.setdefault(BEGAN_AT, now)
            if now - request.session.get(ACTIVE_AT, 0) > settings.SESSION_IDLE_SECONDS / PRECISION:
                request.session[ACTIVE_AT] = now
        return response
