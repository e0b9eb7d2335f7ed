"""Celery's tasks, thin: what they do stands in `dashboard.vendors`."""

import asyncio
import os
import secrets
import socket
import time
from datetime import datetime
from functools import lru_cache

import structlog
from celery import shared_task
from celery.signals import before_task_publish
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from dashboard.sources import SourcesRefused, configured_accounts
from dashboard.vendors import polling, schedule
from dashboard.vendors.registry import VENDORS
from dashboard.vendors.switched import mark_switched_off
from realtime.heartbeat import WRITE_SECONDS, Kind, write_heartbeat

log = structlog.get_logger(__name__)
_said_at: dict[Kind, float] = {}


@before_task_publish.connect(sender="dashboard.tick")
def note_sending(**_signal: object) -> None:
    """Only beat sends ticks, so this runs in beat."""
    say_alive(Kind.BEAT)


def say_alive(kind: Kind) -> None:
    """Write down, every few seconds, that a process of this kind works."""
    now = time.monotonic()
    if now - _said_at.get(kind, -WRITE_SECONDS) < WRITE_SECONDS:
        return
    _said_at[kind] = now
    try:
        write_heartbeat(kind)
    except DatabaseError as error:
        log.warning("the heartbeat was not written, the database does not answer", error=type(error).__name__)
    finally:
        close_old_connections()  # back to the pool; a restarted database is met with a new one


@shared_task(name="dashboard.tick", expires=schedule.TICK.total_seconds())
def tick() -> None:
    """Claim the sources that are due before the next tick, and send a task for each."""
    say_alive(Kind.WORKER)
    try:
        accounts = configured_accounts()
        mark_switched_off(accounts)
        claims = schedule.claim_due(accounts, timezone.now())
    except SourcesRefused as error:
        warn_once(str(error))
        return
    except DatabaseError as error:
        connection.close()  # a restarted database is met with a new connection
        log.warning("database not reachable, nothing is claimed", error=type(error).__name__)
        return
    warn_once.cache_clear()
    for claim in claims:
        wait = (claim.due_at - timezone.now()).total_seconds()
        poll_source.apply_async(
            (claim.source, claim.due_at.isoformat()),
            countdown=max(0.0, wait),
            expires=max(0.0, wait) + schedule.CLAIM.total_seconds(),
        )


@shared_task(name="dashboard.poll_source")
def poll_source(source: str, due_at: str) -> None:
    """Poll one source."""
    account = next((one for one in configured_accounts() if one.name == source and one.is_enabled), None)
    if account is None:
        log.info("not polled, it is not configured any more", source=source)
        return
    owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
    with bound_contextvars(source=source, poll=secrets.token_hex(8)):
        asyncio.run(polling.poll(account, VENDORS[account.vendor], owner, datetime.fromisoformat(due_at)))


@lru_cache(maxsize=1)
def warn_once(problem: str) -> None:
    """Say what is wrong with sources.toml once, not each second."""
    log.error("sources.toml cannot be used, nothing is polled", problem=problem)
