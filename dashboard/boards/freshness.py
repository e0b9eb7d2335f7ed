"""How far a tile can be trusted: what is derived from a source that is down, late or copying says so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from dashboard.boards.links import Light, describe, light
from realtime.status import LinkStatus

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Tile(Generic[Value]):
    """A tile's value with the state of what it is derived from.

    `stale` is None while every source is current. `is_known` is False until any source has delivered a copy: then no
    figure means anything, and the tile says so instead of showing zeros.
    """

    value: Value
    stale: Light | None
    is_known: bool


def tile_of(value: Value, statuses: Mapping[str, LinkStatus], now: datetime) -> Tile[Value]:
    """Return a tile that depends on all sources, at `now` (our clock)."""
    worst = light(statuses, now)
    is_current = bool(statuses) and all(describe(status, now).is_current for status in statuses.values())
    is_known = any(status.seq > 0 for status in statuses.values())
    return Tile(value, None if is_current else worst, is_known)
