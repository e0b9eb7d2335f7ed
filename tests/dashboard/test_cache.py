"""The cache with Redis, without it, and what stands in it."""

import pytest
import redis
from django.conf import settings
from django.core.cache import caches

from dashboard.cache import JsonSerializer
from tests.services.valkey import ValkeyServer


@pytest.mark.parametrize("is_up", [True, False])
def test_it_keeps_values_with_redis_and_without(valkey: ValkeyServer, is_up: bool) -> None:
    cache = caches["default"]
    if not is_up:
        valkey.stop()
    try:
        assert cache.add(f"steady-{is_up}", [1.5, 2], 60)
        assert not cache.add(f"steady-{is_up}", [3], 60)
        assert cache.get(f"steady-{is_up}") == [1.5, 2]
        cache.set(f"steady-{is_up}", [], 60)
        assert cache.get(f"steady-{is_up}", "nothing") == []
        assert cache.delete(f"steady-{is_up}")
        assert cache.get(f"steady-{is_up}", "nothing") == "nothing"
    finally:
        if not is_up:
            valkey.start()


def test_redis_holds_plain_json(valkey: ValkeyServer) -> None:
    caches["default"].set("plain", [1.5], 60)

    client = redis.Redis.from_url(settings.REDIS_URL)
    [key] = list(client.scan_iter("*plain"))

    assert client.get(key) == b"[1.5]"
    assert JsonSerializer().loads(b"[1.5]") == [1.5]
