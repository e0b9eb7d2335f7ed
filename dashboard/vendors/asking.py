"""Asking a vendor because somebody looks or acts: with a time limit that holds whatever the vendor does.

The call runs on a thread of a small pool, so one that hangs (in a name look-up, say) keeps nobody else's page waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from dashboard.vendors.account import Account
from dashboard.vendors.caller import Caller
from realtime.database import DatabaseThread
from realtime.errors import LinkLost
from realtime.outbound.http import open_client

LIMIT_SECONDS = 8.0
GRACE_SECONDS = 1.0  # for a call that is being cancelled to say what it waited for
AT_ONCE = 8

Answer = TypeVar("Answer")

_POOL = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ask vendor")


def ask(account: Account, call: Callable[[Caller[Any]], Awaitable[Answer]], seconds: float = LIMIT_SECONDS) -> Answer:
    """Return what a call to a vendor answers. Raises a RealtimeError that says who acts; LinkLost after `seconds`."""
    asked = _POOL.submit(asyncio.run, _ask(account, call, seconds))
    try:
        return asked.result(seconds + GRACE_SECONDS)
    except TimeoutError as error:
        asked.cancel()
        raise LinkLost(f"{account.name}: no answer within {seconds:g} s. Try again later.") from error


async def _ask(account: Account, call: Callable[[Caller[Any]], Awaitable[Answer]], seconds: float) -> Answer:
    database = DatabaseThread(f"ask {account.name}")
    try:
        async with asyncio.timeout(seconds), open_client(account) as client:
            return await call(Caller(account, client, database))
    finally:
        database.close()
