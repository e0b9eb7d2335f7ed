"""OAuth client credentials: one token per source, shared by all processes, minted as seldom as can be.

An account may hold 30 valid tokens, one more silently ends the oldest (seed 004, "Create a Token"): a process that
minted in a loop would throw out everybody else's.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import orjson
from django.utils import timezone

from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, Misconfigured
from realtime.outbound import tokens
from realtime.outbound.failures import refusal
from realtime.outbound.http import Answer, request
from realtime.outbound.minting import TOKEN, in_database, obtain, read_life
from realtime.source import Appliance

PATH = "/oauth2/token"
STEP = "asking for a token"
LIMIT_BYTES = 1024 * 1024


async def token(appliance: Appliance, database: DatabaseThread) -> str:
    """Return a token that should be valid for some minutes: the stored one, or a new one by one process.

    Raises CredentialsRefused, SourceBusy (with `retry_after_seconds`), or what the request ended in.
    """
    return await obtain(appliance, database, lambda _: call(appliance))


async def reject(appliance: Appliance, database: DatabaseThread, refused: str) -> bool:
    """Forget a token that the appliance refused although its time was not over; nobody else's newer one is touched.

    Return whether `token` may give another at once. If not, the one refused was itself just minted: the credentials
    no longer work, and `token` raises CredentialsRefused until they may be tried again.
    """
    return await in_database(appliance, database, tokens.drop, appliance, refused, timezone.now())


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
    return new, read_life(body.get("expires_in"))


def credentials_refused(appliance: Appliance) -> CredentialsRefused:
    """Return the error for a client id and secret that gave no token."""
    return CredentialsRefused(
        f"{appliance.name}: the appliance refuses client_id and client secret; copy both again from "
        "/login > Management > API Configuration."
    )
