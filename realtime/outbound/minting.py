"""Getting an account's token: the stored one, or a new one minted by whichever process has the turn (`tokens`)."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, RealtimeError, SourceBusy, Transient
from realtime.models import AccessToken
from realtime.outbound import tokens
from realtime.outbound.endpoint import Endpoint
from realtime.outbound.http import was_sent
from realtime.outbound.tokens import Move, Turn

LONGEST_WAIT_SECONDS = 35.0
POLL_SECONDS = 0.1
DEFAULT_LIFE_SECONDS = 3600.0  # what the vendors' documents say, for an answer that does not
LONGEST_LIFE_SECONDS = 24 * 3600.0
TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")

P = ParamSpec("P")
T = TypeVar("T")

Call = Callable[[str], Awaitable[tuple[str, timedelta]]]
"""Asks the vendor: takes what was kept before ("" for nothing), returns a new token and its life."""


async def obtain(endpoint: Endpoint, database: DatabaseThread, call: Call) -> str:
    """Return a token that should be valid for some minutes: the stored one, or a new one by one process.

    Raises CredentialsRefused, SourceBusy (with `retry_after_seconds`), or what `call` ended in.
    """
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        row = await in_database(endpoint, database, tokens.load, endpoint)
        now = timezone.now()
        turn = tokens.next_turn(row, tokens.opened(endpoint, row), now)
        match turn.move:
            case Move.USE:
                return turn.token
            case Move.MINT:
                if await in_database(endpoint, database, tokens.claim, row, now):
                    return await mint(endpoint, database, call, row, now)
            case Move.WAIT if time.monotonic() < deadline:
                await asyncio.sleep(POLL_SECONDS)
            case _:
                raise not_now(endpoint, turn)


async def mint(endpoint: Endpoint, database: DatabaseThread, call: Call, row: AccessToken, claimed_at: datetime) -> str:
    """Ask the vendor and store the outcome, also when it failed or we are being stopped."""
    try:
        new, life = await call(tokens.opened(endpoint, row) or "")
    except RealtimeError as error:
        if was_sent(error):
            refused_at = timezone.now() if isinstance(error, CredentialsRefused) else None
            await in_database(endpoint, database, tokens.give_up, row, claimed_at, refused_at)
        else:
            await in_database(endpoint, database, tokens.give_back, row, claimed_at)
        raise
    except BaseException:
        await in_database(endpoint, database, tokens.give_up, row, claimed_at, None)
        raise
    await in_database(endpoint, database, tokens.keep, endpoint, row, claimed_at, new, claimed_at + life)
    return new


async def in_database(
    endpoint: Endpoint, database: DatabaseThread, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a function of `tokens`, once more on a new connection if the old one was lost. Raises Transient."""
    try:
        return await database.run(function, *args, **kwargs)
    except (OperationalError, InterfaceError):
        pass
    try:
        return await database.run(function, *args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        raise Transient(f"{endpoint.name}: the database does not answer; the token is kept there.") from error


def not_now(endpoint: Endpoint, turn: Turn) -> RealtimeError:
    """Return the error for a token that may not be asked for yet."""
    if turn.move is Move.REFUSED:
        return CredentialsRefused(
            f"{endpoint.name}: {endpoint.noun} refused our credentials; they are tried again in {turn.seconds:.0f} s. "
            f"Check {endpoint.credentials}."
        )
    return SourceBusy(
        f"{endpoint.name}: a token was asked for twice within a minute; next in {turn.seconds:.0f} s.", turn.seconds
    )


def read_life(value: Any) -> timedelta:
    """Read `expires_in`, seconds, which may come as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = 0.0
    return timedelta(seconds=min(seconds, LONGEST_LIFE_SECONDS) if seconds > 0 else DEFAULT_LIFE_SECONDS)
