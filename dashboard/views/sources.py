"""The page of all sources, and asking one to resynchronise."""

from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.audit import Action, clean, record
from dashboard.boards.links import Health
from dashboard.live.asking import paint_view
from dashboard.live.registry import choose_view
from dashboard.models import Poll, PollRun
from dashboard.permission import may, require
from dashboard.roles import Right
from dashboard.vendors import schedule
from realtime import feed, store
from realtime.status import LinkState

RUNS_COUNTED = 50  # of one source
RUNS_SHOWN = 12
USUAL_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class PollRecord:
    """The last polls of a source, the latest first."""

    source: str
    runs: tuple[PollRun, ...]

    @property
    def succeeded(self) -> int:
        """How many of them went well."""
        return sum(1 for run in self.runs if not run.error)

    @property
    def level(self) -> Health:
        """How good that is."""
        share = self.succeeded / len(self.runs)
        return Health.OK if share == 1 else Health.RISK if share >= USUAL_SHARE else Health.CRITICAL

    @property
    def latest(self) -> tuple[PollRun, ...]:
        """The runs that are listed one by one."""
        return self.runs[:RUNS_SHOWN]


def describe_polls() -> list[PollRecord]:
    """Return how the last polls of each source went: one query a source, and one for their names."""
    sources = Poll.objects.order_by("source").values_list("source", flat=True)
    runs = ((source, PollRun.objects.filter(source=source).order_by("-started_at")) for source in sources)
    records = (PollRecord(source, tuple(found[:RUNS_COUNTED])) for source, found in runs)
    return [record for record in records if record.runs]


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
        "pages/sources.html",
        {
            "page": "sources",
            "painting": painting,
            "now": painting.now,
            "socket_path": "/live/sources/",
            "polls": describe_polls(),
            "may_resynchronise": may(request.user, Right.ACT_ON_SOURCES),
            "may_poll_now": may(request.user, Right.POLL_NOW),
        },
    )


@require(Right.ACT_ON_SOURCES)
@require_POST
def resynchronise(request: HttpRequest) -> HttpResponse:
    """Ask the mirror of a source to subscribe anew, and say what came of it."""
    source = request.POST.get("source", "")
    status = store.load_statuses().get(source)
    if status is None:
        messages.error(request, "There is no such source any more.")
    elif status.state is LinkState.STOPPED:
        messages.error(request, f"{source}: no mirror is running, so nobody can subscribe anew. Start one first.")
    elif async_to_sync(feed.ask_resynchronise)(source):
        record(Action.RESYNCHRONISED, source)
        messages.success(request, f"{source}: the mirror was asked to subscribe anew. Its link below shows it happen.")
    else:
        messages.error(request, f"{source}: the request was not delivered, Redis does not answer. Nothing was done.")
    return redirect("sources")


@login_required
@require_safe
def show_polls(request: HttpRequest) -> HttpResponse:
    """Show how the polls of late went: the part of the page that is fetched again every few seconds."""
    return render(request, "parts/_polls.html", {"polls": describe_polls()})


@require(Right.POLL_NOW)
@require_POST
def poll_source_now(request: HttpRequest) -> HttpResponse:
    """Have a source polled at once, whatever its pause, and say what came of it."""
    source = clean(request.POST.get("source", ""), 32)
    if schedule.poll_now(source):
        record(Action.POLL_ASKED, source)
        messages.success(
            request, f"{source}: it is polled as soon as a worker is free. Its link below shows it happen."
        )
    else:
        messages.error(request, f"{source}: it was never polled, so nothing can be brought forward. Is a beat running?")
    return redirect("sources")
