"""What a vendor gave for an account's credentials (an OAuth token, a cookie): shared by all processes, kept sealed.

At most two are asked for in a minute, and one in 30 s while the credentials are refused (`realtime.outbound.tokens`).
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from dashboard.vendors.caller import Caller
from realtime.models import AccessToken
from realtime.outbound import minting, tokens
from realtime.outbound.endpoint import Endpoint

YOUNG = timedelta(minutes=1)


async def obtain(caller: Caller[Any], call: minting.Call) -> str:
    """Return the account's token. Where none is good for some minutes, one process asks the vendor with `call`.

    `call` gets what was kept before ("" for nothing) and returns a new token and its life. Raises CredentialsRefused,
    SourceBusy (with `retry_after_seconds`), or what `call` ended in.
    """
    return await minting.obtain(caller.account, caller.database, call)


async def reject(caller: Caller[Any], token: str, young: timedelta = YOUNG) -> bool:
    """Let a token be over that the vendor refused before its time. Return whether `obtain` has another to offer.

    A `young` one stays: it is not the token's fault, and another would be refused as well.
    """
    account = caller.account
    return await minting.in_database(account, caller.database, expire_unless_young, account, token, young)


def expire_unless_young(endpoint: Endpoint, token: str, young: timedelta) -> bool:
    """Let this token be over unless it is young; return whether another one may help."""
    row: AccessToken = tokens.load(endpoint)
    if tokens.opened(endpoint, row) != token:
        return True
    now = timezone.now()
    if row.minted_at and now - young < row.minted_at <= now:
        return False
    tokens.expire(endpoint, token, now)
    return True
