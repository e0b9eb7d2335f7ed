"""Asking a vendor while somebody looks: the time limit holds, whatever the vendor does."""

import time
from pathlib import Path

import pytest

from dashboard.source_entry import Entry
from dashboard.vendors.account import Account
from dashboard.vendors.asking import AT_ONCE, GRACE_SECONDS, ask
from dashboard.vendors.registry import VENDORS
from realtime.errors import CredentialsRefused, LinkLost
from tests.fakes.seeit import SESSION_ID, FakeSeeit, running_seeit
from tests.services.valkey import ValkeyServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


def account_of(seeit: FakeSeeit) -> Account:
    """Return the account that sources.toml would make of it."""
    account = VENDORS["seeit"].read(Entry("camera", {"url": seeit.address, "access_token": "t"}, Path()))
    assert isinstance(account, Account)
    return account


def test_an_answer_comes_through_and_so_does_an_error(valkey: ValkeyServer) -> None:
    with running_seeit() as seeit:
        account = account_of(seeit)
        details = ask(account, lambda caller: VENDORS["seeit"].fetch_details(caller, SESSION_ID))
        assert details["session"]["sessionDataStatus"] == "AVAILABLE"
        seeit.status = 401
        with pytest.raises(CredentialsRefused):
            ask(account, lambda caller: VENDORS["seeit"].fetch_details(caller, SESSION_ID))


def test_a_vendor_that_never_answers_is_given_up_in_time_and_leaves_room_for_others(valkey: ValkeyServer) -> None:
    with running_seeit() as silent, running_seeit() as seeit:
        silent.is_silent = True
        begun = time.monotonic()
        for _ in range(AT_ONCE // 4):
            with pytest.raises(LinkLost, match=r"camera: no answer"):
                ask(account_of(silent), lambda caller: VENDORS["seeit"].fetch_details(caller, SESSION_ID), 0.3)
        assert time.monotonic() - begun < (0.3 + GRACE_SECONDS) * AT_ONCE // 4 + 5

        assert ask(account_of(seeit), lambda caller: VENDORS["seeit"].fetch_details(caller, SESSION_ID))
