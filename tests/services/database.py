"""Run a test's code on PostgreSQL instead of SQLite: the same alias, the same settings, another server."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asgiref.sync import SyncToAsync
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from dashboard.environment import database_settings
from dashboard.models.audit_entry import AuditEntry


def forget_connection() -> None:
    """Close this thread's connection, so that the next use opens one by the settings of then."""
    connection = connections["default"]
    if hasattr(connection, "close_pool"):
        connection.close()
        connection.close_pool()
    else:
        connection.close()
    del connections["default"]


@contextmanager
def default_database(url: str) -> Iterator[None]:
    """Make `default` mean another database, in every thread that opens a connection from now on."""
    before = connections.settings["default"]
    entry: dict[str, Any] = connections.configure_settings({"default": database_settings(url)})["default"]
    switch_to(entry)
    try:
        yield
    finally:
        switch_to(before)


def switch_to(entry: dict[str, Any]) -> None:
    """Drop the connections of the two threads that outlive a test, and set the settings for new ones."""
    SyncToAsync.single_thread_executor.submit(forget_connection).result()
    forget_connection()
    connections.settings["default"] = entry


def migrate() -> None:
    """Create the tables."""
    call_command("migrate", verbosity=0)


def make_sqlite(path: Path) -> None:
    """Make a SQLite database with our tables: migrated once for each worker, then copied."""
    template: Path = settings.FOLDER / "template.sqlite3"
    if not template.exists():
        with default_database(f"sqlite:///{template}"):
            migrate()
    shutil.copy(template, path)


def forget_audit() -> None:
    """Empty the audit log by the one way there is."""
    AuditEntry.objects.forget_before(datetime.max.replace(tzinfo=UTC))


def empty() -> None:
    """Delete every row of every table."""
    forget_audit()
    call_command("flush", verbosity=0, interactive=False)


def standstill_limit() -> str:
    """Return how long a transaction may stand still now; 0 is without end, as always on SQLite."""
    if connection.vendor == "sqlite":
        return "0"
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        limit: str = cursor.fetchone()[0]
    return limit
