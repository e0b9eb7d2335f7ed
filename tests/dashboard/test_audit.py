"""The audit log: what is recorded, that nothing of it can be changed, and its page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from dashboard.audit import Action, record
from dashboard.models import AuditEntry, AuditRetention
from dashboard.models.audit_entry import AuditRefusal
from dashboard.permission import give_role
from dashboard.roles import LEAD, MANAGER, Right

HOSTILE = "<script>alert(1)</script>\"'\u202e"


def made(**fields: Any) -> User:
    """Return a user whose making is not in the log."""
    return User.objects.bulk_create([User(**{"username": "ada", **fields})])[0]


def entries() -> list[tuple[str, str, str, dict[str, Any]]]:
    """Return action, actor, target and detail of every entry, the oldest first."""
    return list(AuditEntry.objects.order_by("pk").values_list("action", "actor", "target", "detail"))


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what() -> None:
    user = made()

    record(Action.POLL_ASKED, "phones", detail={"why": "late", "count": 3}, user=user)

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.user, entry.action, entry.target) == ("ada", user, "poll asked for", "phones")
    assert entry.detail == {"why": "late", "count": 3}
    assert abs(timezone.now() - entry.at) < timedelta(minutes=1)


@pytest.mark.django_db
def test_details_hold_no_secrets_and_are_bounded() -> None:
    detail = {
        "password": "p", "api_token": "t", "Cookie": "c", "nested": {"client_secret": "s", "kept": True},
        "long": "x" * 1000, "many": list(range(100)), "deep": {"a": {"b": {"c": 1}}}, "zero": "a\0b", "half": "\ud800",
        "when": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip

    record(Action.USER_CHANGED, "y" * 1000, detail=detail | {f"more{n}": n for n in range(50)}, actor="z" * 1000)

    entry = AuditEntry.objects.get()
    assert [entry.detail[name] for name in ("password", "api_token", "Cookie")] == ["[hidden]"] * 3
    assert entry.detail["nested"] == {"client_secret": "[hidden]", "kept": True}
    assert (len(entry.detail["long"]), len(entry.detail["many"]), entry.detail["zero"]) == (200, 20, "ab")
    assert entry.detail["deep"] == {"a": {"b": "{'c': 1}"}}
    assert (len(entry.detail), len(entry.target), len(entry.actor)) == (20, 200, 150)


def test_the_models_refuse_every_change(each_database: str) -> None:
    entry = record(Action.SIGNED_IN, actor="ada")
    entry.actor = "eve"

    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(actor="eve"),
        lambda: AuditEntry.objects.bulk_update([entry], ["actor"]),
    ):
        with pytest.raises(AuditRefusal):
            change()
    assert entries() == [("signed in", "ada", "", {})]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM dashboard_auditentry",
        "UPDATE dashboard_auditentry SET actor = 'eve'",
        "UPDATE dashboard_auditentry SET at = '2000-01-01'",
        "UPDATE dashboard_auditentry SET detail = '{}'",
        "UPDATE dashboard_auditentry SET actor = 'eve', user_id = NULL",
        "UPDATE dashboard_auditentry SET user_id = user_id",
        "TRUNCATE dashboard_auditentry",
    ],
)
def test_the_database_refuses_every_change(each_database: str, statement: str) -> None:
    record(Action.SIGNED_IN, user=made(), detail={"by": ["password"]})

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert entries() == [("signed in", "ada", "", {"by": ["password"]})]


def test_a_user_s_end_leaves_the_name(each_database: str) -> None:
    user = made()
    record(Action.SIGNED_IN, user=user)

    user.delete()

    assert [(entry.actor, entry.user) for entry in AuditEntry.objects.filter(action="signed in")] == [("ada", None)]


def test_retention_takes_what_is_older_and_nothing_else(each_database: str) -> None:
    record(Action.SIGNED_IN, actor="old")
    between = timezone.now()
    record(Action.SIGNED_IN, actor="new")

    assert AuditEntry.objects.forget_before(between) == 1

    assert [actor for _action, actor, _target, _detail in entries()] == ["new"]
    assert not AuditRetention.objects.exists()


@pytest.mark.django_db
def test_changes_of_users_and_roles_are_recorded() -> None:
    user = User.objects.create_user("ada", password="a password of hers")
    user.first_name, user.is_superuser = "Ada", True
    user.save()
    user.set_password("another password")
    user.save()
    give_role(user, LEAD)
    give_role(user, None)
    user.user_permissions.add(Permission.objects.get(codename=Right.SEE_AUDIT))
    Group.objects.create(name="Night").permissions.add(Permission.objects.get(codename=Right.EDIT_TEAMS))
    user.save(update_fields=["last_login"])
    user.delete()

    assert entries() == [
        ("user added", "system", "ada", {"superuser": False}),
        ("user changed", "system", "ada",
         {"first_name": {"from": "", "to": "Ada"}, "is_superuser": {"from": False, "to": True}}),
        ("password changed", "system", "ada", {}),
        ("roles changed", "system", "ada", {"given": ["Team lead"]}),
        ("roles changed", "system", "ada", {"taken": ["Team lead"]}),
        ("rights changed", "system", "ada", {"given": ["see_audit"]}),
        ("group added", "system", "Night", {}),
        ("rights changed", "system", "Night", {"given": ["edit_teams"], "of group": True}),
        ("user deleted", "system", "ada", {}),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_group_s_new_name_and_end_are_recorded_with_whom_it_gave_what() -> None:
    group = Group.objects.create(name="Night")
    group.permissions.add(Permission.objects.get(codename=Right.EDIT_TEAMS))
    for name in ("bob", "ada"):
        made(username=name).groups.add(group)
    group.name = "Late"
    group.save()
    group.save()
    group.delete()

    assert [entry for entry in entries() if entry[0].startswith("group")] == [
        ("group added", "system", "Night", {}),
        ("group renamed", "system", "Late", {"name": {"from": "Night", "to": "Late"}}),
        ("group deleted", "system", "Late", {"members": ["ada", "bob"], "count": 2, "rights": ["edit_teams"]}),
    ]


def reader(role: str | None = MANAGER) -> Client:
    """Return the browser of somebody in a role."""
    user = made(username=f"reader {role}")
    give_role(user, role)
    client = Client()
    client.force_login(user)
    return client


def rows_of(client: Client, query: str = "") -> int:
    """Return how many entries a page shows."""
    return client.get(f"/audit/?{query}").content.decode().count('<td class="audit__when">')


@pytest.mark.django_db
@pytest.mark.parametrize("role", [LEAD, None])
def test_the_page_is_for_those_with_the_right(role: str | None) -> None:
    client = reader(role)

    assert client.get("/audit/").status_code == 403
    assert "Audit log" not in client.get("/saved-views/").content.decode()
    assert "Audit log" in reader().get("/saved-views/").content.decode()


@pytest.mark.django_db
def test_the_page_filters() -> None:
    client = reader()
    record(Action.POLL_ASKED, "phones", actor="Ada Lovelace")
    written_at = AuditEntry.objects.get(actor="Ada Lovelace").at  # which may be a minute before midnight
    yesterday, today = (f"{written_at - timedelta(days=days):%Y-%m-%d}" for days in (1, 0))
    record(Action.SIGN_IN_FAILED, actor="bob")

    assert rows_of(client, "who=ada") == 1
    assert rows_of(client, "what=sign-in+failed") == 1
    assert rows_of(client, "who=ada&what=sign-in+failed") == 0
    assert rows_of(client, f"who=ada&since={today}&until={today}") == 1
    assert rows_of(client, f"who=ada&until={yesterday}") == 0
    assert "No entry fits this filter" in client.get("/audit/?who=nobody").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["what=x", "since=x", "until=9999-99-99", "until=9999-12-31", "before=-1", "before=x", f"who={'x' * 500}"]
)
def test_a_filter_that_makes_no_sense_is_said_and_harmless(query: str) -> None:
    page = reader().get(f"/audit/?{query}")

    assert page.status_code == 200
    assert ("field__error" in page.content.decode()) is ("before" not in query)


@pytest.mark.django_db
def test_the_page_turns() -> None:
    client = reader()
    for number in range(120):
        record(Action.POLL_ASKED, str(number), actor="ada")

    query, seen, pages = "who=ada", 0, 0
    while query:
        html = client.get(f"/audit/?{query}").content.decode()
        seen += html.count('<td class="audit__when">')
        pages += 1
        _before, link, rest = (
            html.partition(">Older</a>")[0].rpartition('href="?') if ">Older</a>" in html else ("", "", "")
        )
        query = rest.rstrip('"').replace("&amp;", "&") if link else ""

    assert (seen, pages) == (120, 3)


@pytest.mark.django_db
def test_what_stands_in_it_is_only_text() -> None:
    client = reader()
    record(Action.POLL_ASKED, HOSTILE, actor=HOSTILE, detail={HOSTILE: HOSTILE})

    html = client.get("/audit/").content.decode()

    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)") == 4


@pytest.mark.django_db
def test_the_address_is_the_client_s(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    client = Client(REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})

    client.post("/login/", {"login": "nobody", "password": "x"})

    assert AuditEntry.objects.get().address == "203.0.113.9"
