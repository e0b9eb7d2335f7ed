"""A saved view: a named address of a list board, one user's own or a team's.

An address is kept as board and canonical query and is read through the board's `ListSpec` both when it is saved and
whenever it is shown.
"""

from typing import ClassVar
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse

from dashboard.boards.catalogue import read_query
from dashboard.models.team import Team
from dashboard.permission import may
from dashboard.roles import Right

NAME_LIMIT = 60  # characters
QUERY_LIMIT = 2_000  # characters
OWNER_LIMIT = 50  # views

NAME_TAKEN = "There is already a view of this name. Choose another name."


def may_change_team_views(user: User) -> bool:
    """Whether a user may save, rename and delete the views of teams."""
    return may(user, Right.EDIT_TEAM_VIEWS)


def teams_to_save_for(user: User) -> models.QuerySet[Team]:
    """Return the teams for which a user may save views: own ones, and only by permission."""
    return user.teams.order_by("name") if may_change_team_views(user) else Team.objects.none()


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Saved views by who sees them."""

    def listed_for(self, user: User) -> "SavedViewQuerySet":
        """Return a user's own views, then those of the user's teams, with the teams: one query."""
        return self._in_order(Q(user=user) | Q(team__in=user.teams.all()))

    def within_reach_of(self, user: User) -> "SavedViewQuerySet":
        """Return the views that a user sees or may change: managers may change those of every team."""
        every_team = Q(team__isnull=False) if may(user, Right.EDIT_TEAMS) else Q()
        return self._in_order(Q(user=user) | Q(team__in=user.teams.all()) | every_team)

    def _in_order(self, condition: Q) -> "SavedViewQuerySet":
        return (
            self.filter(condition)
            .select_related("team")
            .order_by(F("team__name").asc(nulls_first=True), "team_id", Lower("name"), "pk")
        )


class SavedView(models.Model):
    """A named address of a list board. It has exactly one owner."""

    name = models.CharField(max_length=NAME_LIMIT)
    board = models.CharField(max_length=40)
    query = models.CharField(max_length=QUERY_LIMIT, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="saved_views"
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="saved_views")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
                name="saved_view_has_one_owner",
                violation_error_message="A saved view belongs either to a user or to a team.",
            ),
            models.UniqueConstraint(
                fields=["user", "name"], name="saved_view_name_of_user", violation_error_message=NAME_TAKEN
            ),
            models.UniqueConstraint(
                fields=["team", "name"], name="saved_view_name_of_team", violation_error_message=NAME_TAKEN
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str | None:
        """The address that shows the view; None when its board is gone."""
        query = read_query(self.board, self.query)
        if query is None:
            return None
        encoded = query.encoded()
        return f"{reverse(self.board)}?{encoded}" if encoded else reverse(self.board)

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that the view searches and filters for."""
        parameters = parse_qs(self.query)
        for name in ("sort", "columns", "form"):
            parameters.pop(name, None)
        return tuple(value for values in parameters.values() for value in values)

    def may_be_changed_by(self, user: User) -> bool:
        """Whether a user within whose reach the view is may rename or delete it."""
        return self.user_id == user.pk or (self.team_id is not None and may_change_team_views(user))

    def store(self) -> None:
        """Check and write the view; raises ValidationError with a sentence for the user.

        An owner's views are written one after the other, so that two at once cannot pass the limit or share a name.
        """
        with transaction.atomic():
            self._lock_owner()
            self.full_clean()
            if self.pk is None and self._siblings().count() >= OWNER_LIMIT:
                raise ValidationError(f"There are {OWNER_LIMIT} saved views already. Delete one that nobody needs.")
            self.save()

    def _lock_owner(self) -> None:
        if self.team is not None:
            Team.objects.select_for_update(no_key=True).filter(pk=self.team.pk).first()
        elif self.user is not None:
            User.objects.select_for_update(no_key=True).filter(pk=self.user.pk).first()

    def _siblings(self) -> SavedViewQuerySet:
        return SavedView.objects.filter(user=self.user, team=self.team)
