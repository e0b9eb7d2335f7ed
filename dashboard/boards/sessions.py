"""Sessions: one row each, and why a waiting one waits. Pure.

Answers questions 1-3, 5-7 and 10 of PRODUCT §2.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.boards.listing import ListSpec, SortKey
from dashboard.boards.moment import Level, Moment, Wait, judge_wait
from dashboard.boards.relations import (
    clients_of,
    known_keys,
    link_of,
    members_of,
    name_or_none,
    owner_of,
    queue_keys_of,
    queue_name,
    representative_name,
    representatives_in,
    session_keys_of,
    sessions_in,
    skills_held,
    skills_of,
)
from realtime.change import Applied
from realtime.presence import (
    RepresentativeState,
    SessionState,
    representative_state,
    session_state,
    waiting_in,
    waiting_since,
)
from realtime.schema import Representative, split_key
from realtime.state import State


@dataclass(frozen=True, slots=True)
class Why:
    """Why a session waits: a sentence, and how many representatives could take it now."""

    words: str
    takers: int


@dataclass(frozen=True, slots=True)
class Person:
    """A representative named in a row."""

    key: str
    name: str


LINGER = timedelta(seconds=5)
"""How long a session that ended stays on its list, marked as ended."""


class AgeBand(StrEnum):
    """How long a session has been in the system, in the bands that people filter by."""

    UNDER_15 = "under-15-min"
    UNDER_60 = "15-to-60-min"
    OVER_60 = "over-1-h"


_BANDS = ((timedelta(minutes=15), AgeBand.UNDER_15), (timedelta(minutes=60), AgeBand.UNDER_60))


@dataclass(frozen=True, slots=True)
class Age:
    """A session's age band; `turns_at` is when it grows into the next one."""

    band: AgeBand
    turns_at: datetime | None


def judge_age(created_at: datetime, now: datetime) -> Age:
    """Return the band of a session that began at `created_at`."""
    for end, band in _BANDS:
        if now < created_at + end:
            return Age(band, created_at + end)
    return Age(AgeBand.OVER_60, None)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session as a list shows it. Times are on the appliance's clock."""

    key: str
    source: str
    lsid: str
    state: SessionState
    customer: str
    company: str
    queue_key: str
    queue: str
    start_method: str
    client_types: tuple[str, ...]
    priority: int | None
    skills: tuple[str, ...]
    representatives: tuple[Person, ...]
    why: Why | None
    wait: Wait | None
    pickup_at: datetime | None
    created_at: datetime | None
    age: Age | None
    ended_at: datetime | None = None
    is_personal: bool = False

    @property
    def link(self) -> str:
        """What a link names it by."""
        return link_of(self.key, self.lsid)

    @property
    def level(self) -> Level:
        """How its wait stands; a session that does not wait is OK."""
        return self.wait.level if self.wait else Level.OK

    @property
    def turns_at(self) -> datetime | None:
        """When time alone changes the row."""
        if self.ended_at:
            return self.ended_at + LINGER
        turns = (self.wait.turns_at if self.wait else None, self.age.turns_at if self.age else None)
        return min((turn for turn in turns if turn is not None), default=None)


def session_row(moment: Moment, key: str) -> SessionRow | None:
    """Return the row of a session, None when it is not held."""
    state = moment.state
    row = state.support_sessions.get(key)
    if row is None:
        return None
    doing = session_state(state, key, row)
    queue_key = row.get("queue_id") or ""
    created_at = row.get("created_at")
    entered_at = waiting_since(row)
    waits = doing in (SessionState.WAITING, SessionState.ASSIGNED)
    target = moment.targets.seconds(*known_keys(state, queue_key))
    return SessionRow(
        key=key,
        source=split_key(key)[0],
        lsid=row.get("lsid") or "",
        state=doing,
        customer=name_or_none(row.get("customer_name")),
        company=row.get("customer_company") or "",
        queue_key=queue_key,
        queue=queue_name(state.queues.get(queue_key)),
        start_method=row.get("start_method") or "",
        client_types=tuple(sorted({client.get("client_type") or "" for client in clients_of(state, key)} - {""})),
        priority=row.get("priority"),
        skills=skills_of(state, key),
        representatives=tuple(Person(rep, representative_name(one)) for rep, one in representatives_in(state, key)),
        why=why_waiting(moment, key, doing, queue_key) if waits else None,
        wait=judge_wait(entered_at, target, moment.now(key)) if waits and entered_at else None,
        pickup_at=row.get("estimated_pickup_at") if waits else None,
        created_at=created_at,
        age=judge_age(created_at, moment.now(key)) if created_at else None,
        is_personal=is_personal(state, queue_key),
    )


def is_personal(state: State, queue_key: str) -> bool:
    """Whether a queue is a representative's own."""
    return (state.queues.get(queue_key) or {}).get("type") == "personal"


def ended_row(row: SessionRow, at: datetime) -> SessionRow:
    """Return the row of a session that we saw end at `at`; it waits no more."""
    return replace(row, ended_at=at, wait=None, why=None, pickup_at=None)


def why_waiting(moment: Moment, key: str, doing: SessionState, queue_key: str) -> Why:
    """Say why nobody has taken a session yet (PRODUCT §5)."""
    state = moment.state
    if doing is SessionState.ASSIGNED:
        owner = owner_of(state, queue_key)
        if owner is None:
            return Why("the named representative is not logged in", 0)
        return Why(f"assigned to {representative_name(owner[1])}, not accepted yet", 1)
    wanted = frozenset(skills_of(state, key))
    # A queue's sessions that want the same share the answer: it takes a look at everybody in the queue.
    return moment.once(("why", queue_key, wanted), lambda: _why_untaken(state, queue_key, wanted))


def _why_untaken(state: State, queue_key: str, wanted: frozenset[str]) -> Why:
    members = list(members_of(state, queue_key))
    if not members:
        return Why("queue unstaffed", 0)
    able = [(rep, row) for rep, row in members if wanted <= skills_held(row)]
    if not able:
        return Why(f"nobody has {' and '.join(sorted(wanted))}", 0)
    takers = sum(1 for _, row in able if row.get("routing_available"))
    if takers:
        return Why(f"{takers} can take this", takers)
    return Why(_unavailable_words(state, able), 0)


_REASONS = {
    RepresentativeState.AT_MAX: "at max sessions",
    RepresentativeState.NOT_ACCEPTING: "with auto-assign off",
    RepresentativeState.AWAY: "away",
    RepresentativeState.PRESENTING: "presenting",
    RepresentativeState.IN_SESSION: "in session",
    RepresentativeState.UNAVAILABLE: "unavailable",
}


def _unavailable_words(state: State, able: list[tuple[str, Representative]]) -> str:
    reasons = Counter(_REASONS[_obstacle(state, rep, row)] for rep, row in able)
    if len(reasons) == 1:
        reason, count = reasons.most_common(1)[0]
        return f"all {count} {reason}" if count > 1 else f"the only one is {reason}"
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def _obstacle(state: State, key: str, row: Representative) -> RepresentativeState:
    """Return what keeps a representative from taking a session; being in one is the weakest reason."""
    if row.get("routing_busy"):
        return RepresentativeState.AT_MAX
    if row.get("routing_enabled") is False:
        return RepresentativeState.NOT_ACCEPTING
    if row.get("routing_idle"):
        return RepresentativeState.AWAY
    doing = representative_state(state, key, row)
    return RepresentativeState.UNAVAILABLE if doing is RepresentativeState.AVAILABLE else doing


def affected_sessions(state: State, applied: Applied) -> set[str]:
    """Return the keys of the sessions whose row a step may have altered; `state` is after the step."""
    keys = set(applied.rows.get("support_session", ()))
    for table in ("customer_client", "representative_support_session", "support_session_skill"):
        keys |= applied.targets(table, "support_session_id")
    queues = set(applied.rows.get("queue", ()))
    queues |= applied.targets("representative_queue", "queue_id")
    for representative in applied.rows.get("representative", {}):
        keys.update(session_keys_of(state, representative))
        queues.update(queue_keys_of(state, representative))
    for table in ("representative", "known_queue"):
        queues |= applied.targets(table, "queue_id")
    for queue in queues:
        keys.update(sessions_in(state, queue))
    return keys | _kept_waiting(state, applied)


def _kept_waiting(state: State, applied: Applied) -> set[str]:
    """Return the sessions that may wait for another reason now: somebody is in a session, presents, or no longer."""
    tables = ("representative_support_session", "presenter")
    busy = {key for table in tables for key in applied.targets(table, "representative_id")}
    queues = {queue for key in busy for queue in queue_keys_of(state, key)}
    return {session for queue in queues for session in waiting_in(state, queue)}


PERSONAL = "personal"  # stands for every representative's own queue
PAST_TARGET = "past-target"
NO_AGE = "no-age"
_TABS = (SessionState.WAITING, SessionState.WITH_REP, SessionState.ASSIGNED, SessionState.CUSTOMER_GONE)
_STATES = list(SessionState)
_PRIORITY_WORDS = {1: "high", 2: "medium", 3: "low"}

SESSION_LIST: ListSpec[SessionRow] = ListSpec(
    sorts={
        "urgency": lambda row: row.level is not Level.CRITICAL,
        "state": lambda row: _STATES.index(row.state),
        "customer": lambda row: row.customer.casefold(),
        "queue": lambda row: row.queue.casefold(),
        "priority": lambda row: row.priority,
        "with": lambda row: row.representatives[0].name.casefold() if row.representatives else None,
        "wait": lambda row: row.wait.since if row.wait else None,
        "pickup": lambda row: row.pickup_at,
        "age": lambda row: row.created_at,
    },
    filters={
        "state": lambda row: (row.state.value,),
        "client": lambda row: row.client_types,
        "start": lambda row: (row.start_method,) if row.start_method else (),
        "queue": lambda row: (PERSONAL if row.is_personal else row.queue,),
        "skill": lambda row: row.skills,
        "priority": lambda row: (_PRIORITY_WORDS.get(row.priority or 0, str(row.priority)),) if row.priority else (),
        "age": lambda row: (row.age.band.value,) if row.age else (),
        "level": lambda row: (row.level.value,) if row.wait else (),
        "source": lambda row: (row.source,),
    },
    search=lambda row: (
        row.customer,
        row.company,
        row.queue,
        row.lsid,
        *row.skills,
        *(person.name for person in row.representatives),
    ),
    default_sort=(SortKey("urgency"), SortKey("age")),
    orders={
        "age": tuple(band.value for band in AgeBand),
        "level": tuple(level.value for level in reversed(Level)),
        "priority": tuple(_PRIORITY_WORDS.values()),
    },
    tabs=tuple(state.value for state in _TABS),
    band=lambda row: PAST_TARGET if row.level is Level.CRITICAL else row.age.band.value if row.age else NO_AGE,
    columns=("state", "customer", "queue", "how", "priority", "skill", "with", "pickup", "age"),
    fixed=("state", "customer", "age"),
)
"""Sessions as a list: those past their target first, then the oldest."""
