"""The navigation and the form that saves the view on show: what they hold depends on the page and on its viewer."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import template
from django.http import HttpRequest

from dashboard.boards.catalogue import LISTS, read_query
from dashboard.models.saved_view import NAME_LIMIT, SavedView, teams_to_save_for
from dashboard.permission import may
from dashboard.roles import Right

register = template.Library()


@dataclass(frozen=True, slots=True)
class Entry:
    """One page, by its address's name. `short` is its name under the thumb; without one it is behind "More" there.

    One with a `right` is shown to its holders only.
    """

    page: str
    name: str
    icon: str
    short: str = ""
    right: Right | None = None


NOW = (
    Entry("overview", "Overview", "overview", "Overview"),
    Entry("queues", "Queues", "queues", "Queues"),
    Entry("sessions", "Sessions", "sessions", "Sessions"),
    Entry("representatives", "Representatives", "reps", "Reps"),
    Entry("combined", "All vendors", "combined", "Vendors"),
    Entry("presentations", "Trainings", "presentation"),
)
LOOK_AFTER = (
    Entry("wallboards", "Wallboards", "screen"),
    Entry("sources", "Sources", "sources"),
    Entry("people", "People", "people", right=Right.EDIT_IDENTITIES),
    Entry("teams", "Teams", "reps", right=Right.EDIT_TEAMS),
    Entry("displays", "Displays", "wall", right=Right.PAIR_DISPLAYS),
    Entry("audit", "Audit log", "audit", right=Right.SEE_AUDIT),
)
ICONS = {entry.page: entry.icon for entry in NOW}


@dataclass(frozen=True, slots=True)
class SavedLink:
    """One saved view in the navigation; without an address where its board is gone."""

    name: str
    address: str | None
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class SavedGroup:
    """One owner's saved views; no team means the viewer's own."""

    team: str
    links: tuple[SavedLink, ...]


def address_name(request: HttpRequest) -> str:
    """Return the name of the address on show; of a list, that is its board."""
    return (request.resolver_match and request.resolver_match.url_name) or ""


def shown_query(request: HttpRequest, board: str) -> str | None:
    """Return the canonical query of the list on show; None where the page is no list."""
    query = read_query(board, request.META.get("QUERY_STRING", ""))
    return None if query is None else query.encoded()


def group_saved(request: HttpRequest, board: str) -> Iterator[SavedGroup]:
    """Yield the viewer's saved views by owner."""
    user = request.user
    if not user.is_authenticated:
        return
    query = shown_query(request, board)
    for team, views in groupby(SavedView.objects.listed_for(user), key=lambda view: view.team):
        links = tuple(
            SavedLink(view.name, view.address, ICONS.get(view.board, "bookmark"), is_shown(view, board, query))
            for view in views
        )
        yield SavedGroup(team.name if team else "", links)


def is_shown(view: SavedView, board: str, query: str | None) -> bool:
    """Whether a saved view is the list on show, on whichever of its pages."""
    stored = read_query(view.board, view.query)
    return view.board == board and stored is not None and stored.encoded() == query


@register.inclusion_tag("parts/_navigation.html", takes_context=True)
def navigation(context: template.Context) -> dict[str, Any]:
    """Show the site's pages and the viewer's saved views: one query."""
    request = context["request"]
    board = address_name(request)
    saved = list(group_saved(request, board))
    return {
        "page": context.get("page") or board,
        "now": NOW,
        "look_after": [entry for entry in LOOK_AFTER if entry.right is None or may(request.user, entry.right)],
        "saved": saved,
        "is_saved": any(link.is_current for group in saved for link in group.links),
    }


@register.inclusion_tag("parts/_save_view.html", takes_context=True)
def save_view(context: template.Context, draft: dict[str, object] | None = None) -> dict[str, Any]:
    """Show the form that saves the list on show under a name; nothing where the page is no list."""
    request = context["request"]
    board = address_name(request)
    if draft is None and board in LISTS:
        draft = {"board": board, "query": shown_query(request, board)}
    teams = teams_to_save_for(request.user) if draft else ()
    return {"draft": draft, "teams": teams, "name_limit": NAME_LIMIT, "csrf_token": context.get("csrf_token")}
