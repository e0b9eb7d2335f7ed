"""What the settings of single sign-on mean, and which role claims give."""

from typing import Any

import pytest

from dashboard.accounts.oidc import (
    OidcRefused,
    OidcSettings,
    claimed_role,
    claimed_values,
    trusted_claims,
    understand_oidc,
)
from dashboard.roles import LEAD, MANAGER, VIEWER

GIVEN = {
    "URL": "https://login.example.com/realms/x/",
    "CLIENT_ID": "dashboard",
    "CLIENT_SECRET": "s",
    "NAME": "Example",
    "SCOPES": "openid groups",
    "ROLE_CLAIM": "groups",
    "MANAGERS": "support-managers, admins",
    "LEADS": "leads",
    "VIEWERS": "",
}


def understood(**changes: str) -> OidcSettings:
    """Return settings with some changed."""
    oidc = understand_oidc(GIVEN | changes)
    assert oidc is not None
    return oidc


def test_without_an_address_there_is_no_single_sign_on() -> None:
    assert understand_oidc(GIVEN | {"URL": ""}) is None


def test_what_is_given_is_understood() -> None:
    assert understood() == OidcSettings(
        "https://login.example.com/realms/x",
        "dashboard",
        "s",
        "Example",
        ("openid", "groups"),
        "groups",
        ((MANAGER, frozenset({"support-managers", "admins"})), (LEAD, frozenset({"leads"}))),
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"URL": "http://login.example.com"}, "starts with https://"),
        ({"URL": "login.example.com"}, "starts with https://"),
        ({"CLIENT_ID": ""}, "not OIDC_CLIENT_ID"),
        ({"CLIENT_SECRET": ""}, "not OIDC_CLIENT_SECRET"),
        ({"MANAGERS": " , ", "LEADS": ""}, "nobody gets a role"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_mend(changes: dict[str, str], words: str) -> None:
    with pytest.raises(OidcRefused, match=words):
        understand_oidc(GIVEN | changes)


@pytest.mark.parametrize(
    ("claims", "path", "expected"),
    [
        ({"groups": ["a", "b"]}, "groups", {"a", "b"}),
        ({"groups": "a"}, "groups", {"a"}),
        ({"groups": [1, None, {"a": 1}, "b"]}, "groups", {"b"}),
        ({"groups": {"a": True}}, "groups", set()),
        ({"groups": None}, "groups", set()),
        ({}, "groups", set()),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"realm_access": "a"}, "realm_access.roles", set()),
        ({"https://example.com/roles": ["a"]}, "https://example.com/roles", {"a"}),
    ],
)
def test_values_of_a_claim(claims: dict[str, Any], path: str, expected: set[str]) -> None:
    assert claimed_values(claims, path) == expected


@pytest.mark.parametrize(
    ("groups", "viewers", "expected"),
    [
        (["leads", "admins"], "", MANAGER),
        (["leads"], "", LEAD),
        (["others"], "", None),
        ([], "", None),
        (["*"], "", None),
        (["others"], "*", VIEWER),
        (["leads"], "*", LEAD),
        (["Admins"], "", None),
    ],
)
def test_the_role_with_most_rights_wins_and_none_means_refusal(
    groups: list[str], viewers: str, expected: str | None
) -> None:
    assert claimed_role(understood(VIEWERS=viewers), {"groups": groups}) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"id_token": {"sub": "1", "a": 1}, "userinfo": {"sub": "1", "a": 2, "b": 3}}, {"sub": "1", "a": 1, "b": 3}),
        ({"id_token": {"sub": "1"}}, {"sub": "1"}),
        ({"id_token": {"sub": "1"}, "userinfo": {"sub": "2"}}, None),
        ({"id_token": {"sub": "1"}, "userinfo": {"groups": ["admins"]}}, None),
        ({"id_token": {"sub": ""}}, None),
        ({"id_token": {"sub": "1", "azp": "other"}}, None),
        ({"id_token": "x"}, None),
        ({"id_token": {"sub": "1"}, "userinfo": ["x"]}, None),
        ({"userinfo": {"sub": "1"}}, None),
        ({}, None),
    ],
)
def test_only_claims_about_one_person_and_for_us_are_trusted(data: dict[str, Any], expected: object) -> None:
    assert trusted_claims(data, "dashboard") == expected
