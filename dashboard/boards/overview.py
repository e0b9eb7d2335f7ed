"""The overview: the whole support center at a glance, from the rows of the other boards. Pure.

Every representative counts once, whatever number of queues they are in.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.boards.links import Condition, describe, is_mirrored, vendor_of
from dashboard.boards.listing import ListQuery
from dashboard.boards.moment import Level, Moment
from dashboard.boards.presentations import PresentationRow
from dashboard.boards.queues import QUEUE_LIST, QueueRow
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.service import Day, day_so_far
from dashboard.boards.sessions import SESSION_LIST, SessionRow
from dashboard.boards.trend import Sampled, Trend, trend_of
from realtime.presence import RepresentativeState, SessionState
from realtime.status import LinkStatus

ATTENTION_LIMIT = 8
QUEUE_LIMIT = 12


@dataclass(frozen=True, slots=True)
class StateShare:
    """How many representatives are in a state."""

    state: RepresentativeState
    count: int


@dataclass(frozen=True, slots=True)
class SourceShare:
    """One source: how its link is, and its activities by what they are now. Unknown until its first copy came."""

    source: str
    vendor: str
    condition: Condition
    is_known: bool
    open: int
    waiting: int
    unknown: int
    scheduled_today: int
    ended_today: int
    is_polled: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The key figures. `longest` is the session that waits longest; `can_take` counts whoever the appliance would give
    a session, `available` those of them who are free."""

    waiting: int
    past_target: int
    at_risk: int
    longest: SessionRow | None
    sessions: int
    with_rep: int
    assigned: int
    customer_gone: int
    logged_in: int
    can_take: int
    available: int
    in_session: int
    away: int
    presentations: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview shows; the lists are cut to what fits, `attention` and `queues` worst first.

    `today` is what came of the day's stays so far; the trends are of the last hour.
    """

    figures: Figures
    today: Day
    waiting_trend: Trend
    longest_trend: Trend
    states: tuple[StateShare, ...]
    attention: tuple[SessionRow, ...]
    attention_count: int
    queues: tuple[QueueRow, ...]
    queue_count: int


def make_overview(
    moment: Moment,
    sessions: Collection[SessionRow],
    representatives: Collection[RepresentativeRow],
    queues: Collection[QueueRow],
    presentations: Collection[PresentationRow],
    stale: Collection[str] = (),
) -> Overview:
    """Put the overview together from all rows in view. Of `stale` sources only queues are shown, after all others."""
    current = [row for row in queues if row.source not in stale]
    sessions = [row for row in sessions if row.source not in stale]
    representatives = [row for row in representatives if row.source not in stale]
    presentations = [row for row in presentations if row.source not in stale]
    attention = SESSION_LIST.order((row for row in sessions if needs_attention(row)), ListQuery())
    ordered = sorted(QUEUE_LIST.order(queues, ListQuery()), key=lambda row: row.source in stale)
    members = Counter(row.state for row in representatives)
    return Overview(
        figures=_figures(sessions, representatives, members, len(presentations)),
        today=day_so_far(moment, {row.key: row.today for row in current}),
        waiting_trend=trend_of(moment, current, Sampled.WAITING),
        longest_trend=trend_of(moment, current, Sampled.LONGEST),
        states=tuple(StateShare(state, members[state]) for state in RepresentativeState),
        attention=tuple(attention[:ATTENTION_LIMIT]),
        attention_count=len(attention),
        queues=tuple(ordered[:QUEUE_LIMIT]),
        queue_count=len(queues),
    )


def _figures(
    sessions: Collection[SessionRow],
    representatives: Collection[RepresentativeRow],
    members: Counter[RepresentativeState],
    presentations: int,
) -> Figures:
    by_state = Counter(row.state for row in sessions)
    waiting = [row for row in sessions if row.state is SessionState.WAITING]
    levels = Counter(row.level for row in waiting)
    return Figures(
        waiting=len(waiting),
        past_target=levels[Level.CRITICAL],
        at_risk=levels[Level.RISK],
        longest=min((row for row in waiting if row.wait), key=_waiting_since, default=None),
        sessions=len(sessions),
        with_rep=by_state[SessionState.WITH_REP],
        assigned=by_state[SessionState.ASSIGNED],
        customer_gone=by_state[SessionState.CUSTOMER_GONE],
        logged_in=len(representatives),
        can_take=sum(1 for row in representatives if row.flags.available),
        available=members[RepresentativeState.AVAILABLE],
        in_session=members[RepresentativeState.IN_SESSION],
        away=members[RepresentativeState.AWAY],
        presentations=presentations,
    )


def source_shares(
    statuses: Mapping[str, LinkStatus],
    tally: Mapping[tuple[str, str], int],
    vendors: Mapping[str, str],
    now: datetime,
) -> tuple[SourceShare, ...]:
    """Return the sources with their links at `now` (our clock); `tally` counts their activities by what they are."""

    def count(source: str, what: str) -> int:
        return tally.get((source, what), 0)

    return tuple(
        SourceShare(
            source=name,
            vendor=vendor_of(status, vendors),
            condition=describe(status, now),
            is_known=status.seq > 0 or status.last_contact_at is not None,
            open=count(name, "open"),
            waiting=count(name, "waiting"),
            unknown=count(name, "unknown"),
            scheduled_today=count(name, "scheduled today"),
            ended_today=count(name, "ended today"),
            is_polled=not is_mirrored(status),
        )
        for name, status in sorted(statuses.items())
    )


def needs_attention(row: SessionRow) -> bool:
    """Whether somebody should look at a session: it waits near or past its target, or its customer is gone."""
    return row.level is not Level.OK or row.state is SessionState.CUSTOMER_GONE


def _waiting_since(row: SessionRow) -> tuple[str, str]:
    return (row.wait.since.isoformat() if row.wait else "", row.key)
