"""The pages of the live boards: the overview, and the lists with their drawers."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from dashboard.boards.catalogue import LISTS
from dashboard.boards.listing import ListQuery
from dashboard.live.asking import paint_view
from dashboard.live.details import DETAILS
from dashboard.live.registry import choose_view
from dashboard.live.view import ViewKey
from dashboard.live.vista import may_read, vista_of
from dashboard.on_demand import accounts_with, describe_record
from dashboard.once import make_key
from dashboard.permission import may
from dashboard.roles import Right
from dashboard.templatetags.words import heading
from dashboard.vendors.base import Capability

TITLES = {
    "sessions": "Sessions",
    "representatives": "Representatives",
    "queues": "Queues",
    "presentations": "Trainings and presentations",
    "combined": "All vendors",
}
PLACEHOLDERS = {
    "sessions": "Customer, rep, queue, session key",
    "representatives": "Name, skill, queue",
    "queues": "Queue",
    "presentations": "Name, presenter, attendee",
    "combined": "Customer, person, subject, queue",
}
FORM_LABELS = {
    "representatives": {"": ("Grid", "grid"), "table": ("Table", "table")},
    "combined": {"": ("List", "table"), "people": ("People", "people")},
}


@dataclass(frozen=True, slots=True)
class Drawer:
    """What is open beside a list. `close` is the query of the list alone."""

    kind: str
    key: str
    board: SafeString
    socket_path: str
    close: str
    record: dict[str, Any] | None

    @property
    def title(self) -> str:
        """What it shows, for those who do not see it."""
        return self.kind.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column in the chooser."""

    name: str
    label: str
    is_shown: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class FormChoice:
    """One form of a list, and the query that shows it."""

    label: str
    icon: str
    is_chosen: bool
    link: str


@login_required
@require_safe
def show_overview(request: HttpRequest) -> HttpResponse:
    """Show the whole support center at a glance."""
    key = choose_or_404(request, "overview", "")
    painting = paint_view(request, key)
    context = {
        "page": "overview",
        "painting": painting,
        "board": painting.with_clocks(),
        "vista": vista_of(request),
    }
    return render(request, "pages/overview.html", context | {"socket_path": socket_path(key)})


@login_required
@require_safe
def show_list(request: HttpRequest, board: str) -> HttpResponse:
    """Show a list as the address asks for it, and beside it what it has opened."""
    key = choose_or_404(request, board, request.META.get("QUERY_STRING", ""))
    query = LISTS[board].read(parse_qs(key.query))
    painting = paint_view(request, key)
    context = {
        "page": board,
        "title": TITLES[board],
        "placeholder": PLACEHOLDERS[board],
        "painting": painting,
        "board": painting.with_clocks(),
        "vista": vista_of(request),
        "socket_path": socket_path(key),
        "query": query,
        "hidden_search": parse_qsl(replace(query, search="", page=1).encoded()),
        "hidden_columns": parse_qsl(replace(query, columns=(), page=1).encoded()),
        "columns": column_choices(board, query),
        "forms": form_choices(board, query),
        "export": export_address(board, query),
        "drawer": _drawer(request, query),
        "startable": _startable(request) if board == "combined" else (),
        "once": make_key(),
    }
    return render(request, "pages/list.html", context)


def socket_path(key: ViewKey) -> str:
    """Return the address of a view's socket."""
    return f"/live/{key.board}/?{key.query}" if key.query else f"/live/{key.board}/"


def export_address(board: str, query: ListQuery) -> str:
    """Return where all rows of a list are to be had as a file."""
    return f"{reverse(f'export-{board}')}?{replace(query, form='', columns=(), page=1).encoded()}"


def column_choices(board: str, query: ListQuery) -> list[ColumnChoice]:
    """Return a list's columns for its chooser; one that cannot be hidden is fixed."""
    spec = LISTS[board]
    shown = spec.shown_columns(query)
    return [ColumnChoice(name, heading(board, name), name in shown, name in spec.fixed) for name in spec.columns]


def form_choices(board: str, query: ListQuery) -> list[FormChoice]:
    """Return the forms of a list that has several."""
    forms = LISTS[board].forms
    if not forms:
        return []
    return [
        FormChoice(*FORM_LABELS[board][form], form == query.form, replace(query, form=form, page=1).encoded())
        for form in ("", *forms)
    ]


def choose_or_404(request: HttpRequest, board: str, query: str) -> ViewKey:
    """Return the view that whoever asks gets. Raises Http404 where there is none."""
    key = choose_view(board, request.user, query, vista_of(request).scope)
    if key is None:
        raise Http404
    return key


def _drawer(request: HttpRequest, query: ListQuery) -> Drawer | None:
    """Return what `open=<kind>:<key>` names; an address that makes no sense opens nothing."""
    kind, _, row_key = request.GET.get("open", "").partition(":")
    if kind not in DETAILS:
        return None
    key = choose_view(kind, request.user, urlencode({"key": row_key}), vista_of(request).scope)
    if key is None:
        return None
    painting = paint_view(request, key)
    record = describe_record(row_key) if kind == "vendor-session" and may_read(request, row_key) else None
    return Drawer(kind, row_key, painting.with_clocks(), socket_path(key), query.encoded(), record)


def _startable(request: HttpRequest) -> list[str]:
    """Return the sources where this user may start a session."""
    if not may(request.user, Right.START_SESSION):
        return []
    return [account.name for account in accounts_with(Capability.START)]
