"""Who may call the token endpoint when: the rules on the stored row, driven by a clock of the test's own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from realtime.models import AccessToken
from realtime.outbound import tokens
from realtime.outbound.seal import seal, unseal
from realtime.outbound.tokens import Move
from realtime.source import Appliance

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
APPLIANCE = Appliance("helpdesk", "https://support.example.com", "id", "secret")


def seconds(number: float) -> timedelta:
    """Return a duration."""
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("row", "move"),
    [
        ({}, Move.MINT),
        ({"minted_at": NOON - seconds(10), "expires_at": NOON + seconds(3590)}, Move.USE),
        ({"minted_at": NOON - seconds(3299), "expires_at": NOON + seconds(301)}, Move.USE),
        ({"minted_at": NOON - seconds(3300), "expires_at": NOON + seconds(300)}, Move.MINT),
        ({"minted_at": NOON - seconds(10), "expires_at": NOON + seconds(50)}, Move.USE),  # a short life: half of it
        ({"minted_at": NOON - seconds(40), "expires_at": NOON + seconds(20)}, Move.MINT),
        # Somebody renews: the old one is good enough meanwhile, until it is nearly over.
        ({"expires_at": NOON + seconds(200), "minting_until": NOON + seconds(20)}, Move.USE),
        (
            {"expires_at": NOON + seconds(5), "minted_at": NOON, "minting_until": NOON + seconds(20)},
            Move.WAIT,
        ),
        ({"minted_at": NOON - seconds(1), "minting_until": NOON + seconds(29)}, Move.WAIT),
        ({"minted_at": NOON - seconds(31), "minting_until": NOON - seconds(1)}, Move.MINT),  # its process died
        ({"minted_at": NOON - seconds(31), "minting_until": NOON + seconds(9)}, Move.PAUSE),
        ({"refused_at": NOON - seconds(29)}, Move.REFUSED),
        ({"refused_at": NOON - seconds(30)}, Move.MINT),
        # The clock was set back by a day: nobody waits for a day.
        ({"minted_at": NOON + timedelta(1), "minting_until": NOON + timedelta(1)}, Move.MINT),
        ({"refused_at": NOON + timedelta(1)}, Move.MINT),
    ],
)
def test_next_turn(row: dict[str, datetime], move: Move) -> None:
    stored = AccessToken(source="helpdesk", **row)
    token = "a-token" if "expires_at" in row else None
    assert tokens.next_turn(stored, token, NOON).move is move


def refuse(row: AccessToken, now: datetime) -> None:
    """The appliance refuses client id and secret."""
    tokens.give_up(row, now, now)


def fail(row: AccessToken, now: datetime) -> None:
    """The appliance fails with 503."""
    tokens.give_up(row, now, None)


def mint_what_is_refused(row: AccessToken, now: datetime) -> None:
    """The appliance gives a token and then refuses it at once."""
    tokens.keep(APPLIANCE, row, now, f"token of {now}", now + seconds(3600))
    tokens.drop(APPLIANCE, f"token of {now}", now)


def mint_what_expires(row: AccessToken, now: datetime) -> None:
    """The appliance gives tokens that live for a second."""
    tokens.keep(APPLIANCE, row, now, f"token of {now}", now + seconds(1))


def die(row: AccessToken, now: datetime) -> None:
    """The process is killed in mid-call."""


@pytest.mark.parametrize("outcome", [refuse, fail, mint_what_is_refused, mint_what_expires, die])
def test_token_calls_stay_below_three_in_any_minute(
    each_database: str, outcome: Callable[[AccessToken, datetime], None]
) -> None:
    called_at = []
    for step in range(0, 400, 3):  # a process that is started again every 3 s
        now = NOON + seconds(step)
        row = tokens.load(APPLIANCE)
        if tokens.next_turn(row, tokens.opened(APPLIANCE, row), now).move is Move.MINT and tokens.claim(row, now):
            called_at.append(step)
            outcome(row, now)
    assert len(called_at) >= 6
    assert all(later - earlier >= 60 for earlier, later in zip(called_at, called_at[2:], strict=False))


def test_claim_is_won_by_one(each_database: str) -> None:
    rows = [tokens.load(APPLIANCE) for _ in range(5)]
    assert [tokens.claim(row, NOON) for row in rows] == [True, False, False, False, False]


@pytest.mark.parametrize("field", ["refused_at", "minting_until"])
def test_claim_is_lost_when_the_row_changed_meanwhile(each_database: str, field: str) -> None:
    row = tokens.load(APPLIANCE)
    AccessToken.objects.update(**{field: NOON})
    assert tokens.claim(row, NOON) is False


def test_late_minter_does_not_overwrite_a_newer_token(each_database: str) -> None:
    slow = tokens.load(APPLIANCE)
    assert tokens.claim(slow, NOON)
    later = NOON + seconds(61)
    quick = tokens.load(APPLIANCE)
    assert tokens.claim(quick, later)
    tokens.keep(APPLIANCE, quick, later, "newer", later + seconds(3600))
    tokens.keep(APPLIANCE, slow, NOON, "older", NOON + seconds(3600))
    assert tokens.opened(APPLIANCE, tokens.load(APPLIANCE)) == "newer"


def test_give_back_leaves_no_trace_of_a_call_never_made(each_database: str) -> None:
    for _ in range(5):
        row = tokens.load(APPLIANCE)
        assert tokens.claim(row, NOON)
        tokens.give_back(row, NOON)
    assert tokens.load(APPLIANCE).minted_at is None


def test_drop_forgets_exactly_the_token_named(each_database: str) -> None:
    row = tokens.load(APPLIANCE)
    tokens.claim(row, NOON)
    tokens.keep(APPLIANCE, row, NOON, "current", NOON + seconds(3600))
    assert tokens.drop(APPLIANCE, "older", NOON) is True
    assert tokens.opened(APPLIANCE, tokens.load(APPLIANCE)) == "current"
    assert tokens.drop(APPLIANCE, "current", NOON) is True
    assert tokens.opened(APPLIANCE, tokens.load(APPLIANCE)) is None


def test_seal_opens_for_the_same_account_only() -> None:
    sealed = seal(APPLIANCE, "a-token")
    assert "a-token" not in sealed
    assert unseal(APPLIANCE, sealed) == "a-token"
    for other in (
        Appliance("other", APPLIANCE.url, "id", "secret"),
        Appliance("helpdesk", "https://elsewhere.example.com", "id", "secret"),
        Appliance("helpdesk", APPLIANCE.url, "id-2", "secret"),
        Appliance("helpdesk", APPLIANCE.url, "id", "new secret"),
    ):
        assert unseal(other, sealed) is None
    assert unseal(APPLIANCE, "no seal") is None
    assert unseal(APPLIANCE, sealed[:-4] + "AAAA") is None


def test_seal_does_not_open_under_another_secret_key(settings: Settings) -> None:
    sealed = seal(APPLIANCE, "a-token")
    settings.SECRET_KEY = "another-key" * 6
    assert unseal(APPLIANCE, sealed) is None


def test_token_that_is_over_is_kept_for_the_next_call(transactional_db: None) -> None:
    row = tokens.load(APPLIANCE)
    assert tokens.claim(row, NOON)
    tokens.keep(APPLIANCE, row, NOON, "first", NOON + seconds(3600))
    tokens.expire(APPLIANCE, "another", NOON)
    assert tokens.load(APPLIANCE).expires_at == NOON + seconds(3600)
    tokens.expire(APPLIANCE, "first", NOON)
    row = tokens.load(APPLIANCE)
    assert tokens.opened(APPLIANCE, row) == "first"
    assert tokens.next_turn(row, "first", NOON + seconds(1)).move is Move.MINT
