"""Rights and roles: who holds which, and that each `migrate` mends them."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.permission import ensure_roles, give_role, load_rights, may, rights_of, role_of
from dashboard.roles import LEAD, MANAGER, ROLES, VIEWER, Right

pytestmark = pytest.mark.django_db


def test_roles_hold_what_the_table_says() -> None:
    for role, rights in ROLES.items():
        user = User.objects.create(username=role)
        give_role(user, role)

        assert rights_of(user) == rights
        assert {right for right in Right if user.has_perm(right.permission)} == rights
        assert role_of(user) == role


def test_nobody_else_holds_any() -> None:
    switched_off = User.objects.create(username="off", is_active=False)
    give_role(switched_off, MANAGER)

    assert rights_of(AnonymousUser()) == frozenset()
    assert rights_of(User.objects.create(username="new")) == frozenset()
    assert rights_of(switched_off) == frozenset()


def test_superusers_hold_all() -> None:
    assert rights_of(User.objects.create(username="root", is_superuser=True)) == frozenset(Right)


def test_rights_come_from_roles_own_groups_and_the_user() -> None:
    user = User.objects.create(username="ada")
    group = Group.objects.create(name="Wall keepers")
    group.permissions.add(Permission.objects.get(codename=Right.EDIT_WALLBOARDS))
    user.groups.add(group)
    user.user_permissions.add(Permission.objects.get(codename=Right.SEE_AUDIT))
    give_role(user, LEAD)

    assert rights_of(user) == ROLES[LEAD] | {Right.EDIT_WALLBOARDS, Right.SEE_AUDIT}


def test_a_permission_of_the_same_name_elsewhere_is_no_right() -> None:
    other = Permission.objects.get(codename="view_group").content_type
    user = User.objects.create(username="ada")
    user.user_permissions.add(Permission.objects.create(content_type=other, codename=Right.SEE_AUDIT, name="x"))

    assert not may(user, Right.SEE_AUDIT)


def test_many_cost_two_queries_and_then_none() -> None:
    users = [User.objects.create(username=str(number)) for number in range(20)]
    for user in users[::2]:
        give_role(user, MANAGER)

    with CaptureQueriesContext(connection) as queries:
        load_rights(users)
        assert [may(user, Right.SEE_AUDIT) for user in users] == [True, False] * 10
    assert len(queries) == 2


def test_a_role_takes_the_place_of_another_and_leaves_groups_alone() -> None:
    user = User.objects.create(username="ada")
    team = Group.objects.create(name="Night")
    user.groups.add(team)

    for role in (MANAGER, VIEWER, VIEWER, None):
        give_role(user, role)
        assert set(user.groups.values_list("name", flat=True)) == {"Night"} | ({role} if role else set())


def test_migrating_mends_the_roles_and_leaves_other_permissions() -> None:
    manager = Group.objects.get(name=MANAGER)
    extra = Permission.objects.get(codename="view_group")
    manager.permissions.set([extra])
    Group.objects.get(name=VIEWER).permissions.add(Permission.objects.get(codename=Right.SEE_AUDIT))
    Group.objects.get(name=LEAD).delete()

    call_command("migrate", verbosity=0)

    assert {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()} == {
        MANAGER: {*ROLES[MANAGER], "view_group"},
        LEAD: set(ROLES[LEAD]),
        VIEWER: set(),
    }


def test_at_an_older_migration_there_are_roles_without_rights() -> None:
    Permission.objects.filter(codename__in=list(Right)).delete()

    ensure_roles()

    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
