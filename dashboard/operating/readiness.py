"""Whether a web process can serve: part by part, in words. They hold no address and no error text: anybody may ask."""

from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

REDIS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that serving rests on."""

    name: str
    is_ready: bool
    words: str


def unapplied_migrations() -> list[str]:
    """Return the names of the migrations that the database lacks. Raises DatabaseError."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def look_at_database() -> Part:
    """Ask the database which migrations it has."""
    try:
        missing = unapplied_migrations()
    except DatabaseError:
        return Part("database", False, "does not answer; see DATABASE_URL and the web process's log")
    if missing:
        return Part("database", False, f"lacks {len(missing)} migration(s); run manage.py migrate")
    return Part("database", True, "answers, all migrations are applied")


def open_redis() -> Redis:
    """Return a connection to Redis (or Valkey) that gives up soon."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


def look_at_redis() -> Part:
    """Ask Redis for a sign of life."""
    try:
        with open_redis() as redis:
            redis.ping()
    except (OSError, RedisError):
        return Part("redis", False, "does not answer; pages follow the database, more slowly, and nothing is polled")
    return Part("redis", True, "answers")


def look_at_state(is_loaded: bool) -> Part:
    """Say whether the process holds what the database holds."""
    words = "is read from the database" if is_loaded else "is not yet read from the database"
    return Part("state", is_loaded, words)
