"""A Replica ends equal to the database, whatever the feed loses, repeats or mixes up; and tells no reload as news."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from channels.layers import get_channel_layer
from django.utils import timezone

from realtime import feed, models, store
from realtime import replica as replica_module
from realtime.change import Applied, Cause, Change, Fields
from realtime.database import DatabaseThread
from realtime.feed import Published
from realtime.replica import Replica
from realtime.state import State
from realtime.status import LinkState
from realtime.store import Lease, Position
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

pytestmark = pytest.mark.usefixtures("valkey", "each_database")

SOURCE = "desk"


class Writer:
    """A mirror reduced to its commits and publications."""

    def __init__(self) -> None:
        self.thread = DatabaseThread("writer")
        self.epoch = "e1"
        self._lease: Lease | None = None

    async def commit(self, change: Change) -> Published:
        """Write a change; return what is to be published."""
        if self._lease is None:
            self._lease = await self.thread.run(store.acquire_lease, SOURCE, "writer")
        assert self._lease is not None
        seq = await self.thread.run(store.commit, self._lease, change, self.epoch)
        return Published(SOURCE, Position(self.epoch, seq), change)

    async def write(self, change: Change) -> None:
        """Write and publish."""
        await feed.publish_change(await self.commit(change))


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Replica, list[Applied]]]:
    """Run a Replica; it comes with the list of what it tells."""
    replica, told = Replica(), list[Applied]()
    replica.listen(told.append)
    task = asyncio.create_task(replica.run())
    try:
        yield replica, told
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    """The source's writer; in the end the connections to Valkey are closed."""
    writer = Writer()
    yield writer
    writer.thread.close()
    layer = get_channel_layer()
    assert layer is not None
    await layer.flush()


def queue_change(*names: str, gone: tuple[str, ...] = ()) -> Change:
    """Return the insertion and deletion of queues."""
    inserts = {f"{SOURCE}:{name}": {"name": name} for name in names}
    return Change(SOURCE, {"queue": inserts} if inserts else {}, {}, {"queue": [f"{SOURCE}:{one}" for one in gone]})


async def converged(replica: Replica, writer: Writer, seconds: float = 20.0) -> None:
    """Wait until the Replica holds exactly what the database does."""

    async def look() -> bool:
        copy = await writer.thread.run(store.load, SOURCE)
        return replica.state.tables == copy.rows and replica.position(SOURCE) == copy.position

    await until(look, seconds, "the replica's picture")


def replay(told: list[Applied]) -> State:
    """Return the State to which a listener comes that takes only what it is told."""
    state = State()
    for applied in told:
        rows = {table: {key: row.after for key, row in held.items()} for table, held in applied.rows.items()}
        gone = {table: [key for key, after in held.items() if after is None] for table, held in rows.items()}
        kept: dict[str, dict[str, Fields]] = {
            table: {key: after for key, after in held.items() if after is not None} for table, held in rows.items()
        }
        state.apply(Change(applied.source, kept, {}, gone))
    return state


def random_change(chance: random.Random) -> Change:
    """Return a change to a few of ten queues."""
    names = [str(number) for number in range(10)]
    gone = tuple(chance.sample(names, chance.randint(0, 2)))
    inserts = {f"{SOURCE}:{name}": {"name": str(chance.random())} for name in chance.sample(names, 2)}
    return Change(SOURCE, {"queue": inserts}, {}, {"queue": [f"{SOURCE}:{name}" for name in gone]})


@pytest.mark.parametrize("seed", [1, 2])
async def test_replica_ends_equal_after_losses_repeats_and_disorder(writer: Writer, seed: int) -> None:
    chance = random.Random(seed)
    await writer.write(queue_change("start"))
    async with running() as (replica, told):
        await converged(replica, writer)
        late: list[Published] = []
        for number in range(60):
            writer.epoch = f"e{number // 25}"
            published = await writer.commit(without_both(random_change(chance)))
            late.append(published)
            chance.shuffle(late)
            while late and chance.random() < 0.6:
                sent = late.pop()
                for _ in range(chance.choice([0, 1, 1, 1, 2])):
                    await feed.publish_change(sent)
        await converged(replica, writer)
        assert replica.reload_count > 1
        assert replay(told).tables == replica.state.tables


def without_both(change: Change) -> Change:
    """Return a whole-row change as a commit has it: no row is both inserted and deleted."""
    gone = [key for key in change.deletes["queue"] if key not in change.inserts["queue"]]
    return Change(change.source, change.inserts, {}, {"queue": gone})


@pytest.mark.usefixtures("compares_once")
async def test_replica_follows_without_reading_the_database_again(writer: Writer) -> None:
    await writer.write(queue_change("0"))
    async with running() as (replica, told):
        await converged(replica, writer)
        await until(lambda: heard_of(replica, writer), what="the feed")
        reloads = replica.reload_count
        for number in range(1, 30):
            await writer.write(queue_change(str(number), gone=(str(number - 1),)))
        await converged(replica, writer)
        assert replica.reload_count == reloads
        assert told[0].cause is not Cause.LIVE
        assert {applied.cause for applied in told[-20:]} == {Cause.LIVE}


async def heard_of(replica: Replica, writer: Writer) -> bool:
    """Publish a status that is in no row; return whether the Replica has heard of it."""
    await feed.publish_status((await writer.thread.run(store.load, "nowhere")).status)
    return "nowhere" in replica.statuses


async def test_reload_is_never_told_as_live(writer: Writer) -> None:
    await writer.commit(queue_change("1", "2"))
    async with running() as (replica, told):
        await converged(replica, writer)
        await writer.commit(queue_change("3", gone=("1",)))
        await converged(replica, writer)
        assert told
        assert all(applied.cause is not Cause.LIVE for applied in told)


@pytest.fixture
def compares_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its first look a Replica compares itself with the database no more: whatever it misses stays missed."""
    monkeypatch.setattr(replica_module, "COMPARE_SECONDS", 3600.0)


@pytest.mark.usefixtures("compares_once")
async def test_gap_before_the_newest_change_is_read_from_the_database(writer: Writer) -> None:
    await writer.write(queue_change("1"))
    async with running() as (replica, _):
        await converged(replica, writer)
        await until(lambda: heard_of(replica, writer), what="the feed")
        await writer.commit(queue_change("lost"))
        await writer.write(queue_change("newest"))
        await converged(replica, writer)


@pytest.mark.usefixtures("compares_once")
async def test_change_too_large_to_carry_is_read_from_the_database(writer: Writer) -> None:
    await writer.write(queue_change("1"))
    async with running() as (replica, _):
        await converged(replica, writer)
        await until(lambda: heard_of(replica, writer), what="the feed")
        published = await writer.commit(queue_change("2"))
        await feed.publish_change(Published(SOURCE, published.position, None))
        await converged(replica, writer)


async def test_replica_follows_without_valkey(writer: Writer, valkey: ValkeyServer) -> None:
    await writer.write(queue_change("1"))
    async with running() as (replica, _):
        await converged(replica, writer)
        valkey.stop(killed=True)
        try:
            await writer.commit(queue_change("2"))
            await converged(replica, writer)
        finally:
            valkey.start()
        await until(lambda: heard_of(replica, writer), what="the feed after Valkey's restart")


async def test_source_removed_from_the_database_is_dropped(writer: Writer) -> None:
    await writer.write(queue_change("1"))
    async with running() as (replica, told):
        await converged(replica, writer)
        await writer.thread.run(lambda: models.Link.objects.filter(source=SOURCE).delete())

        async def is_empty() -> bool:
            return not replica.state.tables["queue"] and SOURCE not in replica.statuses

        await until(is_empty)
        assert told[-1].cause is not Cause.LIVE


async def test_link_without_any_commit_removed_from_the_database_is_dropped(writer: Writer) -> None:
    await writer.thread.run(lambda: models.Link.objects.create(source="never"))
    async with running() as (replica, _):

        async def is_there() -> bool:
            return "never" in replica.statuses

        async def is_gone() -> bool:
            return not await is_there()

        await until(is_there)
        await writer.thread.run(lambda: models.Link.objects.filter(source="never").delete())
        await until(is_gone)


async def test_statuses_come_from_the_feed_and_from_the_database(writer: Writer) -> None:
    await writer.commit(queue_change("1"))
    async with running() as (replica, _):
        await converged(replica, writer)
        assert replica.statuses[SOURCE].state is LinkState.STOPPED
        await writer.thread.run(lambda: models.Link.objects.filter(source=SOURCE).update(state="live", message_count=5))

        async def is_live() -> bool:
            return replica.statuses[SOURCE].state is LinkState.LIVE

        await until(is_live)


async def test_a_picture_of_before_the_clock_was_set_back_gives_way(writer: Writer) -> None:
    def write(minutes: int, state: str) -> None:
        since = timezone.now() + timedelta(minutes=minutes)
        models.Link.objects.filter(source=SOURCE).update(state=state, state_since=since, message_count=5)

    await writer.commit(queue_change("1"))
    await writer.thread.run(write, 10, "live")
    async with running() as (replica, _):

        async def is_told(state: LinkState) -> bool:
            return SOURCE in replica.statuses and replica.statuses[SOURCE].state is state

        await until(partial(is_told, LinkState.LIVE))
        await writer.thread.run(write, 0, "retrying")

        await until(partial(is_told, LinkState.RETRYING))
