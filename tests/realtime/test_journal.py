"""The Journal: steps gather while a commit runs, nothing is lost, an epoch is written even without rows."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from channels.layers import get_channel_layer
from django.db import connection

from realtime import models, store
from realtime.change import Change
from realtime.database import DatabaseThread
from realtime.errors import LeaseLost
from realtime.journal import Journal
from realtime.state import State
from realtime.store import Copy, Lease
from tests.services.waiting import until

pytestmark = pytest.mark.usefixtures("valkey", "each_database")

SOURCE = "desk"


@pytest.fixture
async def thread() -> AsyncIterator[DatabaseThread]:
    """A database thread; in the end the connections to Valkey are closed."""
    thread = DatabaseThread("journal")
    yield thread
    thread.close()
    layer = get_channel_layer()
    assert layer is not None
    await layer.flush()


async def taken(thread: DatabaseThread) -> Lease:
    """Return the source's lease."""
    lease = await thread.run(store.acquire_lease, SOURCE, "test")
    assert lease is not None
    return lease


@asynccontextmanager
async def running(journal: Journal) -> AsyncIterator[asyncio.Task[None]]:
    """Run a Journal."""
    task = asyncio.create_task(journal.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, LeaseLost):
            await task


async def stored(thread: DatabaseThread, seq: int) -> Copy:
    """Wait for a sequence number and return what is stored then."""

    async def look() -> Copy | None:
        copy = await thread.run(store.load, SOURCE)
        return copy if copy.position.seq >= seq else None

    found = await until(look)
    assert found is not None
    return found


def step(state: State, number: int) -> Change:
    """Return the insertion of a queue and the deletion of the one before."""
    return Change(SOURCE, {"queue": {f"{SOURCE}:{number}": {"name": "a"}}}, {}, {"queue": [f"{SOURCE}:{number - 1}"]})


async def test_steps_gather_while_a_commit_runs(thread: DatabaseThread) -> None:
    journal, state = Journal(await taken(thread), thread), State()
    journal.begin_epoch("e1")
    async with running(journal):
        for number in range(200):
            journal.add(state.apply(step(state, number)))
            await asyncio.sleep(0)
        copy = await until(lambda: equal_copy(thread, state))
        assert copy is not None
        assert 1 <= copy.position.seq < 100
        assert copy.position.epoch == "e1"


async def equal_copy(thread: DatabaseThread, state: State) -> Copy | None:
    """Return what is stored if it equals a State."""
    copy = await thread.run(store.load, SOURCE)
    return copy if copy.rows == state.tables else None


async def test_epoch_is_written_even_without_rows(thread: DatabaseThread) -> None:
    journal = Journal(await taken(thread), thread)
    async with running(journal):
        journal.begin_epoch("e1")
        assert (await stored(thread, 1)).position.epoch == "e1"
        journal.begin_epoch("e2")
        assert (await stored(thread, 2)).position.epoch == "e2"


async def test_flush_writes_what_is_held(thread: DatabaseThread) -> None:
    journal, state = Journal(await taken(thread), thread), State()
    journal.add(state.apply(step(state, 1)))
    await journal.flush()
    await journal.flush()
    copy = await stored(thread, 1)
    assert (copy.rows, copy.position.seq) == (state.tables, 1)


async def test_a_batch_in_hand_when_the_journal_is_stopped_is_flushed(thread: DatabaseThread) -> None:
    journal, state, gate = Journal(await taken(thread), thread), State(), threading.Event()
    busy = asyncio.create_task(thread.run(gate.wait, 20))  # as a lease that is being renewed
    async with running(journal):
        journal.add(state.apply(step(state, 1)))
        await until(lambda: asyncio.sleep(0, not journal._batch), what="the batch in hand")
    gate.set()
    await busy
    await journal.flush()

    assert await equal_copy(thread, state)


async def test_a_batch_that_waits_to_be_tried_again_when_the_journal_is_stopped_is_flushed(
    thread: DatabaseThread,
) -> None:
    journal, state = Journal(await taken(thread), thread), State()
    await thread.run(rename_table, "realtime_queue", "realtime_elsewhere")
    async with running(journal):
        journal.add(state.apply(step(state, 1)))
        await until(lambda: asyncio.sleep(0, journal.is_failing))
    await thread.run(rename_table, "realtime_elsewhere", "realtime_queue")
    await journal.flush()

    assert await equal_copy(thread, state)


async def test_lost_lease_ends_the_journal_with_nothing_written(thread: DatabaseThread) -> None:
    journal, state = Journal(await taken(thread), thread), State()
    await thread.run(lambda: models.Link.objects.filter(source=SOURCE).update(owner="other", fence=77))
    async with running(journal) as task:
        journal.add(state.apply(step(state, 1)))
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(task, 10)
    assert (await stored(thread, 0)).position.seq == 0


async def test_database_that_went_back_ends_the_journal(thread: DatabaseThread) -> None:
    journal, state = Journal(await taken(thread), thread), State()
    for number in (1, 2):
        journal.add(state.apply(step(state, number)))
        await journal.flush()
    await thread.run(lambda: models.Link.objects.filter(source=SOURCE).update(seq=1))
    journal.add(state.apply(step(state, 3)))
    with pytest.raises(LeaseLost):
        await journal.flush()


async def test_commit_that_fails_is_tried_again_with_what_came_meanwhile(thread: DatabaseThread) -> None:
    """The table is out of the way at first, as after a restored backup; the link's row is not."""
    journal, state = Journal(await taken(thread), thread), State()
    await thread.run(rename_table, "realtime_queue", "realtime_elsewhere")
    async with running(journal):
        journal.add(state.apply(step(state, 1)))
        await asyncio.sleep(0)
        journal.add(state.apply(step(state, 3)))
        await until(lambda: asyncio.sleep(0, journal.is_failing))
        await thread.run(rename_table, "realtime_elsewhere", "realtime_queue")
        copy = await until(lambda: equal_copy(thread, state))
        await until(lambda: asyncio.sleep(0, not journal.is_failing))
    assert copy is not None
    assert copy.position.seq <= 2


def rename_table(name: str, to: str) -> None:
    """Rename a table, waiting for nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {to}")


async def test_it_counts_what_it_committed(thread: DatabaseThread) -> None:
    journal, state = Journal(await taken(thread), thread), State()
    journal.begin_epoch("e1")
    rows = {f"{SOURCE}:{number}": {"name": "a"} for number in range(3)}
    journal.add(state.apply(Change(SOURCE, {"queue": rows})))
    async with running(journal):
        await stored(thread, 1)

    assert (journal.tally.count, journal.tally.rows) == (1, 3)
    assert journal.tally.seconds > 0
