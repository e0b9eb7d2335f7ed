"""One session, one representative, one queue: everything the drawer shows. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.boards.moment import Moment
from dashboard.boards.queues import QueueRow, Taker, queue_row, takers_of, waiting_in
from dashboard.boards.relations import clients_of, queue_name
from dashboard.boards.representatives import RepresentativeRow, representative_row
from dashboard.boards.sessions import SessionRow, session_row
from realtime.presence import SessionState
from realtime.state import State


@dataclass(frozen=True, slots=True)
class Client:
    """A customer's client."""

    hostname: str
    operating_system: str
    type: str
    is_elevated: bool
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One stay of a session in a queue; `left_at` None while it is there."""

    queue: str
    entered_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Participation:
    """A representative's part in a session."""

    key: str
    name: str
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """One session with everything that belongs to it. `attributes` are (code name, value)."""

    row: SessionRow
    description: str
    issue: str
    site: str
    company_code: str
    primary_team: str
    clients: tuple[Client, ...]
    attributes: tuple[tuple[str, str], ...]
    participations: tuple[Participation, ...]
    journey: tuple[Step, ...]
    takers: tuple[Taker, ...]


@dataclass(frozen=True, slots=True)
class RepresentativeDetail:
    """One representative with the sessions they are in."""

    row: RepresentativeRow
    sessions: tuple[SessionRow, ...]


@dataclass(frozen=True, slots=True)
class QueueDetail:
    """One queue with who waits in it, longest first, and who can take a session of it."""

    row: QueueRow
    waiting: tuple[SessionRow, ...]
    takers: tuple[Taker, ...]


def session_detail(moment: Moment, key: str) -> SessionDetail | None:
    """Return a session's detail, None when it is not held."""
    row = session_row(moment, key)
    if row is None:
        return None
    state, held = moment.state, moment.state.support_sessions[key]
    waits = row.state is SessionState.WAITING
    return SessionDetail(
        row=row,
        description=held.get("customer_description") or "",
        issue=held.get("issue_description") or held.get("issue_code_name") or "",
        site=held.get("public_site_name") or "",
        company_code=held.get("customer_company_code") or "",
        primary_team=queue_name(state.queues.get(held.get("primary_team_queue_id") or "")),
        clients=_clients(state, key),
        attributes=_attributes(state, key),
        participations=_participations(state, row),
        journey=(*_past_steps(state, key), Step(row.queue, held.get("queue_entered_at"), None)),
        takers=tuple(takers_of(state, row.queue_key, key)) if waits else (),
    )


def representative_detail(moment: Moment, key: str) -> RepresentativeDetail | None:
    """Return a representative's detail, None when they are not logged in."""
    row = representative_row(moment, key)
    if row is None:
        return None
    sessions = (session_row(moment, part.session_key) for part in row.parts)
    return RepresentativeDetail(row, tuple(session for session in sessions if session))


def queue_detail(moment: Moment, key: str) -> QueueDetail | None:
    """Return a queue's detail by its lasting key, None when it was never seen."""
    row = queue_row(moment, key)
    if row is None:
        return None
    waiting = (session_row(moment, session) for session in waiting_in(moment.state, row.queue_key))
    takers = takers_of(moment.state, row.queue_key)
    return QueueDetail(row, tuple(session for session in waiting if session), tuple(takers))


def _clients(state: State, key: str) -> tuple[Client, ...]:
    clients = (
        Client(
            hostname=row.get("hostname") or "",
            operating_system=row.get("operating_system") or "",
            type=row.get("client_type") or "",
            is_elevated=bool(row.get("elevated")),
            joined_at=row.get("created_at"),
        )
        for row in clients_of(state, key)
    )
    return tuple(sorted(clients, key=lambda one: (str(one.joined_at or ""), one.hostname)))


def _attributes(state: State, key: str) -> tuple[tuple[str, str], ...]:
    rows = state.support_session_attributes
    keys = state.referring("support_session_attribute", "support_session_id", key)
    return tuple(sorted((rows[one].get("code_name") or "", rows[one].get("value") or "") for one in keys))


def _participations(state: State, row: SessionRow) -> tuple[Participation, ...]:
    joined = {}
    for key in state.referring("representative_support_session", "support_session_id", row.key):
        part = state.representative_support_sessions[key]
        joined[part.get("representative_id")] = part.get("created_at")
    return tuple(Participation(person.key, person.name, joined.get(person.key)) for person in row.representatives)


def _past_steps(state: State, key: str) -> tuple[Step, ...]:
    stays = (state.queue_stays[one] for one in state.referring("queue_stay", "support_session_id", key))
    steps = (Step(stay.get("queue_name") or "", stay.get("entered_at"), stay.get("left_at")) for stay in stays)
    return tuple(sorted(steps, key=lambda step: str(step.left_at or "")))
