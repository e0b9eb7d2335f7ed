"""Record what happens to accounts: Django's and allauth's signals become entries of the audit log."""

from collections.abc import Collection
from functools import partial
from typing import Any

from allauth.account.signals import password_changed
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_reset
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.http import HttpRequest

from dashboard.audit import Action, record

WATCHED = ("username", "first_name", "last_name", "email", "is_active", "is_superuser", "is_staff")
KINDS = {
    "password": "password",
    "socialaccount": "single sign-on",
    "totp": "authenticator app",
    "webauthn": "security key",
    "recovery_codes": "recovery codes",
}
SYSTEM = "system"  # nobody's request: a command, a shell


def record_sign_in(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Somebody signed in; by what, allauth keeps in the session."""
    steps = request.session.get("account_authentication_methods", [])
    by = [KINDS.get(step.get("type") or step.get("method", ""), "something else") for step in steps]
    record(Action.SIGNED_IN, user=user, detail={"by": by}, request=request)


def record_sign_out(request: HttpRequest, user: User | None, **_signal: Any) -> None:
    """Somebody signed out."""
    if user is not None:
        record(Action.SIGNED_OUT, user=user, request=request)


def record_factor(
    action: Action, user: User, authenticator: Authenticator, request: HttpRequest, **_signal: Any
) -> None:
    """A second factor came or failed, or its recovery codes are others."""
    record(action, user, user=user, detail={"kind": KINDS.get(authenticator.type, "something else")}, request=request)


def record_loss(instance: Authenticator, **_signal: Any) -> None:
    """A second factor went, whoever took it away. Recovery codes go with the last one, and are not told apart."""
    if instance.type != Authenticator.Type.RECOVERY_CODES:
        record_by_whoever(Action.FACTOR_REMOVED, instance.user, {"kind": KINDS.get(instance.type, "something else")})


def record_password(user: User, request: HttpRequest, **_signal: Any) -> None:
    """Somebody changed the own password. (One changed by others is in `record_change`.)"""
    record(Action.PASSWORD_CHANGED, user, user=user, request=request)


def remember(instance: User, raw: bool = False, update_fields: Collection[str] | None = None, **_signal: Any) -> None:
    """Before a user is written: keep what it was."""
    # A sign-in writes its time, and hashes the same password anew where the hash is of an older kind.
    is_by_sign_in = update_fields is not None and {"last_login", "password"}.issuperset(update_fields)
    is_harmless = is_by_sign_in and getattr(instance, "_password", None) is None
    before = None if raw or is_harmless or instance.pk is None else User.objects.filter(pk=instance.pk).first()
    instance.__dict__["_before"] = before


def record_change(instance: User, created: bool, raw: bool = False, **_signal: Any) -> None:
    """A user was made or changed: which fields, from what to what; of a password only that it changed."""
    before: User | None = instance.__dict__.pop("_before", None)
    if created and not raw:
        record_by_whoever(Action.USER_ADDED, instance, {"superuser": instance.is_superuser})
    if before is None:
        return
    pairs = {name: {"from": getattr(before, name), "to": getattr(instance, name)} for name in WATCHED}
    changes: dict[str, Any] = {name: pair for name, pair in pairs.items() if pair["from"] != pair["to"]}
    if changes:
        record_by_whoever(Action.USER_CHANGED, instance, changes)
    request = context.request
    is_own = request is not None and request.user == instance
    if before.password != instance.password and not is_own:
        record_by_whoever(Action.PASSWORD_CHANGED, instance, {})


def record_deletion(instance: User, **_signal: Any) -> None:
    """A user was deleted."""
    record_by_whoever(Action.USER_DELETED, instance, {})


def remember_group(instance: Group, raw: bool = False, **_signal: Any) -> None:
    """Before a group is written: keep what it was called."""
    kept = None if raw else Group.objects.filter(pk=instance.pk).first()
    instance.__dict__["_before"] = kept


def record_group(instance: Group, created: bool, raw: bool = False, **_signal: Any) -> None:
    """A group was made or renamed. (Its rights and members are in `record_membership`.)"""
    before: Group | None = instance.__dict__.pop("_before", None)
    if created and not raw:
        record_by_whoever(Action.GROUP_ADDED, instance, {})
    elif before is not None and before.name != instance.name:
        record_by_whoever(Action.GROUP_CHANGED, instance, {"name": {"from": before.name, "to": instance.name}})


def record_group_s_end(instance: Group, **_signal: Any) -> None:
    """A group is about to be deleted: with it go its rights, from all its members."""
    members = list(User.objects.filter(groups=instance).order_by("username").values_list("username", flat=True))
    rights = list(instance.permissions.order_by("codename").values_list("codename", flat=True))
    record_by_whoever(Action.GROUP_DELETED, instance, {"members": members, "count": len(members), "rights": rights})


def record_membership(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **signal: Any) -> None:
    """Groups of a user, or rights of a user or group, were given or taken."""
    if action not in {"post_add", "post_remove", "pre_clear"} or (pk_set is not None and not pk_set):
        return
    others = signal["model"]._default_manager.filter(pk__in=pk_set or ())
    names = [one.codename if hasattr(one, "codename") else str(one) for one in others]
    what = Action.ROLES_CHANGED if signal["model"] in {Group, User} else Action.RIGHTS_CHANGED
    verb = {"post_add": "given", "post_remove": "taken", "pre_clear": "all taken"}[action]
    record_by_whoever(
        what, instance, {verb: names} | ({"of group": True} if reverse or isinstance(instance, Group) else {})
    )


def record_by_whoever(action: Action, target: object, detail: dict[str, Any]) -> None:
    """Record what the person at the request did, or else the system."""
    request = context.request
    is_known = request is not None and request.user.is_authenticated
    record(action, target, detail=detail, actor="" if is_known else SYSTEM)


def connect() -> None:
    """Listen; once per process."""
    uid = "dashboard.accounts"
    user_logged_in.connect(record_sign_in, dispatch_uid=uid)
    user_logged_out.connect(record_sign_out, dispatch_uid=uid)
    password_changed.connect(record_password, dispatch_uid=uid)
    for signal, action in (
        (authenticator_added, Action.FACTOR_ADDED),
        (authenticator_reset, Action.CODES_RENEWED),
        (authentication_failed, Action.CODE_FAILED),
    ):
        signal.connect(partial(record_factor, action), weak=False, dispatch_uid=uid)
    pre_save.connect(remember, sender=User, dispatch_uid=uid)
    post_save.connect(record_change, sender=User, dispatch_uid=uid)
    post_delete.connect(record_deletion, sender=User, dispatch_uid=uid)
    pre_save.connect(remember_group, sender=Group, dispatch_uid=uid)
    post_save.connect(record_group, sender=Group, dispatch_uid=uid)
    pre_delete.connect(record_group_s_end, sender=Group, dispatch_uid=uid)
    post_delete.connect(record_loss, sender=Authenticator, dispatch_uid=uid)
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(record_membership, sender=through, dispatch_uid=uid)
