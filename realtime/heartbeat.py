"""Which processes run: each writes down every few seconds that it does, and whoever looks sees which kind is missing.

A worker writes when it carries out beat's tick, beat when it sends one, so both say that they work, not only that they
are there. The clock is the database's, which all processes share.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum

import structlog
from django.db import Error as DatabaseError
from django.db.models.functions import Now

from realtime.database import DatabaseThread
from realtime.models import Heartbeat

WRITE_SECONDS = 5.0
MISSING = timedelta(seconds=20)
FORGOTTEN = timedelta(days=1)

log = structlog.get_logger(__name__)


class Kind(StrEnum):
    """The kinds of processes, as the Procfile names them."""

    WEB = "web"
    MIRROR = "mirror"
    WORKER = "worker"
    BEAT = "beat"


def process_name(kind: Kind) -> str:
    """Return the name of this process; all processes of one worker are one."""
    number = os.getppid() if kind is Kind.WORKER else os.getpid()
    return f"{kind}@{socket.gethostname()[:60]}:{number}"


def write_heartbeat(kind: Kind) -> None:
    """Write down that this process runs. Synchronous; raises DatabaseError."""
    name = process_name(kind)
    if not Heartbeat.objects.filter(name=name).update(seen_at=Now()):
        Heartbeat.objects.update_or_create(
            name=name,
            defaults={"seen_at": Now()},
            create_defaults={"kind": kind, "started_at": Now(), "seen_at": Now()},
        )
        Heartbeat.objects.filter(seen_at__lt=Now() - FORGOTTEN).delete()


def running_kinds() -> set[str]:
    """Return the kinds of which at least one process was seen a moment ago. Synchronous; raises DatabaseError."""
    seen = Heartbeat.objects.filter(seen_at__gt=Now() - MISSING, seen_at__lt=Now() + MISSING)  # else: a clock set back
    return set(seen.values_list("kind", flat=True))


async def keep_heartbeat(kind: Kind) -> None:
    """Write down that this process runs until cancelled, on a database connection of its own."""
    thread = DatabaseThread(f"heartbeat {kind}")
    try:
        while True:
            with _tolerating():
                await thread.run(write_heartbeat, kind)
            await asyncio.sleep(WRITE_SECONDS)
    finally:
        thread.close()


@contextmanager
def _tolerating() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        log.warning("the heartbeat was not written, the database does not answer", error=type(error).__name__)
