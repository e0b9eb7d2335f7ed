"""Who holds which right: every check in the product asks here. What each role may do stands in `dashboard.roles`."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from dashboard.roles import APP, ROLES, Right


def rights_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[Right]:
    """Return what a user may do; two queries, unless `load_rights` has been asked before."""
    if not isinstance(user, User):
        return frozenset()
    loaded: frozenset[Right] | None = user.__dict__.get("_rights")
    if loaded is None:
        load_rights([user])
        loaded = user.__dict__["_rights"]
    return loaded or frozenset()


def may(user: AbstractBaseUser | AnonymousUser, right: Right) -> bool:
    """Say whether a user holds a right."""
    return right in rights_of(user)


def load_rights(users: Iterable[AbstractBaseUser]) -> None:
    """Read the rights of up to 500 users with two queries; `rights_of` then asks nothing, so a loop may call it."""
    people = [user for user in users if isinstance(user, User)]
    held: dict[int, set[Right]] = {user.pk: set(Right) if user.is_superuser else set() for user in people}
    ours = Permission.objects.filter(content_type__app_label=APP, codename__in=list(Right))
    for path in ("user", "group__user"):
        for user_id, codename in ours.filter(**{f"{path}__in": list(held)}).values_list(path, "codename"):
            held[user_id].add(Right(codename))
    for user in people:
        user.__dict__["_rights"] = frozenset(held[user.pk]) if user.is_active else frozenset()


class SignedInRequest(HttpRequest):
    """A request that `require` or `login_required` let pass."""

    user: User


def require(right: Right) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let only those with a right use a view: strangers go to the sign-in, others get the page "Not allowed"."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request.user, right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def role_of(user: User) -> str | None:
    """Return the first of the user's roles, from the most rights to the fewest."""
    names = set(user.groups.filter(name__in=list(ROLES)).values_list("name", flat=True))
    return next((role for role in ROLES if role in names), None)


def give_role(user: User, role: str | None) -> None:
    """Make this the user's only role; None takes it away. Other groups stay."""
    held = {group.name: group for group in user.groups.filter(name__in=list(ROLES))}
    if others := [group for name, group in held.items() if name != role]:
        user.groups.remove(*others)
    if role is not None and role not in held:
        user.groups.add(Group.objects.get(name=role))


def ensure_roles(**_signal: Any) -> None:
    """Make each role's group and give it exactly its rights; after `migrate`, which has made the permissions.

    Written without signals: web processes that run meanwhile check their sockets every 30 s anyway.
    """
    permissions = Permission.objects.filter(content_type__app_label=APP, codename__in=list(Right))
    ids: dict[str, int] = dict(permissions.values_list("codename", "pk"))  # fewer, at an older migration
    holding = Group.permissions.through._default_manager
    Group.objects.bulk_create((Group(name=role) for role in ROLES), ignore_conflicts=True)
    for group in Group.objects.filter(name__in=list(ROLES)):
        rights = ROLES[group.name]
        held = set(
            holding.filter(group_id=group.pk, permission_id__in=ids.values()).values_list("permission_id", flat=True)
        )
        wanted = {ids[right] for right in rights if right in ids}
        holding.filter(group_id=group.pk, permission_id__in=held - wanted).delete()
        holding.bulk_create(holding.model(group_id=group.pk, permission_id=one) for one in wanted - held)
