"""The page of the teams: which queues and people each looks after, and who sees them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.audit import Action, record
from dashboard.known_queues import known_queues
from dashboard.models import Person, Team
from dashboard.models.team import NAME_LIMIT
from dashboard.name_field import NameField
from dashboard.permission import require
from dashboard.privacy import Privacy
from dashboard.roles import Right
from dashboard.views.posted import PK_DIGITS
from dashboard.wallboards.sheet import queue_choices

CUSTOMERS = [
    (Privacy.SHOWN.value, "Shown"),
    (Privacy.INITIALLED.value, "Names as initials; not what sessions are about"),
    (Privacy.HIDDEN.value, "Hidden; not what sessions are about"),
]
EMPTY_CUSTOMERS = {"required": "Say what viewers see of customers."}


class ExistingField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # at run time it takes none
    """Several rows by their ids. One that no database can hold is refused as one that is not there."""

    def clean(self, value: Any) -> Any:
        """Return the rows."""
        for one in value or ():
            if len(one) > PK_DIGITS:
                params = {"value": one[:PK_DIGITS]}
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params=params)
        return super().clean(value)


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes none
    """What a team is."""

    name = NameField(NAME_LIMIT, "Give the team a name.", unique="There is already a team of this name.")
    queues = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    customers = forms.ChoiceField(choices=CUSTOMERS, widget=forms.RadioSelect, error_messages=EMPTY_CUSTOMERS)

    class Meta:
        model = Team
        fields = ("name", "queues", "people", "customers", "members")
        widgets = {"people": forms.CheckboxSelectMultiple, "members": forms.CheckboxSelectMultiple}  # noqa: RUF012
        field_classes = {"people": ExistingField, "members": ExistingField}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["queues"].choices = queue_choices(known_queues(), self.instance.queues)
        fields["people"].queryset = Person.objects.order_by("name", "pk")
        fields["members"].queryset = User.objects.filter(is_active=True).order_by("username")


@require(Right.EDIT_TEAMS)
@require_safe
def show_teams(request: HttpRequest) -> HttpResponse:
    """List the teams."""
    teams = Team.objects.prefetch_related("members", "people").order_by("name")
    names = dict(queue_choices(known_queues(), [key for team in teams for key in team.queues]))
    words = dict(CUSTOMERS)
    rows = [(team, [names[key] for key in team.queues], words[team.customers]) for team in teams]
    return render(request, "pages/teams.html", {"page": "teams", "rows": rows})


@require(Right.EDIT_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_team(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Show a team's form, or store it: its members' pages follow at once."""
    team = get_object_or_404(Team, pk=pk) if pk else Team()
    form = TeamForm(request.POST if request.method == "POST" else None, instance=team)
    if request.method == "POST" and form.is_valid():
        form.save()
        record(Action.TEAM_CHANGED, team, detail=described(team))
        messages.success(request, f"{team.name}: saved. Its members see it at once.")
        return redirect("teams")
    context = {"page": "teams", "form": form, "team": team if pk else None}
    return render(request, "pages/team.html", context, status=422 if form.is_bound else 200)


@require(Right.EDIT_TEAMS)
@require_POST
def delete_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a team: its members no longer see its queues."""
    team = get_object_or_404(Team, pk=pk)
    record(Action.TEAM_DELETED, team, detail=described(team))
    team.delete()
    messages.success(request, f"{team.name}: deleted.")
    return redirect("teams")


def described(team: Team) -> dict[str, str | list[str]]:
    """Return what a team is, for the audit log."""
    return {
        "queues": list(team.queues),
        "customers": team.customers,
        "people": [person.name for person in team.people.all()],
        "members": [user.get_username() for user in team.members.all()],
    }
