"""The cache: Redis, and while that does not answer, this process's memory.

Limits on sign-ins stand in it, and which forms were sent (`dashboard.once`). So without Redis people still sign in, and
all of this still holds, but each web process knows of its own only and forgets with its end.
"""

import json
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

MEMORY_ENTRIES = 20_000

log = structlog.get_logger(__name__)


class JsonSerializer:
    """Values as JSON: whoever can write to Redis shall not be able to have us run code, as with pickled ones."""

    def __init__(self, protocol: int | None = None) -> None:
        """Take, and ignore, what Django hands to every serializer."""

    def dumps(self, value: Any) -> str:
        """Return a value as text."""
        return json.dumps(value)

    def loads(self, text: bytes) -> Any:
        """Return the value of a text."""
        return json.loads(text)


class SteadyCache(RedisCache):
    """Redis with a stand-in. What is read and written stays in one of both until Redis comes back or goes."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._memory = LocMemCache("steady", params | {"OPTIONS": {"MAX_ENTRIES": MEMORY_ENTRIES}})

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Set a value unless there is one."""
        return bool(self._try("add", key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return a value."""
        return self._try("get", key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Set a value."""
        self._try("set", key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        """Delete a value."""
        return bool(self._try("delete", key, version))

    def _try(self, name: str, *arguments: Any) -> Any:
        ask: Callable[..., Any] = getattr(super(), name)
        try:
            return ask(*arguments)
        except (RedisError, OSError) as error:
            log.warning(
                "limits on sign-ins and forms that were sent are known per process only: Redis does not answer",
                error=type(error).__name__,
            )
            return getattr(self._memory, name)(*arguments)
