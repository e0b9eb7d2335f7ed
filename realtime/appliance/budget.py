"""Our share of an API account's request limit, spent by all processes together.

The vendor allows 20 requests a second and 15,000 an hour per account (seed 004, "Request Rate Limits"); other programs
may use the same account, so ours stay below. The count is kept in Redis; without it each process keeps to a part.
"""

import asyncio
import hashlib
import time
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime.errors import BudgetSpent
from realtime.source import Appliance

LONGEST_WAIT_SECONDS = 2.0
SHARED_LIMITS: tuple[RateLimitItem, ...] = (RateLimitItemPerSecond(15), RateLimitItemPerHour(12_000))
ALONE_LIMITS: tuple[RateLimitItem, ...] = (RateLimitItemPerSecond(5), RateLimitItemPerHour(4_000))

log = structlog.get_logger(__name__)


async def spend(appliance: Appliance) -> None:
    """Take one request from the account's budget, waiting a moment if needed.

    Raises BudgetSpent with `retry_after_seconds` when the wait would be longer than 2 s.
    """
    account = account_key(appliance)
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while (wait := await asyncio.to_thread(take, account)) > 0:
        if time.monotonic() + wait > deadline:
            raise BudgetSpent(f"{appliance.name}: our share of the API's request limit is used up for now.", wait)
        await asyncio.sleep(wait)


def account_key(appliance: Appliance) -> str:
    """Name the API account: sources with the same one share its budget."""
    return hashlib.sha256(f"{appliance.url}\n{appliance.client_id}".encode()).hexdigest()[:32]


def take(account: str) -> float:
    """Take one request; return 0 when granted, else the seconds until the next may be had."""
    try:
        wait = take_from(shared_limiter(settings.REDIS_URL), SHARED_LIMITS, account)
    except redis.RedisError as error:
        warn_once(type(error).__name__)
        return take_from(own_limiter(), ALONE_LIMITS, account)
    warn_once.cache_clear()
    return wait


@lru_cache(maxsize=1)
def warn_once(reason: str) -> None:
    """Say that the budget is not shared, once for each outage."""
    log.warning("Redis is away: the request budget is not shared, each process keeps to a third", error=reason)


def take_from(limiter: MovingWindowRateLimiter, limits: tuple[RateLimitItem, ...], account: str) -> float:
    """Take one request within every limit, the same way as `take`."""
    for limit in limits:
        if not limiter.hit(limit, account):
            return max(limiter.get_window_stats(limit, account).reset_time - time.time(), 0.05)
    return 0.0


@lru_cache(maxsize=4)
def shared_limiter(url: str) -> MovingWindowRateLimiter:
    """Return the limiter on Redis; its calls end within a second whatever Redis does."""
    pool = redis.ConnectionPool.from_url(
        url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )
    return MovingWindowRateLimiter(RedisStorage(url, connection_pool=pool, key_prefix="dashboard-budget"))


@lru_cache(maxsize=1)
def own_limiter() -> MovingWindowRateLimiter:
    """Return this process's own limiter, for when Redis is away."""
    return MovingWindowRateLimiter(MemoryStorage())
