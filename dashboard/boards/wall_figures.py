"""A wallboard's big numbers, from the rows in view. Pure.

Formulas are those of PRODUCT §6: of the rows of now, and of what came of the day's stays.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from dashboard.boards.activity import ActivityRow
from dashboard.boards.freshness import Trust, trust_in
from dashboard.boards.links import is_mirrored
from dashboard.boards.moment import Level, Moment, Wait, judge_wait
from dashboard.boards.presentations import Phase, PresentationRow
from dashboard.boards.queues import QueueRow
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.service import Day, Rate, Service, day_so_far, served_today
from dashboard.boards.sessions import SessionRow
from dashboard.wallboards.definition import GUARDED, RATES, TIMES, Direction, Figure, Threshold, Wallboard
from realtime.presence import RepresentativeState, SessionState

CASE_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session that waits, its wait judged by the wallboard's target."""

    row: SessionRow
    wait: Wait


@dataclass(frozen=True)
class Floor:
    """The rows that a wallboard may see, at a moment. Sorted and judged only where a tile asks."""

    wallboard: Wallboard
    moment: Moment
    sessions: Sequence[SessionRow]
    representatives: Sequence[RepresentativeRow]
    queues: Sequence[QueueRow]
    going_on: Sequence[ActivityRow]
    presentations: Sequence[PresentationRow]
    sources: frozenset[str] = frozenset()  # the appliances in sight; none stands for all

    @cached_property
    def trust(self) -> Trust:
        """How far what the appliances say can be trusted."""
        moment = self.moment
        return trust_in(moment.statuses, moment.at, is_mirrored, is_mixed=False, sight=self.sources)

    @cached_property
    def current(self) -> "Floor":
        """The floor that figures are made of: without the appliances that cannot be trusted while others can."""
        stale = self.trust.stale
        if not stale:
            return self
        return replace(
            self,
            sessions=[row for row in self.sessions if row.source not in stale],
            representatives=[row for row in self.representatives if row.source not in stale],
            queues=[row for row in self.queues if row.source not in stale],
        )

    @property
    def zone(self) -> str:
        """The time zone of what the wallboard says: its own, else the site's."""
        return self.wallboard.zone or self.moment.zone

    def target(self, queue: QueueRow) -> int:
        """Return within how many seconds a session of a queue is to be picked up."""
        return self.wallboard.targets.get(queue.key, queue.target_seconds)

    @cached_property
    def queue_targets(self) -> Mapping[str, int]:
        """The targets by the appliance's key of a queue."""
        return {queue.queue_key: self.target(queue) for queue in self.queues if queue.queue_key}

    @cached_property
    def waiting(self) -> tuple[Waiting, ...]:
        """Who waits, the longest first."""
        rows = (row for row in self.sessions if row.state is SessionState.WAITING and row.ended_at is None)
        found = (
            Waiting(row, self.judged(row.wait, self.queue_targets.get(row.queue_key), row.key))
            for row in rows
            if row.wait
        )
        return tuple(sorted(found, key=lambda one: (one.wait.since, one.row.key)))

    def judged(self, wait: Wait, target: int | None, key: str) -> Wait:
        """Return a wait as a target judges it; without one, as it stands."""
        return wait if target is None else judge_wait(wait.since, target, self.moment.now(key))

    @cached_property
    def levels(self) -> Counter[Level]:
        """How many wait at which level."""
        return Counter(one.wait.level for one in self.waiting)

    @cached_property
    def today(self) -> Day:
        """What came of the day's stays so far, each queue judged by the wallboard's target."""
        return day_so_far(self.moment, {queue.key: self._served(queue) for queue in self.queues})

    def _served(self, queue: QueueRow) -> Service:
        target = self.target(queue)
        return queue.today if target == queue.target_seconds else served_today(self.moment, queue.key, target)

    @cached_property
    def session_states(self) -> Counter[SessionState]:
        """How many sessions are in which state."""
        return Counter(row.state for row in self.sessions if row.ended_at is None)

    @cached_property
    def members(self) -> Counter[RepresentativeState]:
        """How many representatives are in which state."""
        return Counter(row.state for row in self.representatives)


@dataclass(frozen=True, slots=True)
class Number:
    """A figure's value: a count, a share `of` so many cases, a span of `seconds`, or one since or until `at`.

    `level` is None where no threshold judges it. `cases` says what it is made of, for who asks; `day` is that of a
    figure of the day.
    """

    figure: Figure
    count: int | None = None
    of: int | None = None
    at: datetime | None = None
    seconds: int | None = None
    source: str = ""
    is_until: bool = False
    level: Level | None = None
    is_few: bool = False
    limit: str = ""
    cases: tuple[tuple[str, int], ...] = ()
    day: Day | None = None

    @property
    def percent(self) -> int:
        """A rate's value, as pages show it."""
        return Rate(self.count or 0, self.of or 0).percent


def number(floor: Floor, figure: Figure) -> Number:
    """Return a figure with how its thresholds judge it."""
    made = _measured(floor, figure)
    threshold = floor.wallboard.threshold(figure)
    is_few = figure in GUARDED and (made.of or 0) < floor.wallboard.minimum_cases
    level = None
    if threshold is not None and not is_few:
        level = judge(threshold, _measure(floor, made))
    return replace(made, level=level, is_few=is_few, limit=limit_words(threshold) if threshold else "")


def judge(threshold: Threshold, measure: float | None) -> Level | None:
    """Return how a value stands against its thresholds; one that nobody knows is not judged."""
    if measure is None:
        return None

    def is_reached(limit: int | None) -> bool:
        if limit is None:
            return False
        return measure >= limit if threshold.direction is Direction.ABOVE else measure <= limit

    if is_reached(threshold.critical):
        return Level.CRITICAL
    return Level.RISK if is_reached(threshold.warn) else Level.OK


def limit_words(threshold: Threshold) -> str:
    """Return what a value should stay on the good side of."""
    limit = threshold.critical if threshold.critical is not None else threshold.warn
    if limit is None:
        return ""
    return f"below {limit}" if threshold.direction is Direction.ABOVE else f"above {limit}"


def _measure(floor: Floor, made: Number) -> float | None:
    """Return a figure in the unit of its thresholds: a count, per cent, or seconds."""
    if made.figure in RATES:
        return float(made.percent)
    if made.at is not None:
        seconds = (floor.moment.now(f"{made.source}:") - made.at).total_seconds()
        return -seconds if made.is_until else seconds
    if made.figure in TIMES:
        return made.seconds
    return None if made.count is None else float(made.count)


def _measured(floor: Floor, figure: Figure) -> Number:
    return _MEASURES[figure](floor, figure)


def _waiting(floor: Floor, figure: Figure) -> Number:
    return Number(figure, len(floor.waiting), cases=_by_queue(floor.waiting))


def _by_queue(waiting: Sequence[Waiting]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(one.row.queue for one in waiting).most_common(CASE_LIMIT))


def _at_level(level: Level) -> Callable[[Floor, Figure], Number]:
    def measured(floor: Floor, figure: Figure) -> Number:
        cases = _by_queue([one for one in floor.waiting if one.wait.level is level])
        return Number(figure, floor.levels[level], cases=cases)

    return measured


def _longest(floor: Floor, figure: Figure) -> Number:
    if not floor.waiting:
        return Number(figure)
    worst = floor.waiting[0]
    return Number(figure, at=worst.wait.since, source=worst.row.source, cases=((worst.row.queue, 1),))


def _pickup(floor: Floor, figure: Figure) -> Number:
    expected = [(one.row.pickup_at, one.row) for one in floor.waiting if one.row.pickup_at is not None]
    if not expected:
        return Number(figure)
    at, row = min(expected, key=lambda pair: pair[0])
    return Number(figure, at=at, source=row.source, is_until=True, cases=((row.queue, 1),))


def _within_target(floor: Floor, figure: Figure) -> Number:
    total = len(floor.waiting)
    return Number(figure, total - floor.levels[Level.CRITICAL], of=total)


def _of_sessions(state: SessionState) -> Callable[[Floor, Figure], Number]:
    return lambda floor, figure: Number(figure, floor.session_states[state])


def _of_members(state: RepresentativeState) -> Callable[[Floor, Figure], Number]:
    return lambda floor, figure: Number(figure, floor.members[state], of=len(floor.representatives))


def _can_take(floor: Floor, figure: Figure) -> Number:
    able = sum(1 for row in floor.representatives if row.flags.available)
    return Number(figure, able, of=len(floor.representatives))


def _unstaffed(floor: Floor, figure: Figure) -> Number:
    names = [(queue.name, queue.waiting) for queue in floor.queues if queue.waiting and not queue.members]
    return Number(figure, len(names), cases=tuple(names[:CASE_LIMIT]))


def _going_on(floor: Floor, figure: Figure) -> Number:
    rows = [row for row in floor.going_on if row.is_open]
    return Number(figure, len(rows), cases=tuple(Counter(row.vendor for row in rows).most_common(CASE_LIMIT)))


def _trainings(floor: Floor, figure: Figure) -> Number:
    return Number(figure, sum(1 for row in floor.presentations if row.phase is Phase.RUNNING))


def _of_today(measure: Callable[[Service], tuple[int | None, int | None]]) -> Callable[[Floor, Figure], Number]:
    """Return how a figure of the day is made of what came of it: a count (None where nothing did), of how many."""

    def measured(floor: Floor, figure: Figure) -> Number:
        service = floor.today.service
        count, of = measure(service)
        return Number(figure, count, of=of, cases=_outcomes(service), day=floor.today)

    return measured


def _average_wait(floor: Floor, figure: Figure) -> Number:
    service = floor.today.service
    seconds = service.average_seconds
    return Number(figure, seconds=seconds, of=service.answered, cases=_outcomes(service), day=floor.today)


def _average_session(floor: Floor, figure: Figure) -> Number:
    service = floor.today.service
    cases = (("Ended after a rep", service.handled), ("Not seen as a whole", service.handled_unseen))
    return Number(figure, seconds=service.average_session_seconds, of=service.handled, cases=cases, day=floor.today)


def _outcomes(today: Service) -> tuple[tuple[str, int], ...]:
    return (
        ("Answered", today.answered),
        ("In target", today.in_target),
        ("Left", today.left),
        ("Left early", today.left_early),
        ("Moved on", today.flowed_out),
        ("Unknown", today.unknown),
    )


_MEASURES: Mapping[Figure, Callable[[Floor, Figure], Number]] = {
    Figure.WAITING: _waiting,
    Figure.LONGEST: _longest,
    Figure.PAST_TARGET: _at_level(Level.CRITICAL),
    Figure.AT_RISK: _at_level(Level.RISK),
    Figure.WITHIN_TARGET: _within_target,
    Figure.PICKUP: _pickup,
    Figure.WITH_REP: _of_sessions(SessionState.WITH_REP),
    Figure.ASSIGNED: _of_sessions(SessionState.ASSIGNED),
    Figure.CUSTOMER_GONE: _of_sessions(SessionState.CUSTOMER_GONE),
    Figure.LOGGED_IN: lambda floor, figure: Number(figure, len(floor.representatives)),
    Figure.AVAILABLE: _of_members(RepresentativeState.AVAILABLE),
    Figure.CAN_TAKE: _can_take,
    Figure.IN_SESSION: _of_members(RepresentativeState.IN_SESSION),
    Figure.AWAY: _of_members(RepresentativeState.AWAY),
    Figure.BUSY_SHARE: _of_members(RepresentativeState.IN_SESSION),
    Figure.UNSTAFFED: _unstaffed,
    Figure.GOING_ON: _going_on,
    Figure.TRAININGS: _trainings,
    Figure.SERVICE_LEVEL: _of_today(lambda today: (today.in_target, today.offered)),
    Figure.ABANDON_RATE: _of_today(lambda today: (today.abandoned.count, today.offered)),
    Figure.ABANDONED: _of_today(
        lambda today: (today.abandoned.count if today.offered else None, today.offered or None)
    ),
    Figure.ANSWERED: _of_today(lambda today: (today.answered if today else None, None)),
    Figure.AVERAGE_WAIT: _average_wait,
    Figure.AVERAGE_SESSION: _average_session,
}
