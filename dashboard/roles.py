"""What each role may do. Pure; `dashboard.permission` asks the database who holds which role.

A right is a Django permission of the label `dashboard`; a role is a Django group, made or mended by each `migrate`.
What a site wants beyond that it gives by groups of its own. Superusers hold every right. Seeing the boards needs no
right, only an account; what of them one sees, and how much of names, is the scope (`dashboard.scopes`).
"""

from collections.abc import Mapping
from enum import StrEnum

APP = "dashboard"


class Right(StrEnum):
    """A permission's codename."""

    SEE_EVERYTHING = "see_everything"
    SEE_CUSTOMERS = "see_customers"
    ACT_ON_SOURCES = "act_on_sources"
    POLL_NOW = "poll_now"
    START_SESSION = "start_seeit_session"
    EDIT_IDENTITIES = "edit_identities"
    EDIT_TEAM_VIEWS = "edit_team_views"
    EDIT_TEAMS = "edit_teams"
    EDIT_WALLBOARDS = "edit_wallboards"
    PAIR_DISPLAYS = "pair_displays"
    SEE_AUDIT = "see_audit"

    @property
    def permission(self) -> str:
        """The name that Django's `has_perm` takes."""
        return f"{APP}.{self.value}"


MANAGER = "Manager"
LEAD = "Team lead"
VIEWER = "Viewer"
ROLES: Mapping[str, frozenset[Right]] = {
    MANAGER: frozenset(Right),
    LEAD: frozenset({Right.SEE_CUSTOMERS, Right.POLL_NOW, Right.START_SESSION, Right.EDIT_TEAM_VIEWS}),
    VIEWER: frozenset(),
}
"""Role, which is the group's name -> its rights, from the most to the fewest."""

ADMINISTRATOR = "admin"
ROLE_WORDS: Mapping[str, str] = {"manager": MANAGER, "lead": LEAD, "viewer": VIEWER}
"""What settings call a role -> the role. Superusers are `ADMINISTRATOR`."""
