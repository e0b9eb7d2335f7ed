"""How far what is shown can be trusted: what is derived from a source that is down, late or copying says so. Pure.

A tile depends on its own sources only: a dead vendor dims nothing of the others', and one of several appliances dims
its own rows, which totals leave out and say so. Where there is no other source in sight, all of it is stale.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from dashboard.boards.links import Health, Light, describe, is_expected, is_mirrored, light
from realtime.status import LinkStatus

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Notice:
    """A source that cannot be trusted now: how it is, since when, who acts, when it is tried next."""

    source: str
    level: Health
    words: str
    since: datetime | None
    action: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trusted(Generic[Value]):
    """A tile's value with the state of what it is derived from.

    `stale` is None while every source is current. `is_known` is False until any source has delivered a copy: then no
    figure means anything, and the tile says so instead of showing zeros. `without` are sources that a total leaves out,
    because they cannot be trusted now.
    """

    value: Value
    stale: Light | None
    is_known: bool
    without: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a list can be trusted. One that rests on several sources dims the rows of those that are `stale` only;
    `notices` are to be said above it: of a source of which nothing is expected nothing has to be said. Rows of the
    sources in `told` say whose they are: of several appliances, whose queues and people may have one name.
    """

    tile: Trusted[None]
    notices: tuple[Notice, ...] = ()
    stale: Mapping[str, Notice] = field(default_factory=dict)
    told: frozenset[str] = frozenset()

    def total(self, value: Value) -> Trusted[Value]:
        """Return a tile of what the rows add up to, those of the `stale` sources left out."""
        return Trusted(value, self.tile.stale, self.tile.is_known, self.notices)


def tile_of(value: Value, statuses: Mapping[str, LinkStatus], now: datetime) -> Trusted[Value]:
    """Return a tile that depends on these sources, at `now` (our clock)."""
    is_current = bool(statuses) and all(describe(status, now).is_current for status in statuses.values())
    is_known = any(status.seq > 0 for status in statuses.values())
    return Trusted(value, None if is_current else light(statuses, now), is_known)


def chosen(statuses: Mapping[str, LinkStatus], rests_on: Callable[[LinkStatus], bool]) -> dict[str, LinkStatus]:
    """Return the sources that something depends on."""
    return {name: status for name, status in statuses.items() if rests_on(status)}


def trust_in(
    statuses: Mapping[str, LinkStatus],
    now: datetime,
    rests_on: Callable[[LinkStatus], bool],
    *,
    is_mixed: bool,
    sight: Collection[str] = (),
) -> Trust:
    """Return how far what rests on some sources can be trusted, source by source.

    A mixed list goes on whatever fails; any other is stale as a whole when none of its sources is current. Of these it
    rests on those in `sight` only, as far as any is known.
    """
    own = chosen(statuses, rests_on)
    if not is_mixed:
        own = {name: own[name] for name in own if name in sight} or own
    tile = tile_of(None, own, now)
    stale = {name: notice for name in sorted(own) if (notice := notice_of(own[name], now))}
    appliances = frozenset(name for name in chosen(own, is_mirrored) if not sight or name in sight)
    told = appliances if len(appliances) > 1 else frozenset()
    if not is_mixed and len(stale) == len(own):
        return Trust(tile, told=told)
    notices = tuple(notice for name, notice in stale.items() if is_expected(own[name]))
    return Trust(Trusted(None, None, tile.is_known), notices, stale, told)


def notice_of(status: LinkStatus, now: datetime) -> Notice | None:
    """Return why a source cannot be trusted at `now` (our clock), None where it can."""
    condition = describe(status, now)
    if condition.is_current:
        return None
    since = status.last_contact_at or condition.since
    return Notice(status.source, condition.level, condition.words, since, condition.action, status.next_poll_at)
