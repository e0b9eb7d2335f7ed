"""One poll of one source: list, keep what is new or changed page by page, find what vanished, say how it went.

The source's lease (`realtime.store`) lets one poll at a time write; it is renewed while the poll is at work and runs
out by itself when the worker is killed. What a broken-off listing brought is kept; the next poll goes on from there.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.utils import timezone

from dashboard.models import Poll, PollRun
from dashboard.vendors import schedule, storing
from dashboard.vendors.account import Account
from dashboard.vendors.base import Capability, Listed, Vendor, Window
from dashboard.vendors.caller import Caller
from dashboard.vendors.rows import stored_form
from dashboard.vendors.storing import Saved, Unfinished
from realtime import feed, store
from realtime.change import Cause
from realtime.database import DatabaseThread, short_transaction
from realtime.errors import Actor, LeaseLost, RealtimeError, Transient, who_acts
from realtime.outbound import budget
from realtime.outbound.http import open_client
from realtime.schema import row_key
from realtime.status import LinkState, LinkStatus
from realtime.store import Lease
from realtime.vendor_session import State

OVERLAP = timedelta(hours=1)  # listed again each time, for what a vendor tells late
AHEAD = timedelta(days=31)  # what is planned
MARGIN = timedelta(minutes=1)
WHOLE_POLL_SECONDS = 240.0
RENEW_SECONDS = 2.0
LOOKED_UP = 50  # sessions of one poll
KEPT_RUNS = timedelta(days=2)
GIVEN_UP_AFTER = 3  # failures in a row at the same place: the listing begins anew

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What one poll did so far."""

    pages: int = 0
    listed: int = 0
    new: int = 0
    changed: int = 0
    vanished: int = 0
    seen: set[str] = field(default_factory=set)


async def poll(account: Account, vendor: Vendor[Any], owner: str, due_at: datetime) -> None:
    """Poll a source unless somebody else is at it. `owner` names this run. Whatever happens is written down."""
    database = DatabaseThread(f"poll {account.name}")
    try:
        lease = await database.run(store.acquire_lease, account.name, owner, account.interval_seconds)
        if lease is not None:
            await SourcePoll(account, vendor, lease, database, due_at).run()
    except LeaseLost:
        log.info("another worker polls this source now", source=account.name)
    finally:
        database.close()


class SourcePoll:
    """A poll at work, holding the lease."""

    def __init__(
        self, account: Account, vendor: Vendor[Any], lease: Lease, database: DatabaseThread, due_at: datetime
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._lease = lease
        self._database = database
        self._due_at = due_at
        self._tally = Tally()
        self._status = LinkStatus(account.name)

    async def run(self) -> None:
        """List, and write down how it went. Raises LeaseLost."""
        started_at, clock = timezone.now(), time.monotonic()
        self._status = (await self._database.run(store.load_statuses))[self._account.name]
        keeping = asyncio.create_task(self._keep_lease())
        error: BaseException | None = None
        try:
            async with asyncio.timeout(WHOLE_POLL_SECONDS):
                await self._list()
        except LeaseLost:
            raise
        except TimeoutError:
            error = Transient(f"{self._account.name}: the poll took longer than {WHOLE_POLL_SECONDS:.0f} s.")
        except (RealtimeError, DatabaseError) as caught:
            error = caught
        except Exception as caught:
            log.exception("a bug broke a poll off", source=self._account.name)
            error = caught
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
        await self._finish(started_at, time.monotonic() - clock, error)

    async def _list(self) -> None:
        state = await self._database.run(Poll.objects.get, source=self._account.name)
        held = await self._database.run(storing.unfinished, self._account.name)
        now = timezone.now()
        window, cursor = _plan(self._account, state, (one.since for one in held.values()), now)
        async with open_client(self._account) as client:
            caller = Caller(self._account, client, self._database)
            cause = Cause.LIVE if state.covered_until else Cause.COPY
            async for page in self._vendor.list_sessions(caller, window, cursor):
                await self._keep(page.sessions, cause)
                self._tally.pages += 1
                await self._database.run(_note_cursor, self._account.name, window, page.cursor)
            if not cursor:  # a listing taken up in the middle does not tell what vanished
                await self._settle_vanished(caller, window, held)
        await self._tell(await self._database.run(storing.prune, self._lease, now - self._account.keep))
        covered_until = window.end - AHEAD if cursor else now  # what was taken up again lists nothing newer for sure
        await self._database.run(_note_covered, self._account.name, covered_until)

    async def _keep(self, sessions: Iterable[Listed], cause: Cause) -> None:
        """Store what is new or changed of these, and tell it."""
        stored = [stored_form(self._account.name, self._account.vendor, one) for one in sessions]
        self._tally.listed += len(stored)
        self._tally.seen.update(one.key for one in stored)
        saved = await self._database.run(storing.save, self._lease, stored, cause, timezone.now())
        self._tally.new += saved.new
        self._tally.changed += saved.changed
        await self._tell(saved)

    async def _settle_vanished(self, caller: Caller[Any], window: Window, held: Mapping[str, Unfinished]) -> None:
        """Ask for sessions that should have been listed and were not; those nobody knows any more become unknown.

        Somebody who only waited, at no known time, was answered or left: such a row is taken away.
        """
        missing = {key: one for key, one in held.items() if key not in self._tally.seen}
        if missing and Capability.LOOK_UP in self._vendor.capabilities:
            asked = [one.external_id for one in missing.values()][:LOOKED_UP]
            found = await self._vendor.look_up(caller, asked)
            await self._keep(found.values(), Cause.LIVE)
            answered = {row_key(self._account.name, external_id) for external_id in asked}
            missing = {key: one for key, one in missing.items() if key in answered and key not in self._tally.seen}
        gone = [key for key, one in missing.items() if _must_be_listed(one, window)]
        passing = {key for key in gone if _is_passing(missing[key])}
        unknown = [key for key in gone if key not in passing]
        for settle, keys in ((storing.remove, list(passing)), (storing.mark_unknown, unknown)):
            saved = await self._database.run(settle, self._lease, keys)
            self._tally.vanished += saved.changed
            await self._tell(saved)

    async def _tell(self, saved: Saved) -> None:
        if saved.published is not None:
            await feed.publish_change(saved.published)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._database.run(store.renew_lease, self._lease, self._status)
                await self._database.run(_renew_claim, self._account.name)
            except (LeaseLost, DatabaseError) as error:
                log.warning("the lease was not renewed", source=self._account.name, error=type(error).__name__)

    async def _finish(self, started_at: datetime, seconds: float, error: BaseException | None) -> None:
        """Write down how it went and when the next poll is due, and tell it. Raises LeaseLost."""
        now = timezone.now()
        failures = await self._database.run(_failures_before, self._account.name) + 1 if error else 0
        due_at = schedule.next_due(self._account, self._due_at, now)
        if error:
            due_at = now + timedelta(seconds=schedule.pause_seconds(self._account, error, failures))
        self._status = self._next_status(error, now, due_at)
        run = self._describe(started_at, seconds, error)
        run.budget_left = await asyncio.to_thread(budget.left_this_hour, self._account)
        await self._database.run(_write_outcome, run, self._due_at, due_at, failures, self._lease, self._status)
        await feed.publish_status(self._status)
        log.info(
            "polled",
            source=self._account.name,
            seconds=round(seconds, 3),
            listed=run.listed,
            new=run.new,
            changed=run.changed,
            error=run.error,
        )

    def _next_status(self, error: BaseException | None, now: datetime, due_at: datetime) -> LinkStatus:
        tally, old = self._tally, self._status
        state = LinkState.LIVE
        if error:
            state = LinkState.REFUSED if who_acts(error) is Actor.OPERATOR else LinkState.RETRYING
        altered = tally.new + tally.changed + tally.vanished
        return replace(
            old,
            state=state,
            state_since=old.state_since if state is old.state else now,
            error=_sentence(self._account.name, error),
            last_contact_at=old.last_contact_at if error else now,
            last_message_at=now if altered else old.last_message_at,
            message_count=old.message_count + 1,
            change_count=old.change_count + altered,
            connection_count=old.connection_count + tally.pages,
            next_poll_at=due_at,
        )

    def _describe(self, started_at: datetime, seconds: float, error: BaseException | None) -> PollRun:
        tally = self._tally
        return PollRun(
            source=self._account.name,
            started_at=started_at,
            seconds=round(seconds, 3),
            pages=tally.pages,
            listed=tally.listed,
            new=tally.new,
            changed=tally.changed,
            vanished=tally.vanished,
            error=_sentence(self._account.name, error),
        )


def _plan(account: Account, poll: Poll, began: Iterable[datetime | None], now: datetime) -> tuple[Window, str]:
    """Return what to list, and from where on: what broke off goes on, else everything since the last whole listing.

    Sessions that still go on are listed again from the oldest of them, as far back as the history reaches.
    """
    if poll.cursor and poll.window_start and poll.window_end and poll.failures < GIVEN_UP_AFTER:
        return Window(poll.window_start, poll.window_end), poll.cursor
    earliest = now - account.history
    since = min(poll.covered_until, now) - OVERLAP if poll.covered_until else earliest  # our clock may be set back
    oldest = min((one - MARGIN for one in began if one is not None and one >= earliest), default=since)
    return Window(min(since, oldest), now + AHEAD), ""


def _must_be_listed(one: Unfinished, window: Window) -> bool:
    """Whether a session belongs to the window's listing: what is planned always does."""
    return one.state == State.SCHEDULED or one.since is None or one.since >= window.start


def _is_passing(one: Unfinished) -> bool:
    """Whether a row is no more than a place in a list of who waits: nothing else will ever be told of it."""
    return one.state == State.WAITING and one.since is None


def _sentence(source: str, error: BaseException | None) -> str:
    match error:
        case None:
            return ""
        case RealtimeError():
            return str(error)
        case DatabaseError():
            return f"{source}: the database did not answer during the poll ({type(error).__name__})."
        case _:
            return f"{source}: a bug of ours broke the poll off ({type(error).__name__}); the worker's log has it."


def _note_cursor(source: str, window: Window, cursor: str) -> None:
    Poll.objects.filter(source=source).update(window_start=window.start, window_end=window.end, cursor=cursor)


def _note_covered(source: str, until: datetime) -> None:
    Poll.objects.filter(source=source).update(covered_until=until, cursor="")


def _renew_claim(source: str) -> None:
    Poll.objects.filter(source=source).update(claimed_until=timezone.now() + schedule.CLAIM)


def _failures_before(source: str) -> int:
    return Poll.objects.values_list("failures", flat=True).get(source=source)


def _write_outcome(
    run: PollRun, was_due_at: datetime, due_at: datetime, failures: int, lease: Lease, status: LinkStatus
) -> None:
    """Write the run, the next due time (unless somebody asked for another meanwhile) and the status; end the lease.

    All or nothing: a worker killed in between would have the same poll done twice. Raises LeaseLost.
    """
    with short_transaction():
        store.release_lease(lease, status)
        run.save()
        PollRun.objects.filter(source=run.source, started_at__lt=run.started_at - KEPT_RUNS).delete()
        polls = Poll.objects.filter(source=run.source)
        polls.update(failures=failures, claimed_until=None, polled_at=run.started_at)
        polls.filter(due_at=was_due_at).update(due_at=due_at)
