"""What every response of ours carries beyond Django's own middleware."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.views.csrf import csrf_failure


class KeepSignInOut(MiddlewareMixin):
    """Refuse part of a page (401) where a whole page would be sent to the sign-in.

    A script's request follows a redirect by itself, so the sign-in page would come for the part, with 200, and be put
    into the page. `static/js/ended.js` says what the 401 means.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Replace the redirect."""
        if is_part(request) and urlsplit(response.headers.get("Location", "")).path == reverse("account_login"):
            return HttpResponse(status=401)
        return response


def is_part(request: HttpRequest) -> bool:
    """Say whether a page of ours asks for a part of itself."""
    return request.headers.get("HX-Request") == "true"


def refuse_form(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer a form whose token is not the browser's: its user signed out or in since the page was opened."""
    return HttpResponse(status=401) if is_part(request) else csrf_failure(request, reason)


class ForbidStoring(MiddlewareMixin):
    """Keep pages with customers' names out of every cache, unless a view says otherwise.

    Static files never come here: WhiteNoise answers them before.
    """

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header."""
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class DenyFeatures(MiddlewareMixin):
    """Have browsers refuse every page of ours what none of them needs, whatever may get into one.

    Wallboards need the wake lock, full screen and sound; sign-in needs security keys.
    """

    POLICY = ", ".join(
        [
            *(f"{name}=()" for name in ("accelerometer", "browsing-topics", "camera", "display-capture")),
            *(f"{name}=()" for name in ("geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi")),
            *(f"{name}=()" for name in ("payment", "serial", "usb", "xr-spatial-tracking")),
            *(f"{name}=(self)" for name in ("autoplay", "fullscreen", "screen-wake-lock")),
            *(f"publickey-credentials-{name}=(self)" for name in ("create", "get")),
        ]
    )

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header."""
        response.headers["Permissions-Policy"] = self.POLICY
        return response
