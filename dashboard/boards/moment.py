"""What a board is drawn from: everything known, at one moment. Pure."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from dashboard.boards.configured import Configured
from dashboard.boards.history import History
from dashboard.boards.links import describe
from dashboard.boards.people import People
from dashboard.wallboards.definition import Wallboard
from realtime.schema import split_key
from realtime.state import State
from realtime.status import LinkStatus

Found = TypeVar("Found")

AT_RISK_SHARE = 0.75  # of the target


class Level(StrEnum):
    """How a wait stands against its target."""

    OK = "ok"
    RISK = "risk"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Targets:
    """Within how many seconds a waiting session is to be picked up, by a queue's lasting key (PRODUCT §6, T).

    `percent` is the service level that is wanted: which share of all sessions is to be answered within their target.
    """

    default_seconds: int = 60
    by_queue: Mapping[str, int] = field(default_factory=dict)
    percent: int = 80

    def seconds(self, *known_queue_keys: str) -> int:
        """Return the target of one queue, by whichever of its lasting keys has one."""
        given = (self.by_queue[key] for key in known_queue_keys if key in self.by_queue)
        return next(given, self.default_seconds)


@dataclass(frozen=True, slots=True)
class Moment:
    """A State and the links behind it at `at`, aware UTC on our clock, and what is kept beside: who is who, the
    wallboards, the last hour, what sources.toml names.

    Wallboards and their drafts go by the names of `dashboard.wallboards.stored`. `zone` is the site's time zone, by its
    IANA name: it decides what is today. A moment must not outlive the State's next step: `noted` keeps what boards
    found out of it once for all their rows.
    """

    state: State
    statuses: Mapping[str, LinkStatus]
    at: datetime
    targets: Targets = field(default_factory=Targets)
    people: People = field(default_factory=People)
    wallboards: Mapping[str, Wallboard] = field(default_factory=dict)
    history: History = field(default_factory=History)
    configured: Configured = field(default_factory=Configured)
    zone: str = "UTC"
    noted: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, what: Hashable, find: Callable[[], Found]) -> Found:
        """Return what `find` gives, which is asked at most once for each `what`."""
        if what not in self.noted:
            self.noted[what] = find()
        found: Found = self.noted[what]
        return found

    def ahead(self, key: str) -> timedelta:
        """Return how far the clock of the source that a row's key belongs to is ahead of ours."""
        status = self.statuses.get(split_key(key)[0])
        return timedelta(seconds=(status.clock_offset_seconds or 0.0) if status else 0.0)

    def now(self, key: str) -> datetime:
        """Return the moment on the clock of the source that a row's key belongs to, or the one at which it stands."""
        return self.standing.get(split_key(key)[0]) or self.at + self.ahead(key)

    @property
    def standing(self) -> Mapping[str, datetime]:
        """Source -> where its clock stands, of each that cannot be trusted now: what it is like since then, who knows.

        A wait whose end nobody would hear of must not grow past its target.
        """
        return self.once("standing", self._find_standing)

    def _find_standing(self) -> Mapping[str, datetime]:
        return {
            name: min(status.last_contact_at, self.at) + self.ahead(name)
            for name, status in self.statuses.items()
            if status.last_contact_at is not None and not describe(status, self.at).is_current
        }


class Bound(StrEnum):
    """How sure the beginning of a state is, as the sign before its time."""

    EXACT = ""
    AT_MOST = "≤"  # the vendor tells only an earlier moment than the one when the state began
    AT_LEAST = "≥"  # it may have begun before our first look


@dataclass(frozen=True, slots=True)
class Since:
    """When a state began, or begins."""

    at: datetime
    bound: Bound = Bound.EXACT


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait against its target. `turns_at` is when the level changes next, None when it no longer will."""

    since: datetime
    target_at: datetime
    level: Level
    turns_at: datetime | None

    @property
    def target_seconds(self) -> int:
        """The target."""
        return round((self.target_at - self.since).total_seconds())


def judge_wait(since: datetime, target_seconds: int, now: datetime) -> Wait:
    """Return how a wait that began at `since` stands at `now` (both on the appliance's clock)."""
    risk_at = since + timedelta(seconds=target_seconds * AT_RISK_SHARE)
    target_at = since + timedelta(seconds=target_seconds)
    if now < risk_at:
        return Wait(since, target_at, Level.OK, risk_at)
    if now < target_at:
        return Wait(since, target_at, Level.RISK, target_at)
    return Wait(since, target_at, Level.CRITICAL, None)
