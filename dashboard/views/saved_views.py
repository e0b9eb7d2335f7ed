"""Saved views: the page that lists them, and saving, renaming and deleting one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard.audit import Action, record
from dashboard.boards.catalogue import read_query
from dashboard.models import Team
from dashboard.models.saved_view import NAME_LIMIT, QUERY_LIMIT, SavedView, teams_to_save_for
from dashboard.name_field import NameField
from dashboard.permission import SignedInRequest

POSTED_QUERY_LIMIT = 50_000  # characters, before it is read


class NameForm(forms.Form):
    """A view's name."""

    name = NameField(NAME_LIMIT, "Give the view a name.")


class SaveForm(NameForm):
    """What is to be saved, and for whom: no team means for oneself."""

    board = forms.CharField(error_messages={"required": "This page cannot be saved."})
    query = forms.CharField(required=False, max_length=POSTED_QUERY_LIMIT)
    team = forms.ModelChoiceField(
        Team.objects.none(),
        required=False,
        error_messages={"invalid_choice": "You may not save views for this team. Choose another owner."},
    )

    def __init__(self, user: User, posted: Any) -> None:
        super().__init__(posted)
        team: Any = self.fields["team"]
        team.queryset = teams_to_save_for(user)

    def clean(self) -> dict[str, Any]:
        """Read the address through its board."""
        cleaned = self.cleaned_data
        query = read_query(cleaned.get("board", ""), cleaned.get("query", ""))
        if query is None:
            raise ValidationError("This page cannot be saved.")
        cleaned["query"] = query.encoded()
        if len(cleaned["query"]) > QUERY_LIMIT:
            raise ValidationError("Too many filters are chosen to save this view. Choose fewer.")
        return cleaned


def first_error(error: ValidationError | NameForm) -> str:
    """Return one sentence of what is wrong."""
    if isinstance(error, ValidationError):
        return str(error.messages[0])
    return next(str(sentence) for sentences in error.errors.values() for sentence in sentences)


def list_views(request: SignedInRequest, draft: dict[str, object] | None = None) -> HttpResponse:
    """Return the page; a draft is a view that could not be saved, with the reason."""
    views = SavedView.objects.within_reach_of(request.user)
    rows = [{"view": view, "may_change": view.may_be_changed_by(request.user)} for view in views]
    context = {"page": "saved-views", "rows": rows, "draft": draft, "name_limit": NAME_LIMIT}
    return render(request, "pages/saved-views.html", context, status=422 if draft else 200)


@login_required
@require_safe
def show_saved_views(request: SignedInRequest) -> HttpResponse:
    """Show every view within the user's reach."""
    return list_views(request)


@login_required
@require_POST
def save_view(request: SignedInRequest) -> HttpResponse:
    """Save an address under a name and go back to it."""
    form = SaveForm(request.user, request.POST)
    problem = "" if form.is_valid() else first_error(form)
    if not problem:
        cleaned = form.cleaned_data
        view = SavedView(name=cleaned["name"], board=cleaned["board"], query=cleaned["query"], team=cleaned["team"])
        view.user = None if view.team else request.user
        try:
            view.store()
            record_of_team(Action.TEAM_VIEW_SAVED, view)
        except ValidationError as error:
            problem = first_error(error)
    if problem:
        draft = {name: request.POST.get(name, "") for name in ("name", "board", "query", "team")}
        return list_views(request, {**draft, "problem": problem})
    messages.success(request, "The view is saved. It is in the navigation under “Saved”.")
    return redirect(view.address or "saved-views")


def record_of_team(action: Action, view: SavedView) -> None:
    """Record what was done to a team's view; one's own are nobody else's business."""
    if view.team is not None:
        record(action, view.name, detail={"team": view.team.name, "board": view.board})


def find_changeable(request: SignedInRequest, pk: int) -> SavedView:
    """Return a view that the user may change; one out of reach does not exist for them."""
    view = get_object_or_404(SavedView.objects.within_reach_of(request.user), pk=pk)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied
    return view


@login_required
@require_POST
def rename_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give a view another name."""
    view = find_changeable(request, pk)
    form = NameForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError(first_error(form))
        view.name = form.cleaned_data["name"]
        view.store()
        record_of_team(Action.TEAM_VIEW_RENAMED, view)
    except ValidationError as error:
        messages.error(request, f"Not renamed. {first_error(error)}")
    else:
        messages.success(request, "The view has its new name.")
    return redirect("saved-views")


@login_required
@require_POST
def delete_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a view."""
    view = find_changeable(request, pk)
    view.delete()
    record_of_team(Action.TEAM_VIEW_DELETED, view)
    messages.success(request, "The view is deleted.")
    return redirect("saved-views")
