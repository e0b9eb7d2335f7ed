"""From the mirror's State to the models and the other processes: one commit and one publication per batch.

Steps gather while the last batch is being committed (natural batching, no fixed window), so whoever adds never waits.
A commit that fails is tried again with back-off and everything that came meanwhile; nothing is lost but time.
"""

import asyncio
import time
from dataclasses import dataclass

import structlog
from django.db import Error as DatabaseError

from realtime import feed, store
from realtime.backoff import Backoff
from realtime.bell import Bell
from realtime.change import Applied, Batch, Change
from realtime.database import DatabaseThread
from realtime.feed import Published
from realtime.store import Lease, Position

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What a journal has committed: batches, rows in them, and the seconds that the commits took."""

    count: int = 0
    rows: int = 0
    seconds: float = 0.0


class Journal:
    """Writes one source's steps down, in order."""

    def __init__(self, lease: Lease, thread: DatabaseThread) -> None:
        self.epoch = ""
        self.seq = 0  # of the last commit
        self.is_failing = False  # the last try to commit went wrong
        self.tally = Tally()
        self._lease = lease
        self._thread = thread
        self._batch = Batch(lease.source)
        self._wake = Bell()
        self._epoch_written = ""

    def add(self, applied: Applied) -> None:
        """Take in a step. Returns at once."""
        self._batch.add(applied)
        self._wake.ring()

    def begin_epoch(self, epoch: str) -> None:
        """Name a new unbroken history; written with the next batch, which may be empty."""
        self.epoch = epoch
        self._wake.ring()

    async def run(self) -> None:
        """Write until cancelled. Raises LeaseLost."""
        while True:
            await self._wake.wait()
            if self._batch or self.epoch != self._epoch_written:
                await self._write(self._batch.take(), self.epoch)

    async def flush(self) -> None:
        """Write what is still held, after `run` was cancelled. Raises LeaseLost."""
        if self._batch:
            await self._write(self._batch.take(), self.epoch)

    async def _write(self, change: Change, epoch: str) -> None:
        backoff = Backoff(0.1, 2.0)
        while True:
            began = time.monotonic()
            try:
                self.seq = await self._thread.run(store.commit, self._lease, change, epoch, self.seq)
                break
            except asyncio.CancelledError:
                self._batch.add_older(change)  # for `flush`; whole rows written twice are the same rows
                raise
            except DatabaseError as error:
                self.is_failing = True
                log.warning("commit failed, trying again", source=self._lease.source, error=type(error).__name__)
                self._batch.add_older(change)
                await asyncio.sleep(backoff.next_seconds())
                change, epoch = self._batch.take(), self.epoch
        self.is_failing = False
        self._count(change, time.monotonic() - began)
        self._epoch_written = epoch
        await feed.publish_change(Published(self._lease.source, Position(epoch, self.seq), change))

    def _count(self, change: Change, seconds: float) -> None:
        self.tally.count += 1
        self.tally.rows += sum(map(len, change.inserts.values())) + sum(map(len, change.deletes.values()))
        self.tally.seconds += seconds
