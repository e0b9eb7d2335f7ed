"""OAuth client credentials: one token per source, shared by all processes, minted as seldom as can be.

An account may hold 30 valid tokens, one more silently ends the oldest (seed 004, "Create a Token"): a process that
minted in a loop would throw out everybody else's.
"""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar

import orjson
from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from realtime.appliance import tokens
from realtime.appliance.failures import refusal
from realtime.appliance.http import Answer, request, was_sent
from realtime.appliance.tokens import Move, Turn
from realtime.errors import ApplianceBusy, CredentialsRefused, Misconfigured, RealtimeError, Transient
from realtime.models import AccessToken
from realtime.source import Appliance

PATH = "/oauth2/token"
STEP = "asking for a token"
LIMIT_BYTES = 1024 * 1024
DEFAULT_LIFE_SECONDS = 3600.0  # what the vendor's document says, for an answer that does not
LONGEST_LIFE_SECONDS = 24 * 3600.0
TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
LONGEST_WAIT_SECONDS = 35.0
POLL_SECONDS = 0.1

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def token(appliance: Appliance) -> str:
    """Return a token that should be valid for some minutes: the stored one, or a new one by one process.

    Raises CredentialsRefused, ApplianceBusy (with `retry_after_seconds`), or what the request ended in.
    """
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        row = await in_database(appliance, tokens.load, appliance)
        now = timezone.now()
        turn = tokens.next_turn(row, tokens.opened(appliance, row), now)
        match turn.move:
            case Move.USE:
                return turn.token
            case Move.MINT:
                if await in_database(appliance, tokens.claim, row, now):
                    return await mint(appliance, row, now)
            case Move.WAIT if time.monotonic() < deadline:
                await asyncio.sleep(POLL_SECONDS)
            case _:
                raise not_now(appliance, turn)


async def reject(appliance: Appliance, refused: str) -> bool:
    """Forget a token that the appliance refused although its time was not over; nobody else's newer one is touched.

    Return whether `token` may give another at once. If not, the one refused was itself just minted: the credentials
    no longer work, and `token` raises CredentialsRefused until they may be tried again.
    """
    return await in_database(appliance, tokens.drop, appliance, refused, timezone.now())


async def mint(appliance: Appliance, row: AccessToken, claimed_at: datetime) -> str:
    """Call the token endpoint and store the outcome, also when it failed or we are being stopped."""
    try:
        new, life = await call(appliance)
    except RealtimeError as error:
        if was_sent(error):
            refused_at = timezone.now() if isinstance(error, CredentialsRefused) else None
            await in_database(appliance, tokens.give_up, row, claimed_at, refused_at)
        else:
            await in_database(appliance, tokens.give_back, row, claimed_at)
        raise
    except BaseException:
        await in_database(appliance, tokens.give_up, row, claimed_at, None)
        raise
    await in_database(appliance, tokens.keep, appliance, row, claimed_at, new, claimed_at + life)
    return new


async def call(appliance: Appliance) -> tuple[str, timedelta]:
    """Return a new token and its life."""
    answer = await request(
        appliance,
        "POST",
        PATH,
        STEP,
        limit_bytes=LIMIT_BYTES,
        data={"grant_type": "client_credentials"},
        auth=(appliance.client_id, appliance.client_secret),
    )
    if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise credentials_refused(appliance)
    if answer.status != HTTPStatus.OK:
        raise refusal(appliance, STEP, answer.status, answer.headers.get("Retry-After"))
    return read_token(appliance, answer)


def read_token(appliance: Appliance, answer: Answer) -> tuple[str, timedelta]:
    """Read a successful answer. Raises CredentialsRefused or Misconfigured; neither quotes it."""
    try:
        body: Any = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, dict) and body.get("error"):
        raise credentials_refused(appliance)
    new = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(new, str) or not TOKEN.fullmatch(new):
        raise Misconfigured(f"{appliance.name}: {appliance.url}{PATH} answers, but not with a token; check url.")
    return new, timedelta(seconds=life_seconds(body.get("expires_in")))


def life_seconds(value: Any) -> float:
    """Read `expires_in`, a number that may come as text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return DEFAULT_LIFE_SECONDS
    return min(seconds, LONGEST_LIFE_SECONDS) if seconds > 0 else DEFAULT_LIFE_SECONDS


def credentials_refused(appliance: Appliance) -> CredentialsRefused:
    """Return the error for a client id and secret that gave no token."""
    return CredentialsRefused(
        f"{appliance.name}: the appliance refuses client_id and client secret; copy both again from "
        "/login > Management > API Configuration."
    )


def not_now(appliance: Appliance, turn: Turn) -> RealtimeError:
    """Return the error for a token that may not be asked for yet."""
    if turn.move is Move.REFUSED:
        return CredentialsRefused(
            f"{appliance.name}: the appliance refused our credentials; they are tried again in {turn.seconds:.0f} s. "
            "Check client_id and client secret."
        )
    return ApplianceBusy(
        f"{appliance.name}: a token was asked for twice within a minute; next in {turn.seconds:.0f} s.", turn.seconds
    )


async def in_database(
    appliance: Appliance, function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Run a function in the database thread, once more on a new connection if the old one was lost."""
    run = database_sync_to_async(function)
    try:
        return await run(*args, **kwargs)
    except (OperationalError, InterfaceError):
        pass
    try:
        return await run(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        raise Transient(f"{appliance.name}: the database does not answer; the token is kept there.") from error
