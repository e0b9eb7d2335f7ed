"""The administration: what superusers change there, and what nobody does."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client

from dashboard.audit import Action, record
from dashboard.models import AuditEntry
from dashboard.permission import role_of
from dashboard.roles import LEAD, ROLES
from realtime.models import Link
from tests.dashboard.accounts.signing_in import add_app, is_signed_in, make_browser, make_user, sign_in

pytestmark = pytest.mark.django_db

EDITABLE = {User, Group}
WITH_SECRETS = {"AccessToken", "EmailAddress", "OneTimeLink", "PairingCode", "SocialApp", "SocialToken"}


def logged() -> list[tuple[str, str, str]]:
    """Return action, actor and target of every entry of the audit log."""
    return list(AuditEntry.objects.values_list("action", "actor", "target"))


@pytest.fixture
def administrator() -> Client:
    """The browser of a superuser."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model.__name__)
def test_only_accounts_can_be_edited(administrator: Client, model: type[Model]) -> None:
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"

    assert administrator.get(base).status_code == 200
    assert (administrator.get(f"{base}add/").status_code == 200) is (model in EDITABLE)
    options = admin.site._registry[model]
    request = administrator.get(base).wsgi_request
    assert options.has_change_permission(request) is (model in EDITABLE)


def test_nothing_that_holds_a_secret_is_shown() -> None:
    assert {model.__name__ for model in admin.site._registry} & WITH_SECRETS == set()


def test_an_account_gets_its_role_here_and_the_log_says_so(administrator: Client) -> None:
    user = make_user()
    group = Group.objects.get(name=LEAD)

    page = administrator.get(f"/admin/auth/user/{user.pk}/change/").content.decode()
    fields = {"username": user.username, "is_active": "on", "groups": str(group.pk), "_save": "Save"}
    answer = administrator.post(f"/admin/auth/user/{user.pk}/change/", fields)

    assert "is_staff" not in page
    assert (answer.status_code, role_of(user)) == (302, LEAD)
    entry = AuditEntry.objects.filter(action="roles changed").get()
    assert (entry.actor, entry.target, entry.detail) == ("root", user.username, {"given": [LEAD]})


def test_a_password_set_by_an_administrator_is_recorded_without_it(administrator: Client) -> None:
    user = make_user()
    fields = {"password1": "set by root here", "password2": "set by root here", "usable_password": "true"}

    assert administrator.post(f"/admin/auth/user/{user.pk}/password/", fields).status_code == 302

    assert ("password changed", "root", user.username) in logged()
    assert "set by root here" not in str(list(AuditEntry.objects.values()))


def test_deleting_a_session_signs_it_out(administrator: Client) -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    session = UserSession.objects.get(user=user)

    answer = administrator.post(f"/admin/usersessions/usersession/{session.pk}/delete/", {"post": "yes"})

    assert (answer.status_code, is_signed_in(browser)) == (302, False)
    assert ("other sessions signed out", "root", user.username) in logged()


def test_a_second_factor_is_taken_away_and_never_shown(administrator: Client) -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    secret = add_app(browser)
    factor = Authenticator.objects.get(user=user, type="totp")

    page = administrator.get(f"/admin/mfa/authenticator/{factor.pk}/change/").content.decode()
    administrator.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})

    assert secret not in page
    assert factor.data["secret"] not in page
    assert not Authenticator.objects.filter(pk=factor.pk).exists()
    assert ("second factor removed", "root", user.username) in logged()


def test_what_the_product_writes_is_only_read(administrator: Client) -> None:
    entry = record(Action.SIGNED_IN, actor="ada")
    Link.objects.create(source="helpdesk", state="live")

    for base in (f"/admin/dashboard/auditentry/{entry.pk}", "/admin/realtime/link/helpdesk"):
        assert administrator.get(f"{base}/change/").status_code == 200
        assert administrator.post(f"{base}/change/", {"actor": "eve", "_save": "Save"}).status_code == 403
        assert administrator.post(f"{base}/delete/", {"post": "yes"}).status_code == 403
    assert AuditEntry.objects.filter(actor="ada").exists()


@pytest.mark.parametrize("role", list(ROLES))
def test_the_roles_are_neither_deleted_nor_renamed(administrator: Client, role: str) -> None:
    group = Group.objects.get(name=role)
    page = f"/admin/auth/group/{group.pk}"
    all_of_them = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}

    assert administrator.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert administrator.post("/admin/auth/group/", all_of_them).status_code == 403
    assert administrator.post(f"{page}/change/", {"name": "Night", "_save": "Save"}).status_code == 302

    assert Group.objects.get(pk=group.pk).name == role


def test_an_own_group_is_renamed_and_deleted_and_the_log_says_so(administrator: Client) -> None:
    group = Group.objects.create(name="Night")
    page = f"/admin/auth/group/{group.pk}"

    administrator.post(f"{page}/change/", {"name": "Late", "_save": "Save"})
    administrator.post(f"{page}/delete/", {"post": "yes"})

    assert not Group.objects.filter(pk=group.pk).exists()
    assert {("group renamed", "root", "Late"), ("group deleted", "root", "Late")} <= set(logged())
