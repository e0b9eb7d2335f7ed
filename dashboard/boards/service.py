"""How well a day's sessions were served: service level, average wait, who left, and of how many (PRODUCT §6). Pure.

The cases are stays, counted by the mirror as they end (`realtime.stays`), by how many seconds each had lasted; so a
target that is changed judges the whole day anew. What nobody saw the end of is in no rate; it is counted beside them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import ClassVar

from dashboard.boards.clock import day_bounds, day_of, first_moment
from dashboard.boards.moment import AT_RISK_SHARE, Level, Moment
from dashboard.wallboards.definition import MINIMUM_CASES
from realtime.days import DAYS_KEPT
from realtime.sampling import minute_of
from realtime.schema import QueueDay, split_key
from realtime.stays import SHORT_SECONDS

DAWN = timedelta(minutes=2)
"""Whoever watches since then has watched since the day began."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many cases."""

    count: int
    of: int

    @property
    def percent(self) -> int:
        """The share, cut and not rounded: 99.9 % is not all, and 79.9 % has not reached 80."""
        return 100 * self.count // self.of if self.of else 0

    @property
    def is_few(self) -> bool:
        """Whether there are too few cases to make anything of the share."""
        return self.of < MINIMUM_CASES


@dataclass(frozen=True, slots=True)
class Service:
    """What came of the stays of some queues on a day. `in_target` and `left_early` are among `answered` and `left`;
    `wait_seconds` is what all that were answered had waited together. `handled` sessions ended after
    representatives had had them, for `handled_seconds` together; `handled_unseen` did that were not seen as a whole."""

    answered: int = 0
    in_target: int = 0
    wait_seconds: int = 0
    left: int = 0
    left_early: int = 0
    flowed_out: int = 0
    unknown: int = 0
    handled: int = 0
    handled_seconds: int = 0
    handled_unseen: int = 0

    early_seconds: ClassVar[int] = SHORT_SECONDS

    def __bool__(self) -> bool:
        return self != NOTHING

    @property
    def offered(self) -> int:
        """How many cases rates have: answered, or left after giving us the chance to answer."""
        return self.answered + self.left - self.left_early

    @property
    def level(self) -> Rate:
        """Service level: of all offered, those answered within their queue's target."""
        return Rate(self.in_target, self.offered)

    @property
    def abandoned(self) -> Rate:
        """Of all offered, those who left."""
        return Rate(self.left - self.left_early, self.offered)

    @property
    def average_seconds(self) -> int | None:
        """Average speed of answer; None where nobody was answered."""
        return round(self.wait_seconds / self.answered) if self.answered else None

    @property
    def average_session_seconds(self) -> int | None:
        """Average session time with a representative (AHT); None where no session ended that was seen as a whole."""
        return round(self.handled_seconds / self.handled) if self.handled else None


NOTHING = Service()
_COUNTS = tuple(one.name for one in fields(Service))


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when a day was watched, on our clock, whether it had begun before, and how many minutes since were not."""

    since: datetime
    is_late: bool
    missed_minutes: int


@dataclass(frozen=True, slots=True)
class Day:
    """What came of a day so far, how much of it was watched, and the service level that is wanted, in per cent.

    It is another day than today's where it ended while its source could not be trusted. `watch` is None where nothing
    of the day was watched yet.
    """

    service: Service
    date: date
    is_today: bool
    watch: Watch | None
    target_percent: int

    @property
    def level(self) -> Level | None:
        """How the service level stands against the wanted one."""
        return judge_rate(self.service.level, self.target_percent)


@dataclass(frozen=True, slots=True)
class PastDay:
    """What came of a queue's day that is over; `day` is its date ("2026-11-30")."""

    day: str
    service: Service


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Seconds within which half, and nine tenths, of those who were answered were answered."""

    half: int
    nine_tenths: int


def judge_rate(rate: Rate, target_percent: int) -> Level | None:
    """Return how a rate stands that should be at least so much: past risk below three quarters of it. None if few."""
    if rate.is_few:
        return None
    if rate.percent >= target_percent:
        return Level.OK
    return Level.RISK if rate.percent >= AT_RISK_SHARE * target_percent else Level.CRITICAL


def served(counted: QueueDay, target_seconds: int) -> Service:
    """Return what a queue's day comes to against a target."""
    answered, left = _by_seconds(counted.get("answered")), _by_seconds(counted.get("left"))
    return Service(
        answered=sum(count for _, count in answered),
        in_target=sum(count for seconds, count in answered if seconds <= target_seconds),
        wait_seconds=sum(seconds * count for seconds, count in answered),
        left=sum(count for _, count in left),
        left_early=sum(count for seconds, count in left if seconds < SHORT_SECONDS),
        flowed_out=counted.get("flowed_out") or 0,
        unknown=counted.get("unknown") or 0,
        handled=counted.get("handled") or 0,
        handled_seconds=counted.get("handled_seconds") or 0,
        handled_unseen=counted.get("handled_unseen") or 0,
    )


def together(services: Iterable[Service]) -> Service:
    """Return what several queues' days come to, each judged by its own target."""
    found = tuple(services)
    return Service(**{name: sum(getattr(one, name) for one in found) for name in _COUNTS})


def served_today(moment: Moment, known_key: str, target_seconds: int) -> Service:
    """Return what a queue's day comes to so far."""
    counted = moment.state.queue_days.get(f"{known_key}/{today(moment, known_key)}")
    return served(counted, target_seconds) if counted else NOTHING


def today(moment: Moment, key: str) -> date:
    """Return which day it is in the site's zone for the source that a row's key belongs to: by its clock and by ours.

    Where its clock is ahead, its new day waits for ours; where it stands, the day of then goes on.
    """

    def find() -> date:
        return min(day_of(moment.now(key), moment.zone), day_of(moment.at, moment.zone))

    return moment.once(("today", split_key(key)[0]), find)


def tomorrow_at(moment: Moment, key: str) -> datetime:
    """Return when the day of a source is over by both clocks, on its own."""

    def find() -> datetime:
        ends = first_moment(today(moment, key) + timedelta(days=1), moment.zone)
        return ends + max(moment.ahead(key), timedelta())

    return moment.once(("tomorrow", split_key(key)[0]), find)


def past_days(moment: Moment, known_key: str, target_seconds: int) -> tuple[PastDay, ...]:
    """Return what a queue's days before today came to, of a week, the latest first; none of a day without outcomes."""
    rows, day = moment.state.queue_days, today(moment, known_key)
    first, now = str(day - timedelta(days=DAYS_KEPT - 1)), str(day)
    kept = (rows[key] for key in moment.state.referring("queue_day", "known_queue_id", known_key))
    days = (PastDay(row.get("day") or "", served(row, target_seconds)) for row in kept)
    return tuple(sorted((one for one in days if first <= one.day < now), key=lambda one: one.day, reverse=True))


def quantiles_today(moment: Moment, known_key: str) -> Quantiles | None:
    """Return how long those waited who were answered in a queue today; None where nobody was."""
    counted = moment.state.queue_days.get(f"{known_key}/{today(moment, known_key)}", {})
    answered = sorted(_by_seconds(counted.get("answered")))
    totals = list(accumulate(count for _, count in answered))
    if not totals:
        return None
    half, ninth = (answered[bisect_left(totals, share * totals[-1])][0] for share in (0.5, 0.9))
    return Quantiles(half, ninth)


def day_so_far(moment: Moment, services: Mapping[str, Service]) -> Day:
    """Return what the days of several queues come to, by their lasting keys: of those whose day is the latest."""
    now = day_of(moment.at, moment.zone)
    days = {key: today(moment, key) for key in services}
    day = max(days.values(), default=now)
    own = [key for key in services if days[key] == day]
    watch = _watch(moment, {split_key(key)[0] for key in own}) if day == now else None
    return Day(together(services[key] for key in own), day, day == now, watch, moment.targets.percent)


def _watch(moment: Moment, sources: Iterable[str]) -> Watch | None:
    """Return how much of today the one of these sources was watched that was watched least; None where one was not.

    Each minute that a mirror listens it leaves a sample.
    """
    begins, _ = day_bounds(moment.at, moment.zone)
    first = minute_of(begins)
    spans = [moment.history.watched.get(source) for source in sources]
    found = [span for span in spans if span is not None and span.first >= first]
    if not found or len(found) < len(spans):
        return None
    least = max(found, key=lambda span: span.first + span.missed)
    late = timedelta(minutes=least.first - first)
    is_late = late > DAWN
    return Watch(begins + late if is_late else begins, is_late, least.missed)


def _by_seconds(counts: Mapping[str, int] | None) -> list[tuple[int, int]]:
    return [(int(seconds), count) for seconds, count in (counts or {}).items()]
