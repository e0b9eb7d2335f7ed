"""The page of all sources, and asking one to resynchronise."""

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.live.painting import paint_view
from dashboard.live.registry import choose_view, is_operator
from realtime import feed, store
from realtime.status import LinkState


@login_required
@require_safe
def show_sources(request: HttpRequest) -> HttpResponse:
    """Show how every source's link is."""
    key = choose_view("sources", request.user)
    if key is None:
        raise Http404
    painting = paint_view(request, key)
    return render(
        request,
        "sources.html",
        {
            "page": "sources",
            "painting": painting,
            "now": painting.now,
            "socket_path": "/live/sources/",
            "may_resynchronise": is_operator(request.user),
        },
    )


@login_required
@require_POST
def resynchronise(request: HttpRequest) -> HttpResponse:
    """Ask the mirror of a source to subscribe anew, and say what came of it."""
    if not is_operator(request.user):
        raise PermissionDenied
    source = request.POST.get("source", "")
    status = store.load_statuses().get(source)
    if status is None:
        messages.error(request, "There is no such source any more.")
    elif status.state is LinkState.STOPPED:
        messages.error(request, f"{source}: no mirror is running, so nobody can subscribe anew. Start one first.")
    elif async_to_sync(feed.ask_resynchronise)(source):
        messages.success(request, f"{source}: the mirror was asked to subscribe anew. Its link below shows it happen.")
    else:
        messages.error(request, f"{source}: the request was not delivered, Redis does not answer. Nothing was done.")
    return redirect("sources")
