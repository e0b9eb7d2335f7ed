"""Running presentations: who shows, who watches. Pure."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.boards.listing import ListSpec, SortKey
from dashboard.boards.moment import Moment
from dashboard.boards.relations import name_or_none, representative_name, touched_targets
from dashboard.boards.sessions import Person
from realtime.change import Applied
from realtime.schema import split_key
from realtime.state import State


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who joined a presentation."""

    key: str
    name: str
    is_connected: bool
    hostname: str
    operating_system: str


@dataclass(frozen=True, slots=True)
class PresentationRow:
    """One presentation. `started_at` is on the appliance's clock."""

    key: str
    source: str
    lsid: str
    name: str
    presenters: tuple[Person, ...]
    guests: tuple[Guest, ...]
    started_at: datetime | None

    @property
    def connected(self) -> int:
        """How many attendees are connected now."""
        return sum(1 for guest in self.guests if guest.is_connected)

    @property
    def turns_at(self) -> None:
        """Time alone never changes the row."""
        return None


def presentation_row(moment: Moment, key: str) -> PresentationRow | None:
    """Return the row of a presentation, None when it is not held."""
    state = moment.state
    row = state.presentation_sessions.get(key)
    if row is None:
        return None
    return PresentationRow(
        key=key,
        source=split_key(key)[0],
        lsid=row.get("lsid") or "",
        name=name_or_none(row.get("presentation_name")),
        presenters=_presenters(state, key),
        guests=_guests(state, key),
        started_at=row.get("created_at"),
    )


def _presenters(state: State, key: str) -> tuple[Person, ...]:
    people = []
    for presenter in state.referring("presenter", "presentation_session_id", key):
        representative = state.presenters[presenter].get("representative_id") or ""
        row = state.representatives.get(representative)
        if row is not None:
            people.append(Person(representative, representative_name(row)))
    return tuple(people)


def _guests(state: State, key: str) -> tuple[Guest, ...]:
    guests = []
    for attendee in state.referring("attendee", "presentation_session_id", key):
        row = state.attendees[attendee]
        guests.append(
            Guest(
                key=attendee,
                name=name_or_none(row.get("name")),
                is_connected=bool(row.get("connected")),
                hostname=row.get("hostname") or "",
                operating_system=row.get("operating_system") or "",
            )
        )
    return tuple(sorted(guests, key=lambda guest: (not guest.is_connected, guest.name, guest.key)))


def affected_presentations(state: State, applied: Applied) -> set[str]:
    """Return the keys of the presentations whose row a step may have altered; `state` is after the step."""
    keys = set(applied.rows.get("presentation_session", ()))
    for table in ("attendee", "presenter"):
        keys |= touched_targets(applied, table, "presentation_session_id")
    for representative in applied.rows.get("representative", {}):
        for presenter in state.referring("presenter", "representative_id", representative):
            keys.add(state.presenters[presenter].get("presentation_session_id") or "")
    return keys - {""}


PRESENTATION_LIST: ListSpec[PresentationRow] = ListSpec(
    sorts={
        "name": lambda row: row.name.casefold(),
        "attendees": lambda row: row.connected,
        "age": lambda row: row.started_at,
    },
    filters={"source": lambda row: (row.source,)},
    search=lambda row: (
        row.name,
        *(person.name for person in row.presenters),
        *(guest.name for guest in row.guests),
    ),
    default_sort=(SortKey("age"),),
    columns=("name", "presenter", "attendees", "age"),
    fixed=("name",),
)
"""Presentations as a list: the oldest first."""
