"""A wallboard on a screen."""

from datetime import datetime
from zoneinfo import ZoneInfo

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from dashboard.live.asking import paint_view
from dashboard.live.registry import choose_view
from dashboard.live.view import ViewKey
from dashboard.live.vista import vista_of
from dashboard.models.wallboard import Wallboard
from dashboard.permission import require
from dashboard.roles import Right
from dashboard.views.boards import socket_path
from dashboard.wallboards import definition
from dashboard.wallboards.definition import Theme
from dashboard.wallboards.reading import Wrong
from dashboard.wallboards.stored import definition_of, draft_of


@login_required
@require_safe
def show_wallboard(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a wallboard over the whole screen."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    return show_screen(request, _choose(request, f"slug={slug}"), _readable(wallboard, is_draft=False))


@csp_replace({"frame-ancestors": ["'self'"]})
@require(Right.EDIT_WALLBOARDS)
@require_safe
@xframe_options_sameorigin
def preview_wallboard(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a wallboard's draft, for the frame in its editor."""
    wallboard = get_object_or_404(Wallboard, slug=slug)
    return show_screen(request, _choose(request, f"slug={slug}&draft=1"), _readable(wallboard, is_draft=True))


def show_screen(
    request: HttpRequest,
    key: ViewKey,
    wallboard: definition.Wallboard,
    template: str = "pages/wallboard.html",
    **more: object,
) -> HttpResponse:
    """Return a wallboard's page. The colours of the first picture are right before any script runs.

    `more` is what a template of another kind of screen needs beside that, or instead.
    """
    painting = paint_view(request, key)
    context = {
        "name": wallboard.name,
        "theme": theme_at(wallboard, painting.now, settings.TIME_ZONE),
        "painting": painting,
        "board": painting.with_clocks(),
        "socket_path": socket_path(key),
    }
    return render(request, template, context | more)


def theme_at(wallboard: definition.Wallboard, at: datetime, site_zone: str) -> Theme:
    """Return the theme of a moment."""
    if wallboard.theme is not Theme.AUTO:
        return wallboard.theme
    begins, ends = wallboard.night.begins, wallboard.night.ends
    now = at.astimezone(ZoneInfo(wallboard.zone or site_zone)).time()
    is_night = begins <= now < ends if begins <= ends else now >= begins or now < ends
    return Theme.DARK if is_night else Theme.LIGHT


def _choose(request: HttpRequest, query: str) -> ViewKey:
    key = choose_view("wallboard", request.user, query, vista_of(request).scope)
    if key is None:
        raise Http404
    return key


def _readable(wallboard: Wallboard, *, is_draft: bool) -> definition.Wallboard:
    try:
        return draft_of(wallboard) if is_draft else definition_of(wallboard)
    except Wrong:
        raise Http404 from None
