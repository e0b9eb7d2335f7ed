"""Team queues: who waits, how long, against which target, and who is there to take them. Pure.

A queue that the appliance dropped because nobody is logged in stays on the board as unstaffed: rows are keyed by the
queue's lasting key. Answers questions 1, 4 and 9 of PRODUCT §2.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dashboard.boards.listing import ListSpec, SortKey
from dashboard.boards.moment import Level, Moment, Wait, judge_wait
from dashboard.boards.relations import (
    known_keys,
    members_of,
    name_or_none,
    queue_keys_of,
    representative_name,
    skills_held,
    skills_of,
)
from dashboard.boards.service import Service, served_today, tomorrow_at
from realtime.change import Applied
from realtime.presence import RepresentativeState, representative_state, waiting_in, waiting_since
from realtime.schema import split_key
from realtime.state import State


class QueueCondition(StrEnum):
    """How a queue stands, worst first."""

    CRITICAL = "critical"  # somebody waits past the target
    UNSTAFFED = "unstaffed"  # somebody waits, and nobody is logged in to it
    RISK = "risk"
    OK = "ok"
    EMPTY = "empty"  # nobody is logged in to it, and nobody waits: a night desk by day


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One team or prewait queue. Times are on the appliance's clock.

    `queue_key` is empty while the appliance holds no such row. `members` counts distinct representatives by state.
    `today` is what came of the stays of its day so far, `target_percent` the service level that is wanted.
    """

    key: str
    source: str
    queue_key: str
    name: str
    type: str
    condition: QueueCondition
    waiting: int
    wait: Wait | None
    target_seconds: int
    target_percent: int
    pickup_at: datetime | None
    members: tuple[tuple[RepresentativeState, int], ...]
    available: int
    unstaffed_at: datetime | None
    is_exact: bool
    today: Service
    turns_at: datetime | None

    @property
    def member_count(self) -> int:
        """How many representatives are logged in to the queue."""
        return sum(count for _, count in self.members)


@dataclass(frozen=True, slots=True)
class Taker:
    """A representative of a queue and why they can or cannot take a session of it now."""

    key: str
    name: str
    state: RepresentativeState
    session_count: int
    is_available: bool
    missing_skills: tuple[str, ...]


def queue_row(moment: Moment, key: str) -> QueueRow | None:
    """Return the row of a known queue, None when it was never seen."""
    state = moment.state
    known = state.known_queues.get(key)
    if known is None:
        return None
    queue_key = known.get("queue_id") or ""
    target = moment.targets.seconds(key)
    waiting = waiting_in(state, queue_key)
    waits = _waits(moment, waiting, target)
    members = list(members_of(state, queue_key))
    by_state = Counter(representative_state(state, rep, row) for rep, row in members)
    longest = min(waits, key=lambda wait: wait.since, default=None)
    today = served_today(moment, key, target)
    turns = [longest.turns_at if longest else None, tomorrow_at(moment, key) if today else None]
    return QueueRow(
        key=key,
        source=split_key(key)[0],
        queue_key=queue_key,
        name=name_or_none(known.get("name") or known.get("code_name")),
        type=known.get("type") or "",
        condition=_condition(longest, bool(members)),
        waiting=len(waits),
        wait=longest,
        target_seconds=target,
        target_percent=moment.targets.percent,
        pickup_at=_next_pickup(state, waiting),
        members=tuple((one, by_state[one]) for one in RepresentativeState if by_state[one]),
        available=sum(1 for _, row in members if row.get("routing_available")),
        unstaffed_at=None if members else known.get("unstaffed_at"),
        is_exact=bool(known.get("is_exact")),
        today=today,
        turns_at=min((at for at in turns if at is not None), default=None),
    )


def takers_of(state: State, queue_key: str, session_key: str = "") -> list[Taker]:
    """Return a queue's representatives, those who can take a session (or this one) first."""
    wanted = frozenset(skills_of(state, session_key)) if session_key else frozenset()
    takers = [
        Taker(
            key=rep,
            name=representative_name(row),
            state=representative_state(state, rep, row),
            session_count=len(state.referring("representative_support_session", "representative_id", rep)),
            is_available=bool(row.get("routing_available")),
            missing_skills=tuple(sorted(wanted - skills_held(row))),
        )
        for rep, row in members_of(state, queue_key)
    ]
    return sorted(takers, key=lambda one: (bool(one.missing_skills), not one.is_available, one.session_count, one.key))


def _waits(moment: Moment, session_keys: list[str], target_seconds: int) -> list[Wait]:
    waits = []
    for key in session_keys:
        now = moment.now(key)
        row = moment.state.support_sessions[key]
        waits.append(judge_wait(waiting_since(row) or now, target_seconds, now))
    return waits


def _condition(longest: Wait | None, is_staffed: bool) -> QueueCondition:
    if longest and longest.level is Level.CRITICAL:
        return QueueCondition.CRITICAL
    if not is_staffed:
        return QueueCondition.UNSTAFFED if longest else QueueCondition.EMPTY
    return QueueCondition.RISK if longest and longest.level is Level.RISK else QueueCondition.OK


def _next_pickup(state: State, session_keys: list[str]) -> datetime | None:
    """Return when the appliance expects the next of these sessions to be picked up."""
    times = [state.support_sessions[key].get("estimated_pickup_at") for key in session_keys]
    return min((time for time in times if time is not None), default=None)


def affected_queues(state: State, applied: Applied) -> set[str]:
    """Return the lasting keys of the queues whose row a step may have altered; `state` is after the step."""
    queues = set(applied.rows.get("queue", ()))
    queues |= applied.targets("support_session", "queue_id")
    queues |= applied.targets("representative_queue", "queue_id")
    for table in ("customer_client", "representative_support_session"):
        for session in applied.targets(table, "support_session_id"):
            queues.add((state.support_sessions.get(session) or {}).get("queue_id") or "")
    representatives = set(applied.rows.get("representative", ()))
    for table in ("representative_support_session", "presenter"):
        representatives |= applied.targets(table, "representative_id")
    for representative in representatives:
        queues.update(queue_keys_of(state, representative))
    known = set(applied.rows.get("known_queue", ())) | applied.targets("queue_day", "known_queue_id")
    for queue in queues:
        known.update(known_keys(state, queue))
    return known


_CONDITIONS = list(QueueCondition)

QUEUE_LIST: ListSpec[QueueRow] = ListSpec(
    sorts={
        "condition": lambda row: _CONDITIONS.index(row.condition),
        "name": lambda row: row.name.casefold(),
        "waiting": lambda row: row.waiting,
        "longest": lambda row: row.wait.since if row.wait else None,
        "pickup": lambda row: row.pickup_at,
        "members": lambda row: row.member_count,
        "available": lambda row: row.available,
        "service": lambda row: row.today.level.percent if row.today.level.of else None,
        "abandoned": lambda row: row.today.abandoned.count if row.today.abandoned.of else None,
    },
    filters={
        "condition": lambda row: (row.condition.value,),
        "type": lambda row: (row.type,) if row.type else (),
        "source": lambda row: (row.source,),
    },
    search=lambda row: (row.name,),
    default_sort=(SortKey("condition"), SortKey("longest"), SortKey("name")),
    columns=("name", "condition", "waiting", "longest", "target", "pickup", "service", "abandoned", "members"),
    fixed=("name", "condition", "waiting"),
    orders={"condition": tuple(condition.value for condition in QueueCondition)},
)
"""Queues as a list: worst first."""
