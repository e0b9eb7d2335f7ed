"""Single sign-on against a provider on real sockets: who gets in, as what, and who does not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as real_settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.oidc import understand_oidc
from dashboard.models import AuditEntry
from dashboard.permission import role_of
from dashboard.roles import LEAD, MANAGER, VIEWER
from tests.fakes.oidc import CLIENT_ID, CLIENT_SECRET, Provider, serving_oidc

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    """A provider that the site is set up for."""
    with serving_oidc() as provider:
        given = {"URL": provider.url, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET, "NAME": "Example"}
        rest = {"SCOPES": "openid", "ROLE_CLAIM": "groups", "MANAGERS": "bosses", "LEADS": "leads", "VIEWERS": "all"}
        settings.OIDC = understand_oidc(given | rest)
        settings.SOCIALACCOUNT_PROVIDERS = settings.OIDC.provider_settings()
        yield provider


def go(client: Client, address: str = "/login/sso/", **changes: str) -> Any:
    """Go to the provider and back; `changes` are to what it sends back. Returns the site's last answer."""
    there = client.get(address)
    if there.status_code != 302:
        return there
    back = httpx2.get(there.headers["Location"], trust_env=False).headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | changes
    return client.get(urlsplit(back).path, query)


def is_signed_in(client: Client) -> bool:
    """Say whether a browser is signed in."""
    return client.get("/account/").status_code == 200


def recorded(*names: str) -> list[tuple[Any, ...]]:
    """Return what the audit log holds, the oldest first."""
    return list(AuditEntry.objects.order_by("pk").values_list(*names))


def test_the_sign_in_offers_it(provider: Provider, client: Client) -> None:
    page = client.get("/login/?next=/queues/").content.decode()

    assert 'href="/login/sso/?next=%2Fqueues%2F"' in page
    assert "Continue with Example" in page


def test_without_settings_there_is_none(client: Client) -> None:
    assert "Continue with" not in client.get("/login/").content.decode()
    assert client.get("/login/sso/").status_code == 404


@pytest.mark.parametrize(("group", "role"), [("bosses", MANAGER), ("leads", LEAD), ("all", VIEWER)])
def test_a_claim_gives_a_role(provider: Provider, client: Client, group: str, role: str) -> None:
    provider.claims["groups"] = ["other", group]

    answer = go(client, "/login/sso/?next=/queues/")

    user = User.objects.get(username="ada")
    assert answer.headers["Location"] == "/queues/"
    assert (role_of(user), user.has_usable_password(), user.is_superuser) == (role, False, False)
    assert is_signed_in(client)
    assert ("signed in", "ada") in recorded("action", "actor")
    assert SocialToken.objects.count() == 0


@pytest.mark.parametrize("groups", [[], ["other"], "nothing", None, {"bosses": 1}])
def test_nobody_gets_in_without_a_role(provider: Provider, client: Client, groups: Any) -> None:
    provider.claims["groups"] = groups

    answer = go(client)

    assert answer.status_code == 403
    assert "gives you no role here" in answer.content.decode()
    assert (User.objects.count(), SocialAccount.objects.count(), is_signed_in(client)) == (0, 0, False)
    assert recorded("action", "actor") == [("sign-in refused", "ada")]


def test_the_role_follows_the_claim_at_each_sign_in(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["bosses"]
    go(client)
    provider.claims["groups"] = ["all"]

    go(Client())

    assert role_of(User.objects.get(username="ada")) == VIEWER


def test_who_lost_the_role_is_signed_out_everywhere(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["bosses"]
    go(client)
    assert is_signed_in(client)
    provider.claims["groups"] = []

    answer = go(Client())

    assert answer.status_code == 403
    assert (role_of(User.objects.get(username="ada")), is_signed_in(client)) == (None, False)


@pytest.mark.parametrize("is_verified", [True, False])
def test_a_name_or_address_that_somebody_has_does_not_become_that_account(
    provider: Provider, client: Client, is_verified: bool
) -> None:
    local = User.objects.create_user("ada", "ada@example.com", "a local password")
    provider.claims |= {"groups": ["all"], "email": "ada@example.com", "email_verified": is_verified}

    go(client)

    users = list(User.objects.order_by("pk"))
    assert [user.pk == local.pk for user in users] == [True, False]
    assert client.session["_auth_user_id"] == str(users[1].pk)
    assert users[0].check_password("a local password")


def test_whoever_is_switched_off_stays_out(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["all"]
    go(client)
    User.objects.update(is_active=False)
    other = Client()

    assert go(other).headers["Location"] == "/login/inactive/"
    assert not is_signed_in(other)
    assert recorded("action")[-1] == ("sign-in refused",)


@pytest.mark.parametrize(
    ("freedom", "status"),
    [
        ("other issuer", 401),
        ("other audience", 401),
        ("expired", 401),
        ("other person", 403),
        ("other party", 403),
        ("no token", 403),
        ("denied", 302),
        ("html", 502),
        ("html /token", 401),
        ("html /userinfo", 401),
        ("error /token", 401),
        ("error /userinfo", 401),
        ("error /.well-known/openid-configuration", 502),
    ],
)
def test_a_provider_that_answers_wrongly_lets_nobody_in(
    provider: Provider, client: Client, freedom: str, status: int
) -> None:
    provider.claims["groups"] = ["bosses"]
    provider.freedom = freedom

    answer = go(client)

    assert (answer.status_code, User.objects.count(), is_signed_in(client)) == (status, 0, False)


def test_a_provider_that_does_not_answer_is_said(settings: Settings, client: Client, provider: Provider) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"APPS": [{"provider_id": "sso", "client_id": "x", "secret": "y", "name": "Gone",
                                     "settings": {"server_url": "http://127.0.0.1:1"}}]}
    }  # fmt: skip

    answer = client.get("/login/sso/")

    assert answer.status_code == 502
    assert "The identity provider did not answer" in answer.content.decode()


def test_somebody_else_s_answer_is_not_taken(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["bosses"]

    for changes in ({"state": "invented"}, {"code": "invented"}, {"state": ""}):
        assert go(client, **changes).status_code == 401
    there = Client().get("/login/sso/")
    back = urlsplit(httpx2.get(there.headers["Location"], trust_env=False).headers["Location"])
    assert client.get(back.path, parse_qs(back.query)).status_code == 401

    assert (User.objects.count(), is_signed_in(client)) == (0, False)


def test_an_answer_is_taken_once(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["all"]
    there = client.get("/login/sso/")
    back = urlsplit(httpx2.get(there.headers["Location"], trust_env=False).headers["Location"])
    query = {name: values[0] for name, values in parse_qs(back.query).items()}

    first = client.get(back.path, query).status_code
    client.post("/logout/")

    assert (first, client.get(back.path, query).status_code, is_signed_in(client)) == (302, 401, False)


def test_accounts_are_not_joined(provider: Provider, client: Client) -> None:
    client.force_login(User.objects.create(username="local"))
    provider.claims["groups"] = ["bosses"]

    answer = go(client, "/login/sso/?process=connect")

    assert answer.status_code == 403
    assert SocialAccount.objects.count() == 0


def test_nobody_is_sent_elsewhere_afterwards(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["all"]

    assert go(client, "/login/sso/?next=https://evil.example/").headers["Location"] == "/"


def test_whoever_has_no_password_is_told_so(provider: Provider, client: Client) -> None:
    provider.claims["groups"] = ["all"]
    go(client)

    page = client.get("/account/password/", follow=True).content.decode()

    assert "You sign in by single sign-on" in page


def test_the_request_asks_for_a_code_with_a_challenge_and_state(provider: Provider, client: Client) -> None:
    query = parse_qs(urlsplit(client.get("/login/sso/").headers["Location"]).query)

    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["state"][0]) >= 16
    assert real_settings.SESSION_COOKIE_SAMESITE == "Lax"
