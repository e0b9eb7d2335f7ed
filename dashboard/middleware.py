"""What every response of ours carries beyond Django's own middleware."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


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
