"""A poll's process that stands still in a transaction keeps its locks for less than a lease."""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from dashboard.models import Poll, PollRun
from dashboard.vendors import polling, storing
from dashboard.vendors.rows import Stored
from realtime import store
from realtime.change import Cause
from realtime.database import STANDSTILL_SECONDS
from realtime.status import LinkStatus
from realtime.store import Lease
from tests.services.database import standstill_limit

pytestmark = pytest.mark.usefixtures("each_database")

SOURCE = "camera"
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SESSION = Stored(f"{SOURCE}:1", {"vendor": "seeit", "external_id": "1", "digest": "a"}, {"id": "1"})


def save(lease: Lease) -> None:
    """Store a listed session."""
    storing.save(lease, [SESSION], Cause.LIVE, NOW)


def remove(lease: Lease) -> None:
    """Delete a session."""
    storing.remove(lease, [SESSION.key])


def write_outcome(lease: Lease) -> None:
    """Write down how a poll went."""
    run = PollRun(source=SOURCE, started_at=NOW, seconds=1.0)
    polling._write_outcome(run, NOW, NOW + timedelta(seconds=30), 0, lease, LinkStatus(SOURCE, poll_seconds=30.0))


@contextmanager
def limits_of_writes() -> Any:
    """Gather how long the transaction may stand still whenever a row is about to be written in one."""
    found: set[str] = set()

    def look(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        if connection.in_atomic_block and str(sql).lstrip().startswith(("INSERT", "UPDATE", "DELETE")):
            found.add(standstill_limit())
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield found


@pytest.mark.parametrize("write", [save, remove, write_outcome])
def test_no_row_is_locked_without_a_limit(write: Callable[[Lease], None]) -> None:
    lease = store.acquire_lease(SOURCE, "one", 30.0)
    assert lease is not None
    Poll.objects.create(source=SOURCE, due_at=NOW)

    with limits_of_writes() as found:
        write(lease)

    assert found == {f"{STANDSTILL_SECONDS}s" if connection.vendor == "postgresql" else "0"}
