"""One source's mirror: link -> session -> State -> journal, for as long as it holds the lease.

Four intentions, one task each: listen (the dialogue, with back-off), write (the journal), keep (the lease and the
status), obey (control messages). Losing the lease ends all four; the mirror then waits for its next turn.
"""

import asyncio
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from django.db import Error as DatabaseError
from django.utils import timezone

from realtime import feed, store
from realtime.appliance import oauth
from realtime.appliance.link import Link, open_link
from realtime.backoff import Backoff
from realtime.bell import Bell
from realtime.change import Change
from realtime.database import DatabaseThread
from realtime.errors import Actor, CredentialsRefused, IllegalMessage, LeaseLost, LinkLost, who_acts
from realtime.journal import Journal
from realtime.leaps import ClockWatch
from realtime.observer import observe, observe_settled, observe_time
from realtime.rate import Rate
from realtime.rows import Oddities, RowDecoder
from realtime.sampling import minute_of, sample_waits
from realtime.schema import APPLIANCE_TABLES
from realtime.session import Phase, Send, Session, Settled, Step, Subscribed, Truncated
from realtime.source import Appliance
from realtime.state import State
from realtime.status import LinkState, LinkStatus
from realtime.store import Lease

KEEP_SECONDS = 2.0  # between two renewals of the lease, which lives 8 s
LEASE_POLL_SECONDS = 1.0
HANDSHAKE_SECONDS = 30.0  # to answer both our requests, once the websocket is open
SAMPLE_CONTACT = timedelta(minutes=1)  # a picture without news for longer is no sample of now
OPERATOR_RETRY_SECONDS = 30.0
BUG_RETRY_SECONDS = 5.0
DRAIN_SECONDS = 3.0
CLOCK_OFFSET_LIMIT_SECONDS = 10 * 365 * 86400.0  # `realtime.values.TIMESTAMP_LIMIT` leaves room for it

log = structlog.get_logger(__name__)


class Mirror:
    """Keeps one appliance's tables in the State, the models and the feed, until it is cancelled."""

    def __init__(self, appliance: Appliance, owner: str) -> None:
        self._appliance = appliance
        self._owner = owner
        self._log = log.bind(source=appliance.name)
        self._thread = DatabaseThread(f"database {appliance.name}")
        self._state = State()
        self._status = LinkStatus(appliance.name)
        self._decoder = RowDecoder(appliance.name, Oddities())
        self._message_rate = Rate()
        self._change_rate = Rate()
        self._resynchronise = Bell()
        self._link: Link | None = None
        self._sampled_minute = 0
        self._zone = timezone.get_default_timezone()

    async def run(self) -> None:
        """Mirror whenever the lease is ours. Only cancelling ends it."""
        try:
            while True:
                lease = await self._acquire()
                try:
                    await self._hold(lease)
                except* LeaseLost as lost:
                    self._log.warning("lease lost", reason=str(lost.exceptions[0]))
        finally:
            self._thread.close()

    async def _acquire(self) -> Lease:
        waits = False
        while True:
            try:
                lease = await self._thread.run(store.acquire_lease, self._appliance.name, self._owner)
                if lease:
                    await self._load()
                    self._log.info("lease taken", fence=lease.fence)
                    return lease
                if not waits:
                    self._log.info("another mirror holds the lease, waiting")
                    waits = True
            except DatabaseError as error:
                self._log.warning("database not reachable, trying again", error=type(error).__name__)
            await asyncio.sleep(LEASE_POLL_SECONDS)

    async def _load(self) -> None:
        copy = await self._thread.run(store.load, self._appliance.name)
        self._state = State()
        self._state.apply(self._state.difference(self._appliance.name, copy.rows))
        self._status = replace(copy.status, error="")
        self._decoder = RowDecoder(self._appliance.name, Oddities(copy.status.oddities))

    async def _hold(self, lease: Lease) -> None:
        journal = Journal(lease, self._thread)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(journal.run())
                tasks.create_task(self._keep(lease, journal))
                tasks.create_task(self._obey())
                tasks.create_task(self._listen(journal))
        except asyncio.CancelledError:
            await self._stand_down(lease, journal)
            raise

    async def _stand_down(self, lease: Lease, journal: Journal) -> None:
        """Write down what is still held, and give the lease back."""
        self._set_state(LinkState.STOPPED)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await journal.flush()
                await self._thread.run(store.release_lease, lease, self._status)
                await feed.publish_status(self._status)
        except (TimeoutError, DatabaseError, LeaseLost) as error:
            self._log.warning("lease not given back; it runs out by itself", error=type(error).__name__)

    async def _keep(self, lease: Lease, journal: Journal) -> None:
        clock = ClockWatch()
        while True:
            if leap := clock.leap():
                self._log.warning("our clock was set, the appliance's is measured anew", seconds=round(leap, 1))
                await self._subscribe_anew()
            elif self._status.state is LinkState.LIVE:
                now = self._appliance_now()
                self._note(observe_time(self._state, self._appliance.name, now, self._zone), journal)
            self._refresh_status(journal)
            if not journal.is_failing:  # rows that wait to be written must not pass for live: the lease runs out
                await self._renew(lease, journal)
            await asyncio.sleep(KEEP_SECONDS)

    async def _renew(self, lease: Lease, journal: Journal) -> None:
        try:
            await self._thread.run(store.renew_lease, lease, self._status, journal.seq)
            await self._sample(lease, journal)
        except DatabaseError as error:
            self._log.warning("lease not renewed, trying again", error=type(error).__name__)
        await feed.publish_status(self._status)

    async def _sample(self, lease: Lease, journal: Journal) -> None:
        """Note who waits, once a minute while the picture is current: what nobody saw stays unknown."""
        now, contact_at = datetime.now(UTC), self._status.last_contact_at
        is_current = self._status.state is LinkState.LIVE and contact_at and now - contact_at < SAMPLE_CONTACT
        if not is_current or minute_of(now) == self._sampled_minute:
            return
        waits = sample_waits(self._state, self._appliance_now())
        await self._thread.run(store.keep_sample, lease, minute_of(now), waits, journal.seq)
        self._sampled_minute = minute_of(now)

    def _refresh_status(self, journal: Journal) -> None:
        now = time.monotonic()
        self._status = replace(
            self._status,
            last_contact_at=self._link.last_contact_at if self._link else self._status.last_contact_at,
            messages_per_second=self._message_rate.per_second(self._status.message_count, now),
            changes_per_second=self._change_rate.per_second(self._status.change_count, now),
            oddities=dict(self._decoder.oddities.counts),
            commit_count=journal.tally.count,
            commit_rows=journal.tally.rows,
            commit_seconds=round(journal.tally.seconds, 4),
        )
        for name in self._decoder.oddities.take_unseen():
            self._log.warning("the appliance sent something this version does not know", what=name)

    async def _obey(self) -> None:
        async for message in feed.follow_group(feed.CONTROL_GROUP):
            if message.get("type") == "mirror.resynchronise" and message.get("source") == self._appliance.name:
                self._log.info("asked to resynchronise")
                await self._subscribe_anew()

    async def _subscribe_anew(self) -> None:
        self._resynchronise.ring()
        if self._link:
            await self._link.close()

    async def _listen(self, journal: Journal) -> None:
        backoff = Backoff(0.25, 10.0)
        while True:
            if self._status.state not in (LinkState.RETRYING, LinkState.REFUSED):  # they last until a copy begins
                self._set_state(LinkState.CONNECTING)
            try:
                await self._converse(journal, backoff)
            except Exception as error:  # every class is told apart in _wait_seconds
                await self._resynchronise.wait(self._wait_seconds(error, backoff))

    def _wait_seconds(self, error: Exception, backoff: Backoff) -> float:
        """Note an error that ended the dialogue; return how long to wait before the next one."""
        self._status = replace(self._status, error=self._sentence(error))
        if isinstance(error, IllegalMessage):
            self._status = replace(self._status, illegal_count=self._status.illegal_count + 1)
        match who_acts(error):
            case Actor.NOBODY:
                self._set_state(LinkState.RETRYING)
                wait_seconds = getattr(error, "retry_after_seconds", None) or backoff.next_seconds()
                self._log.warning("link lost", error=self._status.error, retry_seconds=round(wait_seconds, 1))
            case Actor.OPERATOR:
                self._set_state(LinkState.REFUSED)
                wait_seconds = OPERATOR_RETRY_SECONDS
                self._log.error("refused", error=self._status.error)
            case Actor.US:
                self._set_state(LinkState.RETRYING)
                wait_seconds = BUG_RETRY_SECONDS
                self._log.exception("a bug ended the dialogue", exc_info=error)
        return wait_seconds

    def _sentence(self, error: Exception) -> str:
        if who_acts(error) is Actor.US:
            return f"{self._appliance.name}: {type(error).__name__} inside the dashboard; the log has the details"
        text = str(error) or type(error).__name__
        return text if text.startswith(self._appliance.name) else f"{self._appliance.name}: {text}"

    async def _converse(self, journal: Journal, backoff: Backoff) -> None:
        """Hold one dialogue from the token to the end of the link, which always is an error."""
        token = await oauth.token(self._appliance, self._thread)
        async with open_link(self._appliance) as link:
            self._link = link
            self._status = replace(self._status, connection_count=self._status.connection_count + 1)
            session = Session(
                token,
                self._decoder,
                lambda: self._state.keys_of(self._appliance.name, APPLIANCE_TABLES),
                self._appliance.tables,
            )
            try:
                await link.send(session.start().message)
                await self._receive(link, session, journal, backoff)
            except CredentialsRefused as refused:
                if await oauth.reject(self._appliance, self._thread, token):
                    raise LinkLost("the token was no longer valid, a new one is asked for") from refused
                raise
            finally:
                self._refresh_status(journal)
                self._link = None

    async def _receive(self, link: Link, session: Session, journal: Journal, backoff: Backoff) -> None:
        handshake_ends = time.monotonic() + HANDSHAKE_SECONDS
        while True:
            is_open = session.phase in (Phase.COPYING, Phase.LIVE)
            due_at = session.due_at() if is_open else handshake_ends
            try:
                async with asyncio.timeout(None if due_at is None else max(0.0, due_at - time.monotonic())):
                    frame = await link.receive()
            except TimeoutError:
                if not is_open:
                    raise LinkLost(f"the appliance did not answer within {HANDSHAKE_SECONDS:g} s") from None
                steps = session.tick(time.monotonic())
            else:
                steps = session.receive(frame, time.monotonic())
            count = session.message_count
            for step in steps:
                await self._carry_out(step, link, journal)
                if isinstance(step, Settled):
                    backoff.reset()
            if session.message_count > count:
                self._count_messages(session.message_count - count)

    def _count_messages(self, count: int) -> None:
        self._status = replace(
            self._status, message_count=self._status.message_count + count, last_message_at=datetime.now(UTC)
        )

    async def _carry_out(self, step: Step, link: Link, journal: Journal) -> None:
        match step:
            case Change():
                self._apply(step, journal)
            case Send():
                await link.send(step.message)
            case Subscribed():
                self._status = replace(self._status, clock_offset_seconds=clock_offset(step.timestamp, time.time()))
                self._begin_copy(journal)
            case Truncated():
                self._begin_copy(journal)
            case Settled():
                name, now = self._appliance.name, self._appliance_now()
                self._note(observe_settled(self._state, name, now, self._zone), journal)
                self._status = replace(self._status, error="")
                self._set_state(LinkState.LIVE)

    def _apply(self, change: Change, journal: Journal) -> None:
        applied = self._state.apply(change)
        if not applied:
            return
        journal.add(applied)
        self._status = replace(self._status, change_count=self._status.change_count + applied.row_count)
        self._note(observe(self._state, applied, self._appliance_now(), self._zone), journal)

    def _note(self, observed: Change | None, journal: Journal) -> None:
        if observed:
            journal.add(self._state.apply(observed))

    def _appliance_now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._status.clock_offset_seconds or 0.0)

    def _begin_copy(self, journal: Journal) -> None:
        journal.begin_epoch(secrets.token_hex(4))
        self._set_state(LinkState.COPYING)

    def _set_state(self, state: LinkState) -> None:
        if state is not self._status.state:
            self._status = replace(self._status, state=state, state_since=datetime.now(UTC))
            self._log.info("link", state=state.value)


def clock_offset(timestamp: float | None, now: float) -> float | None:
    """Return how far the appliance's clock is ahead of ours, in seconds.

    A whole second stands for any moment within it, so its middle is the best guess. None for a clock that is further
    off than any real one: it tells nothing, and adding it to a date could overflow.
    """
    if timestamp is None:
        return None
    offset = timestamp + (0.5 if float(timestamp).is_integer() else 0.0) - now
    return offset if abs(offset) < CLOCK_OFFSET_LIMIT_SECONDS else None
