"""What a user may see: the one place that decides. Pages, sockets, drawers, counts, search and exports ask here.

Managers and superusers see everything. Everybody else sees the queues and people of their teams, and, by itself, the
queues they lead on an appliance under the same user name. Customers' names are for those with the right to see them;
for all others their teams say what is left of these, the strictest one, and initials where nobody says anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User

from dashboard.boards.moment import Moment
from dashboard.boards.scope import EVERYTHING, NOTHING, Scope, scope_by_itself
from dashboard.models.team import Team
from dashboard.permission import may
from dashboard.privacy import Privacy, stricter
from dashboard.roles import Right


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database says of a user's scope: their teams' names, what these cover, and leave of customers' names."""

    team_names: tuple[str, ...] = ()
    scope: Scope = NOTHING
    customers: Privacy = Privacy.INITIALLED

    def joined(self, team: Team) -> "Standing":
        """Return the standing with one team more."""
        queues, people = frozenset(map(str, team.queues)), frozenset(person.key for person in team.people.all())
        told = Privacy(team.customers)
        return Standing(
            (*self.team_names, team.name),
            self.scope.joined(Scope(queues, people)),
            stricter(self.customers, told) if self.team_names else told,
        )


def load_standings(users: Iterable[AbstractBaseUser]) -> None:
    """Read the teams of up to 500 users with three queries; `scope_of` then asks nothing, so a loop may call it."""
    people = [user for user in users if isinstance(user, User)]
    standings = {user.pk: Standing() for user in people}
    teams = Team.objects.filter(members__in=people).distinct().order_by("name")
    for team in teams.prefetch_related("people", "members"):
        for member in team.members.all():
            if member.pk in standings:
                standings[member.pk] = standings[member.pk].joined(team)
    for user in people:
        user.__dict__["_standing"] = standings[user.pk]


def standing_of(user: User) -> Standing:
    """Return what the database says of a user's scope."""
    loaded: Standing | None = user.__dict__.get("_standing")
    if loaded is None:
        load_standings([user])
        loaded = user.__dict__["_standing"]
    return loaded or Standing()


def sees_everything(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Say whether nothing is kept from a user."""
    return may(user, Right.SEE_EVERYTHING) and may(user, Right.SEE_CUSTOMERS)


def scope_of(user: AbstractBaseUser | AnonymousUser, moment: Moment) -> Scope:
    """Return what a user may see at a moment. Asks the database only where `load_standings` was not asked before."""
    if not isinstance(user, User):
        return NOTHING
    if sees_everything(user):
        return EVERYTHING
    customers = Privacy.SHOWN if may(user, Right.SEE_CUSTOMERS) else standing_of(user).customers
    if may(user, Right.SEE_EVERYTHING):
        return Scope(customers=customers)
    led = scope_by_itself(moment, user.get_username())
    return replace(standing_of(user).scope.joined(led), customers=customers)


def words_of(scope: Scope, user: AbstractBaseUser | AnonymousUser, moment: Moment) -> str:
    """Return which queues and people a scope is limited to, in words; "" for all."""
    if scope.queues is None or not isinstance(user, User):
        return ""
    named = list(standing_of(user).team_names)
    by_itself = scope_by_itself(moment, user.get_username()).queues or frozenset()
    rows = moment.state.known_queues
    led = {rows[key].get("name") or "" for key in by_itself - (standing_of(user).scope.queues or frozenset())}
    return ", ".join([*named, *sorted(led - {""})]) or "nothing: you are in no team yet"
