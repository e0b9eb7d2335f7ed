"""What a vendor gave for credentials: one for all, sealed, replaced with care."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.vendors import tokens
from dashboard.vendors.caller import Caller
from dashboard.vendors.seeit import SeeitAccount
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, Transient
from realtime.models import AccessToken
from realtime.outbound.http import open_client
from tests.services.postgres import PostgresServer
from tests.services.waiting import until

HOUR = timedelta(hours=1)


class Giver:
    """A vendor that gives a token for each call; keeps what it was asked with."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False

    async def __call__(self, kept: str) -> tuple[str, timedelta]:
        """Give the next token."""
        self.asked.append(kept)
        if self.refuses:
            raise CredentialsRefused("polled: refused.")
        return f"token-{len(self.asked)}", HOUR


ACCOUNT = SeeitAccount(name="polled", url="http://127.0.0.1:9", access_token="secret")


@pytest.fixture
async def caller(each_database: str, database: DatabaseThread) -> AsyncIterator[Caller[SeeitAccount]]:
    """A caller of some account."""
    async with open_client(ACCOUNT) as client:
        yield Caller(ACCOUNT, client, database)


async def age(seconds: float) -> None:
    """Let time pass for what is stored."""
    row = await AccessToken.objects.aget()
    for field in ("expires_at", "minted_at", "refused_at", "minting_until"):
        if moment := getattr(row, field):
            setattr(row, field, moment - timedelta(seconds=seconds))
    await row.asave()


async def test_token_is_asked_for_once_and_kept_sealed(caller: Caller[SeeitAccount]) -> None:
    give = Giver()
    assert await asyncio.gather(*(tokens.obtain(caller, give) for _ in range(10))) == ["token-1"] * 10
    row = await AccessToken.objects.aget(source="polled")
    assert "token-1" not in row.token_sealed
    assert row.expires_at is not None
    assert abs(row.expires_at - timezone.now() - HOUR) < timedelta(seconds=10)


async def test_next_token_is_asked_for_with_what_was_kept(caller: Caller[SeeitAccount]) -> None:
    give = Giver()
    await tokens.obtain(caller, give)
    await age(3600)
    assert await tokens.obtain(caller, give) == "token-2"
    assert give.asked == ["", "token-1"]


async def test_token_that_is_refused_is_replaced_unless_it_is_young(caller: Caller[SeeitAccount]) -> None:
    give = Giver()
    await tokens.obtain(caller, give)
    assert await tokens.reject(caller, "token-1") is False
    assert await tokens.obtain(caller, give) == "token-1"
    await age(61)
    assert await tokens.reject(caller, "token-1") is True
    assert await tokens.obtain(caller, give) == "token-2"
    assert await tokens.reject(caller, "token-1") is True  # another process replaced it meanwhile
    assert await tokens.obtain(caller, give) == "token-2"


async def test_refused_credentials_are_not_tried_again_at_once(caller: Caller[SeeitAccount]) -> None:
    give = Giver()
    give.refuses = True
    for _ in range(5):
        with pytest.raises(CredentialsRefused):
            await tokens.obtain(caller, give)
    assert len(give.asked) == 1
    give.refuses = False
    await age(31)
    assert await tokens.obtain(caller, give) == "token-2"


async def test_token_of_other_credentials_is_not_used(caller: Caller[SeeitAccount], database: DatabaseThread) -> None:
    give = Giver()
    await tokens.obtain(caller, give)
    await age(61)
    other = SeeitAccount(name="polled", url="http://127.0.0.1:9", access_token="another")
    assert await tokens.obtain(Caller(other, caller.client, database), give) == "token-2"
    assert give.asked == ["", ""]


async def test_token_survives_a_database_restart(own_postgres: PostgresServer, database: DatabaseThread) -> None:
    give = Giver()
    async with open_client(ACCOUNT) as client:
        caller = Caller(ACCOUNT, client, database)
        await tokens.obtain(caller, give)
        await asyncio.to_thread(own_postgres.stop)
        await asyncio.to_thread(own_postgres.start)

        async def stored() -> str:
            with suppress(Transient):  # a new connection may take longer than it may
                return await tokens.obtain(caller, give)
            return ""

        assert await until(stored, what="the stored token") == "token-1"
