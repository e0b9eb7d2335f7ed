"""Every address of the site."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import RedirectView

from dashboard.boards.catalogue import LISTS
from dashboard.views.boards import show_list, show_overview
from dashboard.views.saved_views import delete_view, rename_view, save_view, show_saved_views
from dashboard.views.sources import resynchronise, show_sources

FLAPS = ("WHO IS WAITING", "SINCE WHEN", "WHO CAN TAKE IT", "WHO IS WITH THEM", "NOW")
FLAP_COUNT = 17


def answer_health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="overview"), name="home"),
    path("overview/", show_overview, name="overview"),
    *(path(f"{board}/", show_list, {"board": board}, name=board) for board in LISTS),
    path("sources/", show_sources, name="sources"),
    path("sources/resynchronise/", resynchronise, name="resynchronise"),
    path("saved-views/", show_saved_views, name="saved-views"),
    path("saved-views/save/", save_view, name="save-view"),
    path("saved-views/<int:pk>/rename/", rename_view, name="rename-view"),
    path("saved-views/<int:pk>/delete/", delete_view, name="delete-view"),
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
