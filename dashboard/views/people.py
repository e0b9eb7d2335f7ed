"""The page of the identity map: what is proposed, who is in it, and every edit, each of which can be undone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard import identities
from dashboard.audit import Action, clean, record
from dashboard.boards.people import Identity, Proposal, fold, propose
from dashboard.identities import Refused
from dashboard.line import cut_line, is_visible
from dashboard.live.topics import PEOPLE
from dashboard.models import IdentityEdit, Person
from dashboard.models.person import NAME_LIMIT
from dashboard.permission import SignedInRequest, require
from dashboard.roles import Right
from dashboard.views.posted import read_pk

PROPOSALS_SHOWN = 50
PEOPLE_SHOWN = 200
EDITS_SHOWN = 20
HANDLES_LIMIT = 50  # of one form
HANDLE_LIMIT = 200  # characters


@require(Right.EDIT_IDENTITIES)
@require_safe
def show_people(request: SignedInRequest) -> HttpResponse:
    """Show what is proposed, who is held, and the last edits."""
    search = request.GET.get("q", "")[:100]
    seen = identities.seen_identities()
    people = identities.load_people()
    proposals = [one for one in propose(seen, people, identities.declined()) if is_found(search, one.identities)]
    held = [one for one in Person.objects.prefetch_related("identities").order_by("name", "pk")]
    held = [one for one in held if is_found(search, one.identities.all(), one.name)]
    context = {
        "page": "people",
        "search": search,
        "proposals": proposals[:PROPOSALS_SHOWN],
        "proposal_count": len(proposals),
        "people": held[:PEOPLE_SHOWN],
        "person_count": len(held),
        "free": [one for one in seen if one.handle not in people.by_handle],
        "edits": IdentityEdit.objects.select_related("user")[:EDITS_SHOWN],
        "name_limit": NAME_LIMIT,
    }
    return render(request, "pages/people.html", context)


def is_found(search: str, found: Any, *texts: str) -> bool:
    """Whether a search names any of these identities or texts."""
    wanted = fold(search)
    said = [*texts, *(text for one in found for text in (one.name, one.login, one.source))]
    return not wanted or any(wanted in fold(text) for text in said)


@require(Right.EDIT_IDENTITIES)
@require_POST
def accept_proposal(request: SignedInRequest) -> HttpResponse:
    """Make the chosen identities one person."""
    chosen = find_seen(request.POST.getlist("handle"))
    proposal = Proposal(tuple(chosen), "", "") if chosen else None
    name = read_name(request) or cut_line(proposal.name if proposal else "", NAME_LIMIT)
    return edit(request, lambda: identities.join(request.user, chosen, name, read_person(request)))


@require(Right.EDIT_IDENTITIES)
@require_POST
def decline_proposal(request: SignedInRequest) -> HttpResponse:
    """Never propose these identities as one person again."""
    handles = [clean(one, HANDLE_LIMIT) for one in request.POST.getlist("handle")[:HANDLES_LIMIT]]
    return edit(request, lambda: identities.decline(request.user, handles))


@require(Right.EDIT_IDENTITIES)
@require_POST
def rename_person(request: SignedInRequest) -> HttpResponse:
    """Call a person something else."""
    name = read_name(request)
    if not name:
        messages.error(request, "Give the person a name.")
        return redirect("people")
    return edit(request, lambda: identities.rename(request.user, read_person(request) or 0, name))


@require(Right.EDIT_IDENTITIES)
@require_POST
def split_identity(request: SignedInRequest) -> HttpResponse:
    """Take an identity from its person."""
    return edit(request, lambda: identities.split(request.user, clean(request.POST.get("handle", ""), HANDLE_LIMIT)))


@require(Right.EDIT_IDENTITIES)
@require_POST
def undo_edit(request: SignedInRequest) -> HttpResponse:
    """Take an edit back."""
    number = read_pk(request.POST.get("edit", "")) or 0
    return edit(request, lambda: identities.undo(number), "Undone")


def edit(request: SignedInRequest, change: Callable[[], IdentityEdit], done: str = "Done") -> HttpResponse:
    """Make an edit, tell every open page, and say what came of it."""
    try:
        made = change()
    except Refused as refusal:
        messages.error(request, f"Nothing was changed. {refusal}")
    else:
        record(Action.IDENTITIES_EDITED, detail={"edit": made.words})
        PEOPLE.announce()
        messages.success(request, f"{done}: {made.words}. Open pages show it at once.")
    return redirect("people")


def find_seen(handles: list[str]) -> list[Identity]:
    """Return the identities that a form names, as the sources call them now; others than those seen are left out."""
    wanted = set(handles[:HANDLES_LIMIT])
    return [one for one in identities.seen_identities() if one.handle in wanted]


def read_name(request: HttpRequest) -> str:
    """Return the name that a form gives, "" where nobody would see anything of it."""
    name = cut_line(request.POST.get("name", ""), NAME_LIMIT)
    return name if is_visible(name) else ""


def read_person(request: HttpRequest) -> int | None:
    """Return the id of the person that a form names."""
    return read_pk(request.POST.get("person", "").removeprefix(":"))
