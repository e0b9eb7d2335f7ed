"""What a representative and a session are doing, in one word each, from the rows of a State. Pure.

Representatives have four independent routing flags; the first state that applies, in the order of the enumeration, is
theirs (PRODUCT, "A representative's state").
"""

from datetime import datetime
from enum import StrEnum

from realtime.schema import Representative, SupportSession
from realtime.state import State


class RepresentativeState(StrEnum):
    """A representative's state, in order of precedence."""

    IN_SESSION = "in-session"
    PRESENTING = "presenting"
    NOT_ACCEPTING = "not-accepting"
    AWAY = "away"
    AT_MAX = "at-max"
    AVAILABLE = "available"
    UNAVAILABLE = "unavailable"


class SessionState(StrEnum):
    """A session's state, in order of precedence."""

    CUSTOMER_GONE = "customer-gone"
    WITH_REP = "with-rep"
    ASSIGNED = "assigned"  # in a personal queue, not accepted yet
    WAITING = "waiting"


def representative_state(state: State, key: str, row: Representative) -> RepresentativeState:
    """Return the state of the representative `row` held under `key`."""
    if state.referring("representative_support_session", "representative_id", key):
        return RepresentativeState.IN_SESSION
    if state.referring("presenter", "representative_id", key):
        return RepresentativeState.PRESENTING
    if row.get("routing_enabled") is False:
        return RepresentativeState.NOT_ACCEPTING
    if row.get("routing_idle"):
        return RepresentativeState.AWAY
    if row.get("routing_busy"):
        return RepresentativeState.AT_MAX
    if row.get("routing_available"):
        return RepresentativeState.AVAILABLE
    return RepresentativeState.UNAVAILABLE


def session_state(state: State, key: str, row: SupportSession) -> SessionState:
    """Return the state of the session `row` held under `key`."""
    if not state.referring("customer_client", "support_session_id", key):
        return SessionState.CUSTOMER_GONE
    if state.referring("representative_support_session", "support_session_id", key):
        return SessionState.WITH_REP
    queue = state.queues.get(row.get("queue_id") or "")
    if queue is not None and queue.get("type") == "personal":
        return SessionState.ASSIGNED
    return SessionState.WAITING


def waiting_in(state: State, queue_key: str) -> list[str]:
    """Return the keys of the sessions that wait in a queue, longest first."""
    rows = state.support_sessions
    keys = [
        key
        for key in state.referring("support_session", "queue_id", queue_key)
        if session_state(state, key, rows[key]) is SessionState.WAITING
    ]
    return sorted(keys, key=lambda key: (str(rows[key].get("queue_entered_at") or ""), key))


def waiting_since(row: SupportSession) -> datetime | None:
    """Return when a session's wait began, as the appliance told it; None where it told nothing."""
    return row.get("queue_entered_at") or row.get("created_at")
