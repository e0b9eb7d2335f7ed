"""Pairing, step by step: each step once, in time, by the right browser, and guessing is of no use."""

from ipaddress import IPv4Address
from typing import Any

import pytest
from django.core.serializers import serialize
from django.utils import timezone

from dashboard.audit import Action
from dashboard.displays.codes import SIGNS, code_of, digest_code, grouped
from dashboard.displays.pairing import (
    CODES_IN_ALL,
    CODES_PER_NETWORK,
    GUESSES_IN_ALL,
    GUESSES_PER_NETWORK,
    GUESSES_PER_USER,
    PairingRefused,
    Terms,
    begin,
    claim,
    confirm,
    find_typed,
    find_waiting,
)
from dashboard.models import AuditEntry, Display, PairingCode
from dashboard.models.display import PAIRING_TIME
from dashboard.secret import digest
from tests.services.displays import ADDRESS, make_wallboard, pair, somebody

pytestmark = pytest.mark.django_db
WRONG = SIGNS[0] * 8
TERMS = Terms("Floor 2")


def find(secret: str, username: str = "petra", address: str = ADDRESS) -> PairingCode:
    """Type the code of a secret."""
    return find_typed(code_of(secret), somebody(username), address)


def guess(username: str, address: str) -> str:
    """Type a code that no screen shows; return what is said."""
    with pytest.raises(PairingRefused) as refused:
        find_typed(WRONG, somebody(username), address)
    return str(refused.value)


def test_a_confirmed_screen_fetches_its_token() -> None:
    wallboard = make_wallboard()
    secret = begin(ADDRESS, "a browser")
    assert claim(secret) is None

    display = confirm(find(secret), Terms("Floor 2", wallboard, networks=("192.0.2.0/24",)), somebody())
    token = claim(secret)

    display.refresh_from_db()
    assert token is not None
    assert (display.token_digest, display.wallboard, display.networks) == (digest(token), wallboard, ["192.0.2.0/24"])
    entry = AuditEntry.objects.get(action=Action.DISPLAY_PAIRED.value)
    assert (entry.target, entry.detail["wallboard"], entry.detail["from"]) == ("Floor 2", "Queue wall", ADDRESS)


def test_a_code_is_used_once() -> None:
    secret = begin(ADDRESS, "")
    confirm(find(secret), TERMS, somebody())
    with pytest.raises(PairingRefused):
        find(secret)
    assert claim(secret) is not None
    assert claim(secret) is None
    assert find_waiting(secret) is None


def test_of_two_who_confirm_one_is_refused_and_leaves_no_display() -> None:
    secret = begin(ADDRESS, "")
    waiting = find(secret)
    confirm(waiting, TERMS, somebody())
    with pytest.raises(PairingRefused, match="used or ran out"):
        confirm(waiting, Terms("Floor 3"), somebody("otto"))
    assert list(Display.objects.values_list("name", flat=True)) == ["Floor 2"]


def test_whoever_knows_the_code_has_no_token_by_it() -> None:
    secret, other = begin(ADDRESS, ""), begin(ADDRESS, "")
    confirm(find(secret), TERMS, somebody())
    assert claim(other) is None
    assert claim(code_of(secret)) is None
    assert claim(grouped(code_of(secret))) is None
    assert claim("") is None
    assert claim(secret) is not None


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_a_code_ends_after_ten_minutes(is_confirmed: bool) -> None:
    secret = begin(ADDRESS, "")
    waiting = find(secret)
    if is_confirmed:
        confirm(waiting, TERMS, somebody())
    PairingCode.objects.update(expires_at=timezone.now())
    assert find_waiting(secret) is None
    assert claim(secret) is None
    with pytest.raises(PairingRefused):
        find(secret)
    with pytest.raises(PairingRefused):
        confirm(waiting, Terms("Floor 3"), somebody())


def test_a_display_taken_away_before_its_screen_came_gets_no_token() -> None:
    secret = begin(ADDRESS, "")
    display = confirm(find(secret), TERMS, somebody())
    Display.objects.filter(pk=display.pk).update(revoked_at=timezone.now())
    assert claim(secret) is None


def test_the_database_holds_neither_codes_nor_secrets_nor_tokens() -> None:
    waiting = begin(ADDRESS, "")
    _display, token = pair()
    held = serialize("json", [*PairingCode.objects.all(), *Display.objects.all(), *AuditEntry.objects.all()])
    assert digest(waiting) in held
    for kept_secret in (waiting, code_of(waiting), grouped(code_of(waiting)), token):
        assert kept_secret not in held


@pytest.mark.parametrize(
    ("count", "usernames", "addresses"),
    [
        (GUESSES_PER_USER, ["petra"], [f"192.0.2.{number}" for number in range(GUESSES_PER_USER)]),
        (GUESSES_PER_NETWORK, [f"user {number}" for number in range(GUESSES_PER_NETWORK)], [ADDRESS]),
        (
            GUESSES_PER_NETWORK,
            [f"user {number}" for number in range(GUESSES_PER_NETWORK)],
            [f"2001:db8:0:1:{number:x}::1" for number in range(GUESSES_PER_NETWORK)],
        ),
        (
            GUESSES_IN_ALL,
            [f"user {number}" for number in range(GUESSES_IN_ALL)],
            [f"192.0.2.{number}" for number in range(GUESSES_IN_ALL)],
        ),
    ],
    ids=["of a user", "from an address", "from a network of IPv6", "in all"],
)
def test_guessing_is_held_up(count: int, usernames: list[str], addresses: list[str]) -> None:
    secret = begin("198.51.100.1", "")
    for number in range(count):
        username, address = usernames[number % len(usernames)], addresses[number % len(addresses)]
        record_guess(username, address)
    last = usernames[0], addresses[0]
    assert "too many wrong codes" in guess(*last)
    with pytest.raises(PairingRefused, match="too many wrong codes"):
        find(secret, *last)
    assert AuditEntry.objects.filter(action=Action.PAIRING_FAILED.value).count() == count
    if count != GUESSES_IN_ALL:
        assert find(secret, "somebody else", "203.0.113.9").address == "198.51.100.1"


def record_guess(username: str, address: str) -> None:
    """Have a wrong code in the audit log, as a request from an address leaves it there."""
    AuditEntry.objects.create(action=Action.PAIRING_FAILED.value, user=somebody(username), address=address)


def test_one_address_holds_so_many_codes() -> None:
    for _ in range(CODES_PER_NETWORK):
        begin(ADDRESS, "")
    with pytest.raises(PairingRefused, match="Too many screens"):
        begin(ADDRESS, "")
    assert begin("203.0.113.9", "")
    PairingCode.objects.update(expires_at=timezone.now())
    assert begin(ADDRESS, "")
    assert PairingCode.objects.count() == 1


def test_one_network_of_ipv6_counts_as_one_address() -> None:
    for number in range(CODES_PER_NETWORK):
        begin(f"2001:db8:0:1::{number:x}", "")
    with pytest.raises(PairingRefused, match="Too many screens"):
        begin("2001:db8:0:1:ffff::1", "")
    assert begin("2001:db8:0:2::1", "")


def show_codes(count: int, for_each_address: int = CODES_PER_NETWORK, **fields: Any) -> None:
    """Have many codes on show, so many from each address."""
    now = timezone.now()
    PairingCode.objects.bulk_create(
        PairingCode(
            code_digest=f"code {number}",
            secret_digest=f"secret {number}",
            address=str(IPv4Address("198.18.0.0") + number // for_each_address),
            made_at=now,
            expires_at=now + PAIRING_TIME,
            **fields,
        )
        for number in range(count)
    )


def test_codes_fetched_from_many_addresses_keep_no_screen_from_being_paired() -> None:
    alone, typed, confirmed = (begin(f"203.0.113.{number}", "") for number in range(3))
    waiting = find(typed)
    confirm(find(confirmed), TERMS, somebody())
    show_codes(CODES_IN_ALL - 3)

    secret = begin("203.0.113.9", "")

    assert PairingCode.objects.count() == CODES_IN_ALL
    assert not PairingCode.objects.filter(secret_digest="secret 0").exists(), "the oldest of those who show most"
    assert find_waiting(alone) is not None
    assert confirm(find(secret), Terms("Floor 3"), somebody()).name == "Floor 3"
    assert confirm(waiting, Terms("Floor 4"), somebody()).name == "Floor 4"
    assert claim(confirmed) is not None


def test_who_shows_most_gives_up_its_own_code_for_another() -> None:
    first, second = begin(ADDRESS, ""), begin(ADDRESS, "")
    show_codes(CODES_IN_ALL - 2, for_each_address=1)

    third = begin(ADDRESS, "")

    assert [find_waiting(secret) is not None for secret in (first, second, third)] == [False, True, True]
    assert PairingCode.objects.count() == CODES_IN_ALL


def test_codes_that_somebody_has_typed_give_way_to_none() -> None:
    show_codes(CODES_IN_ALL, looked_at=timezone.now())
    with pytest.raises(PairingRefused, match="Too many screens"):
        begin(ADDRESS, "")
    assert PairingCode.objects.count() == CODES_IN_ALL


def test_a_code_needs_the_site_s_key() -> None:
    secret = begin(ADDRESS, "")
    held = PairingCode.objects.get()
    assert held.code_digest != digest_code(code_of(secret), "")
    assert held.code_digest != digest(code_of(secret))
