"""One session, representative, queue, presentation or session of a polled vendor: what the drawer shows. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.boards.activities import activity_key, activity_row
from dashboard.boards.activity import ActivityRow
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import PresentationRow, presentation_row
from dashboard.boards.queues import QueueRow, Taker, queue_row, takers_of
from dashboard.boards.records import safe_link
from dashboard.boards.relations import clients_of, queue_name
from dashboard.boards.representatives import RepresentativeRow, representative_row
from dashboard.boards.service import Day, PastDay, Quantiles, day_so_far, past_days, quantiles_today
from dashboard.boards.sessions import SessionRow, session_row
from realtime.presence import SessionState, waiting_in
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
    """One queue with who waits in it, longest first, and who can take a session of it: the first of each.

    A session's row takes a look at everybody in the queue, so a long queue's rows are not all drawn. `today` is what
    came of the day so far, `days` of those before it that are kept, the latest first.
    """

    row: QueueRow
    waiting: tuple[SessionRow, ...]
    waiting_count: int
    takers: tuple[Taker, ...]
    today: Day
    quantiles: Quantiles | None
    days: tuple[PastDay, ...]


@dataclass(frozen=True, slots=True)
class TimeFact:
    """A moment in a session's life, as its vendor tells it."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VendorSessionDetail:
    """One session of a polled vendor. `url` leads into the vendor's product, "" unless it is a safe link.

    `basis` is how sure the times are (`realtime.vendor_session.TimeBasis`).
    """

    row: ActivityRow
    times: tuple[TimeFact, ...]
    basis: str
    url: str
    login: str
    external_id: str


WAITING_SHOWN = 25
TAKERS_SHOWN = 40
_TIMES = ("scheduled_at", "created_at", "started_at", "joined_at", "ended_at")


def vendor_session_detail(moment: Moment, key: str) -> VendorSessionDetail | None:
    """Return the detail of a polled vendor's session, None when it is not held."""
    told, row = moment.state.vendor_sessions.get(key), activity_row(moment, key)
    if told is None or row is None:
        return None
    told_times = {name: told.get(name) for name in _TIMES}
    return VendorSessionDetail(
        row=row,
        times=tuple(TimeFact(name, at) for name, at in told_times.items() if isinstance(at, datetime)),
        basis=told.get("time_basis") or "",
        url=safe_link(told.get("url") or ""),
        login=told.get("technician_email") or "",
        external_id=told.get("external_id") or "",
    )


def presentation_detail(moment: Moment, key: str) -> PresentationRow | None:
    """Return a presentation of an appliance, None when it is not held."""
    return presentation_row(moment, activity_key("presentation_session", key))


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
        takers=tuple(takers_of(state, row.queue_key, key)[:TAKERS_SHOWN]) if waits else (),
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
    waiting = waiting_in(moment.state, row.queue_key)
    shown = (session_row(moment, session) for session in waiting[:WAITING_SHOWN])
    takers = takers_of(moment.state, row.queue_key)[:TAKERS_SHOWN]
    return QueueDetail(
        row=row,
        waiting=tuple(session for session in shown if session),
        waiting_count=len(waiting),
        takers=tuple(takers),
        today=day_so_far(moment, {key: row.today}),
        quantiles=quantiles_today(moment, key),
        days=past_days(moment, key, row.target_seconds),
    )


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
