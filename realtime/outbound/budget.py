"""Our share of an API account's request limit, spent by all processes together.

The vendors limit requests per account and other programs may use the same one, so ours stay below (`Endpoint.pace`).
The count is kept in Redis; without it each process keeps to a part.
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
from realtime.outbound.endpoint import Endpoint, Pace

LONGEST_WAIT_SECONDS = 2.0

log = structlog.get_logger(__name__)


async def spend(endpoint: Endpoint) -> None:
    """Take one request from the account's budget, waiting a moment if needed.

    Raises BudgetSpent with `retry_after_seconds` when the wait would be longer than 2 s.
    """
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while (wait := await asyncio.to_thread(take, endpoint)) > 0:
        if time.monotonic() + wait > deadline:
            raise BudgetSpent(f"{endpoint.name}: our share of the API's request limit is used up for now.", wait)
        await asyncio.sleep(wait)


def account_key(endpoint: Endpoint) -> str:
    """Name the API account: sources with the same one share its budget."""
    return hashlib.sha256(endpoint.account.encode()).hexdigest()[:32]


def take(endpoint: Endpoint) -> float:
    """Take one request; return 0 when granted, else the seconds until the next may be had."""
    account = account_key(endpoint)
    try:
        wait = take_from(shared_limiter(settings.REDIS_URL), limits_of(endpoint.pace), account)
    except redis.RedisError as error:
        warn_once(type(error).__name__)
        return take_from(own_limiter(), limits_of(endpoint.pace.alone), account)
    warn_once.cache_clear()
    return wait


def left_this_hour(endpoint: Endpoint) -> int | None:
    """Return how many requests of the hour's share are left; None while nobody counts for all processes."""
    hourly = limits_of(endpoint.pace)[-1]
    try:
        return shared_limiter(settings.REDIS_URL).get_window_stats(hourly, account_key(endpoint)).remaining
    except redis.RedisError:
        return None


def limits_of(pace: Pace) -> tuple[RateLimitItem, ...]:
    """Return a pace as the limiter's limits."""
    return (RateLimitItemPerSecond(pace.per_second), RateLimitItemPerHour(pace.per_hour))


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
