"""What a user may see: the one place that decides. Pages, sockets, drawers, counts, search and exports ask here.

Managers and superusers see everything. Everybody else sees the queues and people of their teams, and, by itself, the
queues they lead on an appliance under the same user name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User

from dashboard.boards.moment import Moment
from dashboard.boards.scope import EVERYTHING, NOTHING, Scope, scope_by_itself
from dashboard.models.team import Team
from dashboard.permission import may
from dashboard.roles import Right


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says of a user's scope: their teams' names, and what these cover."""

    team_names: tuple[str, ...]
    scope: Scope


def load_standings(users: Iterable[AbstractBaseUser]) -> None:
    """Read the teams of up to 500 users with three queries; `scope_of` then asks nothing, so a loop may call it."""
    people = [user for user in users if isinstance(user, User)]
    names: dict[int, list[str]] = {user.pk: [] for user in people}
    scopes = dict.fromkeys(names, NOTHING)
    teams = Team.objects.filter(members__in=people).distinct().order_by("name")
    for team in teams.prefetch_related("people", "members"):
        covered = Scope(frozenset(map(str, team.queues)), frozenset(person.key for person in team.people.all()))
        for member in team.members.all():
            if member.pk in names:
                names[member.pk].append(team.name)
                scopes[member.pk] = scopes[member.pk].joined(covered)
    for user in people:
        user.__dict__["_standing"] = Standing(tuple(names[user.pk]), scopes[user.pk])


def standing_of(user: User) -> Standing:
    """Return what the database says of a user's scope."""
    loaded: Standing | None = user.__dict__.get("_standing")
    if loaded is None:
        load_standings([user])
        loaded = user.__dict__["_standing"]
    return loaded or Standing((), NOTHING)


def sees_everything(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether nothing is kept from a user."""
    return may(user, Right.SEE_EVERYTHING)


def scope_of(user: AbstractBaseUser | AnonymousUser, moment: Moment) -> Scope:
    """Return what a user may see at a moment. Asks the database only where `load_standings` was not asked before."""
    if not isinstance(user, User):
        return NOTHING
    if sees_everything(user):
        return EVERYTHING
    username = user.get_username()
    led = moment.once(("led by", username), lambda: scope_by_itself(moment, username))
    return standing_of(user).scope.joined(led)


def words_of(scope: Scope, user: AbstractBaseUser | AnonymousUser, moment: Moment) -> str:
    """Return what a scope is limited to, in words; "" for everything."""
    if scope.is_everything or not isinstance(user, User):
        return ""
    named = list(standing_of(user).team_names)
    by_itself = scope_by_itself(moment, user.get_username()).queues or frozenset()
    rows = moment.state.known_queues
    led = {rows[key].get("name") or "" for key in by_itself - (standing_of(user).scope.queues or frozenset())}
    return ", ".join([*named, *sorted(led - {""})]) or "nothing: you are in no team yet"
