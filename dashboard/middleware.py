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
