"""Changes between processes: the mirror publishes each committed batch once, every web process follows.

The channel layer carries the news and may lose it; the `Link` rows' sequence numbers tell (`realtime.replica`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Protocol

import orjson
import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from realtime.change import Cause, Change, Fields, Rows
from realtime.schema import HELD_TABLES, Kind
from realtime.status import LinkState, LinkStatus
from realtime.store import Position

GROUP = "realtime.feed"
CONTROL_GROUP = "realtime.control"
PROBE_GROUP = "realtime.probe"  # nobody follows it
PAYLOAD_LIMIT_BYTES = 1024 * 1024
"""A larger batch (a first full copy) is announced without its rows; the follower reads them from the database."""

RETRY_SECONDS = 1.0
SEND_SECONDS = 2.0

log = structlog.get_logger(__name__)


class ChannelLayer(Protocol):
    """What we use of a Channels layer."""

    async def new_channel(self) -> str: ...
    async def receive(self, channel: str) -> dict[str, Any]: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def group_send(self, group: str, message: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Published:
    """One committed batch: whole rows and deletes. `change` is None when it was too large to carry."""

    source: str
    position: Position
    change: Change | None


async def publish_change(published: Published) -> bool:
    """Tell every follower about a commit; return whether the layer took it."""
    payload = _encode_change(published)
    return await send_to_group(GROUP, {"type": "feed.change", "payload": payload})


async def publish_status(status: LinkStatus) -> bool:
    """Tell every follower how a link is; return whether the layer took it."""
    return await send_to_group(GROUP, {"type": "feed.status", "payload": orjson.dumps(asdict(status))})


async def ask_resynchronise(source: str) -> bool:
    """Ask whichever mirror owns the source to subscribe anew; return whether the layer took it."""
    return await send_to_group(CONTROL_GROUP, {"type": "mirror.resynchronise", "source": source})


async def follow() -> AsyncIterator[Published | LinkStatus]:
    """Yield what is published from now on. Survives the loss of the layer; what was sent meanwhile is lost.

    So is what a process of another version says in words that this one does not know: as after any loss, the database
    tells the rest.
    """
    async for message in follow_group(GROUP):
        try:
            decoded = _DECODERS[message["type"]](message["payload"])
        except (KeyError, TypeError, ValueError) as error:
            log.warning("a message of another version is left out", error=type(error).__name__)
        else:
            yield decoded


async def follow_group(group: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the messages sent to a group, joining again whenever the layer fails."""
    layer = _layer()
    while True:
        try:
            channel = await _join(layer, group)
            while True:
                yield await layer.receive(channel)
        except (OSError, RedisError) as error:
            log.warning("channel layer lost, joining again", group=group, error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)


async def _join(layer: ChannelLayer, group: str) -> str:
    """Return a new channel that is in a group.

    channels_redis keeps what it began when the server is away (`RedisPubSubLoopLayer.channels`, `.groups`), a channel
    for each try: so nothing is begun before the server has taken a message, and a membership that failed is given up.
    """
    await layer.group_send(PROBE_GROUP, {"type": "probe"})
    channel = await layer.new_channel()
    try:
        await layer.group_add(group, channel)
    except (OSError, RedisError):
        await layer.group_discard(group, channel)
        raise
    return channel


async def send_to_group(group: str, message: dict[str, Any]) -> bool:
    """Send a message to all who follow a group, in whatever process; return whether the layer took it."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await _layer().group_send(group, message)
    except (OSError, RedisError) as error:
        log.warning("channel layer did not take a message", group=group, error=type(error).__name__)
        return False
    return True


def _layer() -> ChannelLayer:
    layer: ChannelLayer | None = get_channel_layer()
    if layer is None:
        raise RuntimeError("CHANNEL_LAYERS has no default layer")
    return layer


def _encode_change(published: Published) -> bytes:
    change = published.change
    head = {"source": published.source, "epoch": published.position.epoch, "seq": published.position.seq}
    if change is not None:
        body = {"inserts": change.inserts, "deletes": change.deletes, "cause": change.cause.value}
        payload = orjson.dumps(head | body)
        if len(payload) <= PAYLOAD_LIMIT_BYTES:
            return payload
    return orjson.dumps(head)


def _decode_change(payload: bytes) -> Published:
    body = orjson.loads(payload)
    position = Position(body["epoch"], body["seq"])
    if "inserts" not in body:
        return Published(body["source"], position, None)
    inserts: Rows = body["inserts"]
    for table, rows in inserts.items():
        _restore_times(table, rows)
    change = Change(body["source"], inserts=inserts, deletes=body["deletes"], cause=Cause(body["cause"]))
    return Published(body["source"], position, change)


_TIMESTAMPS = {
    table.name: [one.name for one in table.fields if one.kind is Kind.TIMESTAMP] for table in HELD_TABLES.values()
}


def _restore_times(table: str, rows: dict[str, Fields]) -> None:
    for row in rows.values():
        for name in _TIMESTAMPS[table]:
            text = row.get(name)
            if text is not None:
                row[name] = datetime.fromisoformat(text)


_STATUS_FIELDS = [one.name for one in fields(LinkStatus)]
_STATUS_TIMES = [name for name in _STATUS_FIELDS if name.endswith(("_at", "_since"))]


def _decode_status(payload: bytes) -> LinkStatus:
    told = orjson.loads(payload)
    body = {name: told[name] for name in _STATUS_FIELDS if name in told}  # a newer mirror may tell more
    times = {name: datetime.fromisoformat(body[name]) for name in _STATUS_TIMES if body.get(name)}
    return LinkStatus(**body | times | {"state": LinkState(body["state"])})


_DECODERS: Mapping[str, Callable[[bytes], Published | LinkStatus]] = {
    "feed.change": _decode_change,
    "feed.status": _decode_status,
}
