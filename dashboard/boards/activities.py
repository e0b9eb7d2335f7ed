"""Activities: who does what for whom, in which product, since when, as rows of all vendors alike. Pure.

An *activity* is a session of a polled vendor, or a support session or presentation of an appliance. Each has one row,
under "<source>:<external id>" or "<source>:<table>/<row id>".
"""

from dataclasses import replace
from datetime import datetime

from dashboard.boards.activity import ActivityRow, Doing, Opening, Tab, exactly, urgency
from dashboard.boards.links import APPLIANCE
from dashboard.boards.moment import Bound, Moment, Since
from dashboard.boards.people import PersonRef, refer
from dashboard.boards.polled_activities import polled_row
from dashboard.boards.relations import (
    link_of,
    name_or_none,
    queue_name,
    representative_name,
    representatives_in,
    session_keys_of,
    sessions_in,
)
from dashboard.boards.sessions import LINGER
from realtime.change import Applied
from realtime.presence import SessionState, session_state
from realtime.schema import Representative, row_key, split_key
from realtime.state import State
from realtime.vendor_session import Kind

ACTIVITY_TABLES = ("vendor_session", "support_session", "presentation_session")


def activity_key(table: str, key: str) -> str:
    """Return the key of the activity that a table's row stands for."""
    if table == "vendor_session":
        return key
    source, row_id = split_key(key)
    return row_key(source, f"{table}/{row_id}")


def activity_row(moment: Moment, key: str) -> ActivityRow | None:
    """Return an activity's row, None when it is not held."""
    told = moment.state.vendor_sessions.get(key)
    if told is not None:
        return polled_row(moment, key, told)
    source, rest = split_key(key)
    table, _, row_id = rest.partition("/")
    if table == "support_session":
        return _session_row(moment, key, row_key(source, row_id))
    if table == "presentation_session":
        return _presentation_row(moment, key, row_key(source, row_id))
    return None


def ended_activity(row: ActivityRow, at: datetime) -> ActivityRow:
    """Return the row of something on an appliance that we saw end at `at`."""
    tabs = (Tab.NOW.value, Tab.ENDED.value)
    since = Since(at)
    return replace(
        row,
        doing=Doing.ENDED,
        since=since,
        ended_at=at,
        tabs=tabs,
        is_today=True,
        urgency=urgency(Doing.ENDED, since),
        turns_at=at + LINGER,
    )


def _session_row(moment: Moment, key: str, session_key: str) -> ActivityRow | None:
    state = moment.state
    held = state.support_sessions.get(session_key)
    if held is None:
        return None
    doing = _OF_SESSION[session_state(state, session_key, held)]
    created_at, entered_at = held.get("created_at"), held.get("queue_entered_at")
    queue_key = held.get("queue_id") or ""
    queue = state.queues.get(queue_key)
    match doing:
        case Doing.WAITING | Doing.ASSIGNED:
            since = exactly(entered_at or created_at)
        case Doing.ACTIVE:
            since = exactly(_answered_at(state, session_key)) or exactly(created_at)
        case _:
            since = Since(created_at, Bound.AT_MOST) if created_at else None
    row = _appliance_row(
        key, Kind.SUPPORT, created_at, Opening("session", link_of(session_key, held.get("lsid") or ""))
    )
    return replace(
        row,
        doing=doing,
        since=since,
        urgency=urgency(doing, since),
        people=tuple(_person(moment, rep, one) for rep, one in representatives_in(state, session_key)),
        customer=name_or_none(held.get("customer_name")),
        organisation=held.get("customer_company") or "",
        subject=held.get("issue_description") or "",
        queue="" if queue is None or queue.get("type") == "personal" else queue_name(queue),
        queue_key=queue_key,
    )


def _presentation_row(moment: Moment, key: str, presentation_key: str) -> ActivityRow | None:
    state = moment.state
    held = state.presentation_sessions.get(presentation_key)
    if held is None:
        return None
    presenters = []
    for presenter in state.referring("presenter", "presentation_session_id", presentation_key):
        rep = state.presenters[presenter].get("representative_id") or ""
        if rep in state.representatives:
            presenters.append(_person(moment, rep, state.representatives[rep]))
    created_at = held.get("created_at")
    row = _appliance_row(key, Kind.PRESENTATION, created_at, Opening("presentation", presentation_key))
    subject = name_or_none(held.get("presentation_name"))
    since = exactly(created_at)
    return replace(row, since=since, urgency=urgency(Doing.ACTIVE, since), people=tuple(presenters), subject=subject)


def _appliance_row(key: str, kind: Kind, created_at: datetime | None, opens: Opening) -> ActivityRow:
    return ActivityRow(
        key=key,
        source=split_key(key)[0],
        vendor=APPLIANCE,
        kind=kind.value,
        doing=Doing.ACTIVE,
        opens=opens,
        tabs=(Tab.NOW.value,),
        created_at=created_at,
    )


def _answered_at(state: State, session_key: str) -> datetime | None:
    """Return when the first of those who are in a session now took it."""
    parts = state.representative_support_sessions
    keys = state.referring("representative_support_session", "support_session_id", session_key)
    times = (parts[key].get("created_at") for key in keys)
    return min((time for time in times if time is not None), default=None)


def _person(moment: Moment, key: str, row: Representative) -> PersonRef:
    """Return who a representative is."""
    source, name = split_key(key)[0], representative_name(row)
    return moment.people.find(source, row.get("username") or "", name) or refer(key, name)


def affected_activities(state: State, applied: Applied) -> set[str]:
    """Return the keys of the activities whose row a step may have altered; `state` is after the step."""
    keys = set(applied.rows.get("vendor_session", ()))
    keys |= {activity_key("support_session", key) for key in _touched_sessions(state, applied)}
    return keys | {activity_key("presentation_session", key) for key in touched_presentations(state, applied)}


def _touched_sessions(state: State, applied: Applied) -> set[str]:
    keys = set(applied.rows.get("support_session", ()))
    for table in ("customer_client", "representative_support_session"):
        keys |= applied.targets(table, "support_session_id")
    for queue in applied.rows.get("queue", {}):
        keys.update(sessions_in(state, queue))
    for representative in applied.rows.get("representative", {}):
        keys.update(session_keys_of(state, representative))
    return keys


def touched_presentations(state: State, applied: Applied) -> set[str]:
    """Return the keys of the presentations of which a step altered something, or who presents."""
    keys = set(applied.rows.get("presentation_session", ()))
    keys |= applied.targets("presenter", "presentation_session_id")
    for representative in applied.rows.get("representative", {}):
        for presenter in state.referring("presenter", "representative_id", representative):
            keys.add(state.presenters[presenter].get("presentation_session_id") or "")
    return keys - {""}


_OF_SESSION = {
    SessionState.WAITING: Doing.WAITING,
    SessionState.ASSIGNED: Doing.ASSIGNED,
    SessionState.WITH_REP: Doing.ACTIVE,
    SessionState.CUSTOMER_GONE: Doing.CUSTOMER_GONE,
}
