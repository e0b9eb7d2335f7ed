"""All vendors in one list: the activities that go on, are planned or ended, as a list and by person. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.boards.activity import RANK, WAITING, ActivityRow, Doing, Tab
from dashboard.boards.listing import Arrangement, ListSpec, SortKey
from dashboard.boards.people import NOBODY, PersonRef
from realtime.vendor_session import Kind


@dataclass(frozen=True, slots=True)
class PersonShare:
    """One person's heading: how many of the rows that show go on, in how many products at once.

    `is_waited_for` says that none of them has begun: customers wait for this person.
    """

    person: PersonRef | None
    count: int
    open_count: int
    vendor_count: int
    is_presenting: bool
    is_waited_for: bool


def sum_up_person(rows: Sequence[ActivityRow]) -> PersonShare:
    """Return the heading of one person's rows."""
    going_on = [row for row in rows if row.is_open]
    return PersonShare(
        person=rows[0].people[0] if rows[0].people else None,
        count=len(rows),
        open_count=len(going_on),
        vendor_count=len({row.vendor for row in going_on}),
        is_presenting=any(row.kind in (Kind.TRAINING, Kind.PRESENTATION) for row in going_on),
        is_waited_for=bool(going_on) and all(row.doing in WAITING for row in going_on),
    )


def tallies_of(row: ActivityRow) -> Iterable[tuple[str, str]]:
    """Yield the counts by source that the overview shows of a row."""
    if row.is_open:
        yield row.source, "open"
    if row.doing in WAITING and row.doing is not Doing.ASSIGNED:
        yield row.source, "waiting"
    if row.doing is Doing.UNKNOWN:
        yield row.source, "unknown"
    if row.is_today and (row.is_planned or row.is_over):
        yield row.source, "scheduled today" if row.is_planned else "ended today"


def _person_place(row: ActivityRow) -> str | None:
    return row.people[0].place if row.people else None


def _person_band(row: ActivityRow) -> str:
    return row.people[0].place if row.people else NOBODY


ACTIVITY_LIST: ListSpec[ActivityRow] = ListSpec(
    sorts={
        "urgency": lambda row: row.urgency,
        "state": lambda row: RANK[row.doing],
        "since": lambda row: row.since.at if row.since else None,
        "what": lambda row: row.title.casefold(),
        "kind": lambda row: (row.vendor, row.kind),
        "person": _person_place,
        "queue": lambda row: row.queue.casefold() or None,
        "begun": lambda row: row.created_at or row.scheduled_at,
    },
    filters={
        "when": lambda row: row.tabs,
        "vendor": lambda row: (row.vendor,),
        "kind": lambda row: (row.kind,),
        "state": lambda row: (row.doing.value,),
        "person": lambda row: tuple(person.name for person in row.people),
        "queue": lambda row: (row.queue,) if row.queue else (),
        "source": lambda row: (row.source,),
    },
    search=lambda row: (
        row.customer,
        row.organisation,
        row.subject,
        row.queue,
        *(person.name for person in row.people),
    ),
    default_sort=(SortKey("urgency"),),
    columns=("state", "what", "kind", "person", "queue", "begun"),
    fixed=("state", "what"),
    forms={
        "people": Arrangement(
            (SortKey("person"), SortKey("urgency")),
            band=_person_band,
            gist=sum_up_person,
        )
    },
    tabs=tuple(tab.value for tab in Tab),
    tab_filter="when",
    default_tab=Tab.NOW.value,
    orders={"state": tuple(doing.value for doing in Doing)},
    tallies=tallies_of,
)
"""Activities as a list: what goes on, the most urgent first."""
