"""What the user who makes a request sees: found out once for each request, from what is known at its moment."""

from dataclasses import dataclass
from functools import partial

from django.contrib.auth.models import User
from django.http import HttpRequest

from dashboard.boards.moment import Moment
from dashboard.boards.scope import EVERYTHING, NOTHING, Scope
from dashboard.live.asking import look
from dashboard.live.details import DETAILS
from dashboard.privacy import Privacy
from dashboard.scopes import load_standings, scope_of, sees_everything, words_of

WITHHELD = {
    Privacy.SHOWN: "",
    Privacy.INITIALLED: "You see customers’ names as initials, and not what their sessions are about",
    Privacy.HIDDEN: "You see no names of customers, and not what their sessions are about",
}


@dataclass(frozen=True, slots=True)
class Vista:
    """What a user sees now, and in words which queues and people that is limited to ("" for all)."""

    scope: Scope
    limits: str

    @property
    def withheld(self) -> str:
        """What is not to be seen of customers, in words; "" for nothing."""
        return WITHHELD[self.scope.customers]


def vista_at(user: User, moment: Moment) -> Vista:
    """Return what a user sees at a moment."""
    scope = scope_of(user, moment)
    return Vista(scope, words_of(scope, user, moment))


def vista_of(request: HttpRequest) -> Vista:
    """Return what the user who makes a request sees; found out once for each request."""
    user = request.user
    if not isinstance(user, User):
        return Vista(NOTHING, "")
    found: Vista | None = request.__dict__.get("_vista")
    if found is None:
        found = request.__dict__["_vista"] = _look(request, user)
    return found


def _look(request: HttpRequest, user: User) -> Vista:
    if sees_everything(user):
        return Vista(EVERYTHING, "")
    load_standings([user])  # here, because the look happens on the event loop
    return look(request, partial(vista_at, user))


def may_read(request: HttpRequest, key: str) -> bool:
    """Say whether the user who makes a request may see a vendor's own words about its session: they hold every name."""
    return vista_of(request).scope.customers is Privacy.SHOWN and may_see(request, "vendor-session", key)


def may_see(request: HttpRequest, kind: str, key: str) -> bool:
    """Say whether the user who makes a request sees a thing that has a detail."""
    scope = vista_of(request).scope
    if scope.is_everything:
        return True
    return look(request, lambda moment: DETAILS[kind].draw_for(scope, moment, key) is not None)
