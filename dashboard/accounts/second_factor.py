"""Who has to have a second factor, and that they get nowhere until they do."""

from collections.abc import Callable, Collection
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin

from dashboard.middleware import is_part
from dashboard.roles import ADMINISTRATOR, ROLE_WORDS

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are none
OPEN_NAMES = frozenset({"account_reauthenticate", "account_logout"})
OPEN_PREFIX = "mfa_"


def lacking_factor(users: Collection[AbstractBaseUser]) -> frozenset[Any]:
    """Return the ids of those who have to have a second factor (`MFA_REQUIRED`) and have none. One query, or none."""
    words: Collection[str] = settings.MFA_REQUIRED
    if not words:
        return frozenset()
    concerned = Q(groups__name__in=[ROLE_WORDS[word] for word in words if word != ADMINISTRATOR])
    if ADMINISTRATOR in words:
        concerned |= Q(is_superuser=True)
    lacking = User.objects.filter(concerned, pk__in=[user.pk for user in users])
    lacking = lacking.exclude(pk__in=Authenticator.objects.filter(type__in=FACTORS).values("user"))
    return frozenset(lacking.values_list("pk", flat=True))


class RequireSecondFactor(MiddlewareMixin):
    """Send whoever lacks a second factor to set one up, whatever else they ask for; parts of a page are refused.

    Sockets do not come here; `dashboard.live.admission` lets none of them in.
    """

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Let only the pages through that are needed to set one up."""
        user = request.user if settings.MFA_REQUIRED else None
        if not isinstance(user, User) or not lacking_factor([user]):
            return None
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        if name in OPEN_NAMES or name.startswith(OPEN_PREFIX):
            request.__dict__["lacks_factor"] = True
            return None
        return HttpResponseForbidden() if is_part(request) else redirect("mfa_index")
