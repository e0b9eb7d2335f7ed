"""What superusers see on the admin site: accounts, which they look after, and what the product wrote, to read."""

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.http import HttpRequest

from dashboard import models as ours
from dashboard.audit import Action, record
from dashboard.models.audit_entry import AuditEntry
from dashboard.roles import ROLES
from realtime import models as realtime


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker only
    """What the product writes itself."""

    def has_add_permission(self, request: HttpRequest, *_of: Any) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, _one: Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, _one: Model | None = None) -> bool:
        """Nobody deletes."""
        return False


class Endable(ReadOnly):
    """What an administrator may take away: a session, a lost second factor, a link to single sign-on."""

    def has_delete_permission(self, request: HttpRequest, _one: Model | None = None) -> bool:
        """Superusers delete."""
        return True


class SessionAdmin(Endable):
    """Sessions; deleting one signs it out."""

    list_display = ("user", "ip", "user_agent", "created_at")
    fields = ("user", "ip", "user_agent", "created_at", "last_seen_at")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Sign it out."""
        obj.end()
        record(Action.SESSIONS_ENDED, obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Sign them out."""
        for session in queryset:
            self.delete_model(request, session)


class FactorAdmin(Endable):
    """Second factors, without their secrets."""

    list_display = fields = ("user", "type", "created_at", "last_used_at")


class SocialAccountAdmin(Endable):
    """Who signs in by single sign-on."""

    list_display = fields = ("user", "uid", "last_login", "date_joined")


class AccountAdmin(UserAdmin):  # type: ignore[type-arg]
    """Users. `is_staff` opens nothing here, so it is not shown."""

    list_display: ClassVar[tuple[str, ...]] = ("username", "first_name", "last_name", "is_active", "is_superuser")  # type: ignore[misc]
    list_filter = ("is_active", "is_superuser", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")


class RightsAdmin(GroupAdmin):
    """Groups. The three that are roles keep their names and stay: the product goes by them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a role."""
        return not is_role(obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Nobody renames a role."""
        return ("name",) if is_role(obj) else ()


def is_role(group: Group | None) -> bool:
    """Say whether a group is one of the product's roles."""
    return group is not None and group.name in ROLES


class AuditAdmin(ReadOnly):
    """The audit log; the page `/audit/` filters it."""

    list_display = ("at", "actor", "action", "target", "address")


WRITTEN_BY_US: tuple[type[Model], ...] = (ours.SavedView, ours.Poll, ours.PollRun, realtime.Link)


def register(site: admin.AdminSite) -> None:
    """Put everything on the site; once per process."""
    for model in (User, Group):
        if site.is_registered(model):
            site.unregister(model)
    site.register(User, AccountAdmin)
    site.register(Group, RightsAdmin)
    site.register(UserSession, SessionAdmin)
    site.register(Authenticator, FactorAdmin)
    site.register(SocialAccount, SocialAccountAdmin)
    site.register(AuditEntry, AuditAdmin)
    site.register(WRITTEN_BY_US, ReadOnly)
