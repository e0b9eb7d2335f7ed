"""Every address of the site."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def answer_health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", answer_health, name="healthz"),
]
