"""Where Django finds the product's permissions. It has no table."""

from typing import Any, ClassVar

from django.db import models

from dashboard.roles import Right

DESCRIPTIONS = {
    Right.SEE_EVERYTHING: "May see every queue and person, not only those of own teams",
    Right.SEE_CUSTOMERS: "May see customers' names and what sessions are about, whatever own teams say",
    Right.ACT_ON_SOURCES: "May have a source subscribed anew",
    Right.POLL_NOW: "May have a source polled now",
    Right.START_SESSION: "May start a session in a vendor's product",
    Right.EDIT_IDENTITIES: "May say which names are one person",
    Right.EDIT_TEAM_VIEWS: "May change the saved views of own teams",
    Right.EDIT_TEAMS: "May change teams, and the saved views of all of them",
    Right.EDIT_WALLBOARDS: "May change wallboards",
    Right.PAIR_DISPLAYS: "May pair and revoke displays",
    Right.SEE_AUDIT: "May read the audit log",
}


class RightHolder(models.Model):
    """Declares the permissions of `dashboard.roles`."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions: ClassVar[list[tuple[str, Any]]] = [(right.value, words) for right, words in DESCRIPTIONS.items()]
        verbose_name = "right"

    def __str__(self) -> str:
        return "right"
