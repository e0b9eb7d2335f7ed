"""How far what is shown can be trusted: what is derived from a source that is down, late or copying says so. Pure.

A tile depends on its own sources only: a dead vendor dims nothing of the others'.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from dashboard.boards.links import Level, Light, describe, light
from realtime.status import LinkState, LinkStatus

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


@dataclass(frozen=True, slots=True)
class Notice:
    """A source that cannot be trusted now: how it is, since when, who acts, when it is tried next."""

    source: str
    level: Level
    words: str
    since: datetime | None
    action: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a list can be trusted. One that rests on several sources dims the rows of those that are `stale` only;
    `notices` are to be said above it: of a source that somebody switched off nothing has to be said.
    """

    tile: Tile[None]
    notices: tuple[Notice, ...] = ()
    stale: Mapping[str, Notice] = field(default_factory=dict)


def tile_of(value: Value, statuses: Mapping[str, LinkStatus], now: datetime) -> Tile[Value]:
    """Return a tile that depends on these sources, at `now` (our clock)."""
    worst = light(statuses, now)
    is_current = bool(statuses) and all(describe(status, now).is_current for status in statuses.values())
    is_known = any(status.seq > 0 for status in statuses.values())
    return Tile(value, None if is_current else worst, is_known)


def chosen(statuses: Mapping[str, LinkStatus], rests_on: Callable[[LinkStatus], bool]) -> dict[str, LinkStatus]:
    """Return the sources that something depends on."""
    return {name: status for name, status in statuses.items() if rests_on(status)}


def trust_in(
    statuses: Mapping[str, LinkStatus], now: datetime, rests_on: Callable[[LinkStatus], bool], *, is_mixed: bool
) -> Trust:
    """Return how far a list that rests on some sources can be trusted; a mixed one says it source by source."""
    own = chosen(statuses, rests_on)
    tile = tile_of(None, own, now)
    if not is_mixed:
        return Trust(tile)
    stale = {name: notice for name in sorted(own) if (notice := _notice(own[name], now))}
    notices = tuple(notice for name, notice in stale.items() if own[name].state is not LinkState.OFF)
    return Trust(Tile(None, None, tile.is_known), notices, stale)


def _notice(status: LinkStatus, now: datetime) -> Notice | None:
    condition = describe(status, now)
    if condition.is_current:
        return None
    since = status.last_contact_at or condition.since
    return Notice(status.source, condition.level, condition.words, since, condition.action, status.next_poll_at)
