"""The overview: the whole support center at a glance, from the rows of the other boards. Pure.

Every representative counts once, whatever number of queues they are in.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from dashboard.boards.listing import ListQuery
from dashboard.boards.moment import Level
from dashboard.boards.presentations import PresentationRow
from dashboard.boards.queues import QUEUE_LIST, QueueRow
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.sessions import SESSION_LIST, SessionRow
from realtime.presence import RepresentativeState, SessionState

ATTENTION_LIMIT = 8
QUEUE_LIMIT = 12


@dataclass(frozen=True, slots=True)
class StateShare:
    """How many representatives are in a state."""

    state: RepresentativeState
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures and lists of the overview. `longest` is the session that waits longest."""

    waiting: int
    past_target: int
    at_risk: int
    longest: SessionRow | None
    sessions: int
    with_rep: int
    assigned: int
    customer_gone: int
    logged_in: int
    available: int
    states: tuple[StateShare, ...]
    presentations: int
    attention: tuple[SessionRow, ...]
    attention_count: int
    queues: tuple[QueueRow, ...]
    queue_count: int


def make_overview(
    sessions: Collection[SessionRow],
    representatives: Collection[RepresentativeRow],
    queues: Collection[QueueRow],
    presentations: Collection[PresentationRow],
) -> Overview:
    """Put the overview together from all rows in view."""
    by_state = Counter(row.state for row in sessions)
    waiting = [row for row in sessions if row.state is SessionState.WAITING]
    levels = Counter(row.level for row in waiting)
    attention = SESSION_LIST.order((row for row in sessions if needs_attention(row)), ListQuery())
    members = Counter(row.state for row in representatives)
    return Overview(
        waiting=len(waiting),
        past_target=levels[Level.CRITICAL],
        at_risk=levels[Level.RISK],
        longest=min((row for row in waiting if row.wait), key=_waiting_since, default=None),
        sessions=len(sessions),
        with_rep=by_state[SessionState.WITH_REP],
        assigned=by_state[SessionState.ASSIGNED],
        customer_gone=by_state[SessionState.CUSTOMER_GONE],
        logged_in=len(representatives),
        available=sum(1 for row in representatives if row.flags.available),
        states=tuple(StateShare(state, members[state]) for state in RepresentativeState),
        presentations=len(presentations),
        attention=tuple(attention[:ATTENTION_LIMIT]),
        attention_count=len(attention),
        queues=tuple(QUEUE_LIST.order(queues, ListQuery())[:QUEUE_LIMIT]),
        queue_count=len(queues),
    )


def needs_attention(row: SessionRow) -> bool:
    """Whether somebody should look at a session: it waits near or past its target, or its customer is gone."""
    return row.level is not Level.OK or row.state is SessionState.CUSTOMER_GONE


def _waiting_since(row: SessionRow) -> tuple[str, str]:
    return (row.wait.since.isoformat() if row.wait else "", row.key)
