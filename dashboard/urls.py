"""Every address of the site."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import RedirectView

from dashboard.views.sources import resynchronise, show_sources

FLAPS = ("WHO IS WAITING", "SINCE WHEN", "WHO CAN TAKE IT", "WHO IS WITH THEM", "NOW")
FLAP_COUNT = 17


def answer_health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="sources"), name="home"),
    path("sources/", show_sources, name="sources"),
    path("sources/resynchronise/", resynchronise, name="resynchronise"),
    path(
        "login/",
        LoginView.as_view(
            redirect_authenticated_user=True, extra_context={"flaps": [line.ljust(FLAP_COUNT) for line in FLAPS]}
        ),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("healthz", answer_health, name="healthz"),
]
