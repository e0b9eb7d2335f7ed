"""How code uses the database: on a thread of its own, at one moment, and never standing still in a transaction."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

STANDSTILL_SECONDS = 5
"""A transaction in which nothing happens for so long is broken off by PostgreSQL: a process that stands still in it, or
a machine that is gone, must not keep the next owner from the source's row. Nobody can do that for SQLite."""

LIMIT_STANDSTILL = {
    "sqlite": "NULL",
    "postgresql": f"SET_CONFIG('idle_in_transaction_session_timeout', '{STANDSTILL_SECONDS}s', TRUE)",  # until its end
}
"""What a transaction's first statement selects, by the connection's vendor."""

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThread:
    """One thread with its own database connection, for code on an event loop.

    A connection that failed is closed, so the next call opens a new one: a restarted database is survived.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call on the thread and return its result; its errors come through."""

        def guarded() -> T:
            try:
                return call(*args, **kwargs)
            except (OperationalError, InterfaceError):
                connection.close()
                raise

        return await asyncio.wrap_future(self._executor.submit(guarded))

    def close(self) -> None:
        """Close the connection and end the thread, after the calls already given."""
        self._executor.submit(lambda: connection.close())  # looked up there: `connection` is each thread's own
        self._executor.shutdown(wait=False)


@contextmanager
def short_transaction() -> Iterator[None]:
    """Write all or nothing; what stands still inside for STANDSTILL_SECONDS is broken off by PostgreSQL."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {LIMIT_STANDSTILL[connection.vendor]}")
        yield


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all reads inside see the database as of one moment, without keeping a writer waiting."""
    begin = "BEGIN" if connection.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)  # Django's own atomic() would take SQLite's write lock
        try:
            yield
        finally:
            cursor.execute("COMMIT")
