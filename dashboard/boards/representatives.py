"""Representatives: one row each, in one state with its time. Pure.

Answers questions 8 and 10-12 of PRODUCT §2.
"""

from dataclasses import dataclass
from datetime import datetime

from dashboard.boards.listing import Arrangement, ListSpec, SortKey
from dashboard.boards.moment import Bound, Moment, Since
from dashboard.boards.relations import (
    link_of,
    name_or_none,
    queue_name,
    representative_name,
    skills_held,
)
from realtime.change import Applied
from realtime.presence import RepresentativeState, representative_state
from realtime.schema import split_key
from realtime.state import State


@dataclass(frozen=True, slots=True)
class Place:
    """A queue a representative is logged in to."""

    queue_key: str
    queue: str
    role: str


@dataclass(frozen=True, slots=True)
class Part:
    """A session a representative is in."""

    session_key: str
    customer: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Flags:
    """The appliance's four routing flags as sent."""

    available: bool | None
    busy: bool | None
    enabled: bool | None
    idle: bool | None


@dataclass(frozen=True, slots=True)
class RepresentativeRow:
    """One representative as a list shows it. Times are on the appliance's clock."""

    key: str
    source: str
    name: str
    public_name: str
    username: str
    is_invited: bool
    state: RepresentativeState
    since: Since | None
    places: tuple[Place, ...]
    parts: tuple[Part, ...]
    skills: tuple[str, ...]
    flags: Flags
    logged_in_at: datetime | None

    @property
    def link(self) -> str:
        """What a link names them by."""
        return link_of(self.key, self.username)

    @property
    def turns_at(self) -> None:
        """Time alone never changes the row."""
        return None


def representative_row(moment: Moment, key: str) -> RepresentativeRow | None:
    """Return the row of a representative, None when they are not logged in."""
    state = moment.state
    row = state.representatives.get(key)
    if row is None:
        return None
    current = representative_state(state, key, row)
    return RepresentativeRow(
        key=key,
        source=split_key(key)[0],
        name=representative_name(row),
        public_name=row.get("public_display_name") or "",
        username=row.get("username") or "",
        is_invited=row.get("type") == "invited",
        state=current,
        since=state_since(moment, key, current),
        places=_places(state, key),
        parts=_parts(state, key),
        skills=tuple(sorted(skills_held(row))),
        flags=Flags(
            row.get("routing_available"), row.get("routing_busy"), row.get("routing_enabled"), row.get("routing_idle")
        ),
        logged_in_at=row.get("created_at"),
    )


def state_since(moment: Moment, key: str, current: RepresentativeState) -> Since | None:
    """Return since when a representative is in their state: as seen, else not after our look began or their login."""
    spell = moment.state.representative_spells.get(key)
    began = spell.get("since") if spell else None
    if spell and began is not None and spell.get("state") == current:
        return Since(began)
    status = moment.statuses.get(split_key(key)[0])
    if status is None or status.state_since is None:
        return None
    looking_since = status.state_since + moment.ahead(key)
    logged_in_at = moment.state.representatives[key].get("created_at")
    if logged_in_at and logged_in_at > looking_since:
        return Since(logged_in_at)
    return Since(looking_since, Bound.AT_LEAST)


def _places(state: State, key: str) -> tuple[Place, ...]:
    places = []
    for place_key in state.referring("representative_queue", "representative_id", key):
        place = state.representative_queues[place_key]
        queue_key = place.get("queue_id") or ""
        queue = state.queues.get(queue_key)
        if queue is not None and queue.get("type") != "personal":
            places.append(Place(queue_key, queue_name(queue), place.get("role") or ""))
    return tuple(sorted(places, key=lambda place: place.queue))


def _parts(state: State, key: str) -> tuple[Part, ...]:
    parts = []
    for part_key in state.referring("representative_support_session", "representative_id", key):
        part = state.representative_support_sessions[part_key]
        session_key = part.get("support_session_id") or ""
        session = state.support_sessions.get(session_key)
        if session is not None:
            parts.append(Part(session_key, name_or_none(session.get("customer_name")), part.get("created_at")))
    return tuple(parts)


def affected_representatives(state: State, applied: Applied) -> set[str]:
    """Return the keys of the representatives whose row a step may have altered; `state` is after the step."""
    keys = set(applied.rows.get("representative", ()))
    for table in ("representative_support_session", "presenter", "representative_queue", "representative_spell"):
        keys |= applied.targets(table, "representative_id")
    for queue in applied.rows.get("queue", {}):
        for place in state.referring("representative_queue", "queue_id", queue):
            keys.add(state.representative_queues[place].get("representative_id") or "")
    for session in applied.rows.get("support_session", {}):
        for part in state.referring("representative_support_session", "support_session_id", session):
            keys.add(state.representative_support_sessions[part].get("representative_id") or "")
    return keys - {""}


_STATES = list(RepresentativeState)

REPRESENTATIVE_LIST: ListSpec[RepresentativeRow] = ListSpec(
    sorts={
        "state": lambda row: _STATES.index(row.state),
        "name": lambda row: row.name.casefold(),
        "sessions": lambda row: len(row.parts),
        "since": lambda row: row.since.at if row.since else None,
        "login": lambda row: row.logged_in_at,
        "queues": lambda row: row.places[0].queue.casefold() if row.places else None,
    },
    filters={
        "state": lambda row: (row.state.value,),
        "queue": lambda row: tuple(place.queue for place in row.places),
        "skill": lambda row: row.skills,
        "role": lambda row: tuple(place.role for place in row.places if place.role),
        "type": lambda row: ("invited" if row.is_invited else "normal",),
        "source": lambda row: (row.source,),
    },
    search=lambda row: (row.name, row.public_name, row.username, *row.skills, *(place.queue for place in row.places)),
    default_sort=(SortKey("state"), SortKey("since")),
    columns=("name", "state", "since", "sessions", "queues", "skills", "login"),
    fixed=("name", "state"),
    forms={"table": Arrangement((SortKey("state"), SortKey("since")))},
    tabs=tuple(state.value for state in RepresentativeState),
)
"""Representatives as a list: by state, those longest in it first."""
