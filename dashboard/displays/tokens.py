"""The two cookies of a screen: the secret behind its code, and the token of the display that it became.

Neither is readable by scripts, sent along from other sites, or sent to any page but the screens' own.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.address import request_address
from dashboard.models.display import PAIRING_TIME, Display, Refusal
from dashboard.secret import digest

PATH = "/display/"
PREFIX = "__Secure-" if settings.SECURE else ""  # __Host- would ask for the path /
TOKEN = f"{PREFIX}dashboard_display"
SECRET = f"{PREFIX}dashboard_pairing"
TOKEN_LIMIT = 128  # characters
TOKEN_AGE = timedelta(days=400)  # the longest that browsers keep one; each load of the page begins it anew


def read_cookie(request: HttpRequest, name: str) -> str:
    """Return a cookie of ours, "" where there is none."""
    return request.COOKIES.get(name, "")[:TOKEN_LIMIT]


def keep_token(response: HttpResponse, token: str) -> None:
    """Have a browser keep its token."""
    _keep(response, TOKEN, token, TOKEN_AGE)


def keep_secret(response: HttpResponse, secret: str) -> None:
    """Have a browser keep the secret behind its code."""
    _keep(response, SECRET, secret, PAIRING_TIME)


def forget(response: HttpResponse, name: str) -> None:
    """Have a browser forget a cookie of ours."""
    response.delete_cookie(name, path=PATH, samesite="Strict")


def _keep(response: HttpResponse, name: str, value: str, age: timedelta) -> None:
    response.set_cookie(name, value, max_age=age, path=PATH, secure=settings.SECURE, httponly=True, samesite="Strict")


def find_display(request: HttpRequest) -> tuple[Display | None, Refusal | None]:
    """Return the display whose token a request holds, and why that is not taken."""
    token = read_cookie(request, TOKEN)
    display = Display.objects.select_related("wallboard").filter(token_digest=digest(token)).first() if token else None
    return display, display.refusal(request_address(request), timezone.now()) if display else None
