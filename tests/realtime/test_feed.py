"""Publishing and following over a real Valkey: what arrives is what was sent, or less, never something else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from channels.layers import get_channel_layer

from realtime import feed
from realtime.change import Cause, Change
from realtime.feed import PAYLOAD_LIMIT_BYTES, Published
from realtime.rows import Oddities, RowDecoder
from realtime.status import LinkState, LinkStatus
from realtime.store import Position
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

pytestmark = pytest.mark.usefixtures("valkey", "closed_layer")

ROWS = RowDecoder("desk", Oddities()).rows(
    {
        "support_session": {
            "18446744073709551615": {"queue_id": 7, "created_timestamp": 1.5, "lsid": None, "customer_name": "😀"},
            "2": {"created_timestamp": None, "estimated_pickup_timestamp": "soon", "colour": [None, 2**64 - 1]},
            "3": None,
        },
        "future_table": {"1": {"created_timestamp": 5, "table": None}},
    }
)
STATUS = LinkStatus(
    "desk",
    state=LinkState.LIVE,
    state_since=datetime(2026, 1, 1, 2, 3, 4, 5, tzinfo=UTC),
    error="a sentence",
    clock_offset_seconds=-0.5,
    oddities={"unknown field 'a.b'": 1},
)


@pytest.fixture
async def closed_layer() -> AsyncIterator[None]:
    """Close this event loop's connections to Valkey in the end."""
    yield
    layer = get_channel_layer()
    assert layer is not None
    await layer.flush()


@asynccontextmanager
async def following() -> AsyncIterator[list[Published | LinkStatus]]:
    """Gather what is published; ready when the first status, sent again and again, has come."""
    heard: list[Published | LinkStatus] = []

    async def gather(take: Callable[[Published | LinkStatus], None]) -> None:
        async for one in feed.follow():
            take(one)

    task = asyncio.create_task(gather(heard.append))
    await until(lambda: greeted(heard), what="the first message")
    heard.clear()
    yield heard
    task.cancel()
    await asyncio.wait([task])


async def greeted(heard: list[Published | LinkStatus]) -> bool:
    """Publish a greeting; return whether one has been heard."""
    await feed.publish_status(LinkStatus("greeting"))
    return bool(heard)


async def received(heard: list[Published | LinkStatus], count: int) -> list[Published | LinkStatus]:
    """Wait for messages and return them, greetings left out."""

    async def look() -> list[Published | LinkStatus]:
        found = [one for one in heard if one.source != "greeting"]
        return found if len(found) >= count else []

    return await until(look)


async def test_changes_and_statuses_arrive_as_they_were() -> None:
    change = Change("desk", inserts=ROWS, deletes={"queue": ["desk:1"]}, cause=Cause.SWEEP)
    sent: list[Published | LinkStatus] = [
        Published("desk", Position("e1", 1), change),
        STATUS,
        Published("desk", Position("e1", 2), Change("desk")),
        replace(STATUS, state_since=None),
        Published("desk", Position("e1", 3), None),
    ]
    async with following() as heard:
        for one in sent:
            assert await (feed.publish_status(one) if isinstance(one, LinkStatus) else feed.publish_change(one))
        assert await received(heard, len(sent)) == sent


@pytest.mark.parametrize(("size", "is_carried"), [(1000, True), (PAYLOAD_LIMIT_BYTES, False)])
async def test_large_batches_are_announced_without_their_rows(size: int, is_carried: bool) -> None:
    published = Published("desk", Position("e1", 1), Change("desk", {"queue": {"desk:1": {"name": "x" * size}}}))
    async with following() as heard:
        await feed.publish_change(published)
        assert await received(heard, 1) == [published if is_carried else replace(published, change=None)]


async def test_what_another_version_says_in_unknown_words_is_left_out() -> None:
    known = orjson.loads(orjson.dumps(asdict(STATUS)))
    unknown_change = {"source": "desk", "epoch": "e", "seq": 1, "inserts": {}, "deletes": {}, "cause": "whim"}
    async with following() as heard:
        for kind, body in (
            ("feed.status", known | {"state": "dreaming"}),
            ("feed.change", unknown_change),
            ("feed.whatever", {}),
            ("feed.status", known | {"mood": "good"}),
        ):
            await feed.send_to_group(feed.GROUP, {"type": kind, "payload": orjson.dumps(body)})

        assert await received(heard, 1) == [STATUS]


async def test_follower_survives_a_valkey_that_was_killed(valkey: ValkeyServer) -> None:
    async with following() as heard:
        valkey.stop(killed=True)
        assert not await feed.publish_status(STATUS)
        valkey.start()

        async def heard_again() -> bool:
            await feed.publish_status(STATUS)
            return STATUS in heard

        assert await until(heard_again, what="a message after the restart")


async def hear_one() -> Published | LinkStatus:
    """Return the first that is published."""
    return await anext(feed.follow())


async def test_a_follower_keeps_nothing_of_the_tries_that_failed(
    valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer: Any = get_channel_layer()
    monkeypatch.setattr(feed, "RETRY_SECONDS", 0.001)
    tries: list[int] = []
    send = layer.group_send

    async def count(group: str, message: dict[str, Any]) -> None:
        tries.append(len(layer._get_layer().channels) + len(layer._get_layer().groups))
        await send(group, message)

    monkeypatch.setattr(layer, "group_send", count)
    valkey.stop()
    try:
        async with asyncio.timeout(20):
            task = asyncio.create_task(hear_one())
            await until(lambda: asyncio.sleep(0, len(tries) > 20), what="tries without Valkey")
    finally:
        valkey.start()
        task.cancel()
        await asyncio.wait([task])

    assert max(tries) == 0


async def test_wish_to_resynchronise_reaches_the_control_group() -> None:
    heard: list[str] = []

    async def gather(take: Callable[[str], None]) -> None:
        async for message in feed.follow_group(feed.CONTROL_GROUP):
            take(f"{message['type']} {message['source']}")

    async def asked() -> bool:
        return await feed.ask_resynchronise("desk") and bool(heard)

    task = asyncio.create_task(gather(heard.append))
    assert await until(asked)
    assert set(heard) == {"mirror.resynchronise desk"}
    task.cancel()
    await asyncio.wait([task])
