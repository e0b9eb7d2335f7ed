"""Which processes should run and do not, in words that say who acts. Every page shows it (`parts/_processes.html`)."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

import structlog
from django.db import Error as DatabaseError

from dashboard.sources import Source, SourcesRefused, configured_sources
from dashboard.vendors.account import Account
from realtime.database import DatabaseThread
from realtime.heartbeat import MISSING, Kind, keep_heartbeat, running_kinds

LOOK_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Missing:
    """A kind of process that should run: what its absence means, and what an operator does."""

    kind: Kind
    words: str
    action: str


MISSED = {
    one.kind: one
    for one in (
        Missing(Kind.WEB, "No web process is running.", "An operator starts it: python -m dashboard.serve"),
        Missing(
            Kind.MIRROR,
            "No mirror process is running, so what the appliances say no longer arrives.",
            "An operator starts it: python manage.py runmirror",
        ),
        Missing(
            Kind.WORKER,
            "No worker process answers, so no vendor is polled.",
            "An operator looks at Redis, then starts it: celery -A dashboard.celery worker",
        ),
        Missing(
            Kind.BEAT,
            "No beat process is running, so no poll is started.",
            "An operator starts it: celery -A dashboard.celery beat",
        ),
    )
}


def needed_kinds(sources: Collection[Source]) -> tuple[Kind, ...]:
    """Return the kinds of processes that these sources need, beside web."""
    is_polled = any(isinstance(one, Account) and one.is_enabled for one in sources)
    is_mirrored = any(not isinstance(one, Account) for one in sources)
    return ((Kind.MIRROR,) if is_mirrored else ()) + ((Kind.WORKER, Kind.BEAT) if is_polled else ())


def missing_kinds(needed: Collection[Kind], running: Collection[str]) -> tuple[Kind, ...]:
    """Return what is missing. Of workers nothing is known while no beat runs: they answer its ticks."""
    missing = tuple(kind for kind in needed if kind not in running)
    return tuple(kind for kind in missing if kind is not Kind.WORKER or Kind.BEAT not in missing)


def missing_processes() -> tuple[Missing, ...]:
    """Return what should run and was not seen a moment ago. Synchronous; raises DatabaseError."""
    try:
        needed = needed_kinds(configured_sources())
    except SourcesRefused:
        return ()  # `manage.py check` and the processes themselves say so
    return tuple(MISSED[kind] for kind in missing_kinds(needed, running_kinds()))


class Attendance:
    """In each web process: writes down that it runs, and keeps `missing` current. What just starts gets its time."""

    def __init__(self, grace_seconds: float = MISSING.total_seconds()) -> None:
        self.missing: tuple[Missing, ...] = ()
        self._grace_seconds = grace_seconds
        self._thread = DatabaseThread("attendance")

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_heartbeat(Kind.WEB))
                tasks.create_task(self._look_regularly())
        finally:
            self._thread.close()

    async def _look_regularly(self) -> None:
        await asyncio.sleep(self._grace_seconds)
        while True:
            try:
                self.missing = await self._thread.run(missing_processes)
            except DatabaseError as error:
                log.warning("missing processes not looked up", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)
