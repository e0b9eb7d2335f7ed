"""The appliance's tables, each declared once: our field names, the wire's names, the kinds of value.

Source: seed 004, "Tables in the Real-Time System State Model". Everything that knows a table (decoding, the models,
the dump) is derived from these declarations. A row is a plain dictionary; the typed views below cost nothing at run
time and let boards read `row.get("queue_id")` under a type checker.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, TypedDict, get_type_hints


class Kind(Enum):
    """What a field's value may be, once decoded."""

    TEXT = "text"  # str; identifiers too: they reach 2^64-1 and come as numbers or as text
    NUMBER = "number"  # int within 64 signed bits
    FLAG = "flag"  # bool
    TIMESTAMP = "timestamp"  # aware datetime in UTC, on the appliance's clock
    REFERENCE = "reference"  # the key of a row of another table, "<source>:<row id>"
    COUNTS = "counts"  # dict: whole seconds, as text, -> how many; never altered in place


@dataclass(frozen=True, slots=True)
class Spec:
    """The annotation of a field: its kind, the wire's name where it differs from ours, the table it points to."""

    kind: Kind
    wire_name: str = ""
    target: str = ""


Text = Annotated[str | None, Spec(Kind.TEXT)]
Number = Annotated[int | None, Spec(Kind.NUMBER)]
Flag = Annotated[bool | None, Spec(Kind.FLAG)]
Moment = Annotated[datetime | None, Spec(Kind.TIMESTAMP)]
CreatedAt = Annotated[datetime | None, Spec(Kind.TIMESTAMP, "created_timestamp")]
EstimatedPickupAt = Annotated[datetime | None, Spec(Kind.TIMESTAMP, "estimated_pickup_timestamp")]
QueueEnteredAt = Annotated[datetime | None, Spec(Kind.TIMESTAMP, "queue_entry_timestamp")]
Counts = Annotated[dict[str, int] | None, Spec(Kind.COUNTS)]
ToKnownQueue = Annotated[str | None, Spec(Kind.REFERENCE, target="known_queue")]
ToQueue = Annotated[str | None, Spec(Kind.REFERENCE, target="queue")]
ToRepresentative = Annotated[str | None, Spec(Kind.REFERENCE, target="representative")]
ToSupportSession = Annotated[str | None, Spec(Kind.REFERENCE, target="support_session")]
ToPresentationSession = Annotated[str | None, Spec(Kind.REFERENCE, target="presentation_session")]


class Row(TypedDict, total=False):
    """What every table shares. A field the appliance never sent is absent, one it sent as `null` is None."""

    extra: dict[str, Any]  # wire name -> value as sent: unknown fields, and known ones whose value is of the wrong kind
    created_at: CreatedAt


class CustomerClient(Row, total=False):
    """A customer's client connected to the appliance."""

    client_type: Text
    elevated: Flag
    hostname: Text
    operating_system: Text
    support_session_id: ToSupportSession


class Queue(Row, total=False):
    """A queue with somebody logged in, or a persistent one."""

    code_name: Text
    name: Text
    support_team_id: Text
    type: Text


class Representative(Row, total=False):
    """A representative logged in to a representative console."""

    private_display_name: Text
    public_display_name: Text
    queue_id: ToQueue
    routing_available: Flag
    routing_busy: Flag
    routing_enabled: Flag
    routing_idle: Flag
    skill_code_names: Text
    type: Text
    user_id: Text
    username: Text


class RepresentativeQueue(Row, total=False):
    """A logged-in representative's place in a queue."""

    queue_id: ToQueue
    representative_id: ToRepresentative
    role: Text


class RepresentativeSupportSession(Row, total=False):
    """A representative taking part in a session."""

    representative_id: ToRepresentative
    support_session_id: ToSupportSession


class SupportSession(Row, total=False):
    """An active support session. `lsid` is its lasting identity; the row id lives one appliance lifetime."""

    customer_company: Text
    customer_company_code: Text
    customer_description: Text
    customer_name: Text
    estimated_pickup_at: EstimatedPickupAt
    issue_code_name: Text
    issue_description: Text
    lsid: Text
    primary_team_queue_id: ToQueue
    priority: Number
    public_site_id: Text
    public_site_name: Text
    queue_entered_at: QueueEnteredAt
    queue_id: ToQueue
    start_method: Text


class SupportSessionAttribute(Row, total=False):
    """A custom attribute of an active session."""

    code_name: Text
    support_session_id: ToSupportSession
    value: Text


class SupportSessionSkill(Row, total=False):
    """A skill an active session asks for."""

    code_name: Text
    support_session_id: ToSupportSession


class PresentationSession(Row, total=False):
    """A running presentation."""

    lsid: Text
    presentation_name: Text


class Attendee(Row, total=False):
    """Somebody who joined a presentation."""

    connected: Flag
    hostname: Text
    name: Text
    operating_system: Text
    presentation_session_id: ToPresentationSession
    private_ip: Text
    public_ip: Text


class Presenter(Row, total=False):
    """A representative who shows their screen in a presentation."""

    presentation_session_id: ToPresentationSession
    representative_id: ToRepresentative


class UnknownRow(Row, total=False):
    """A row of a table this version does not know, kept whole in `extra`. Its key is "<source>:<table>/<row id>"."""

    table: Text


class KnownQueue(Row, total=False):
    """A team or prewait queue we have seen, under its lasting identity; the appliance drops a queue nobody staffs.

    `queue_id` is None while the appliance has no such row. `unstaffed_at` is when we saw its last member go, None while
    somebody is logged in; `is_exact` is False when that happened while we were not listening.
    """

    code_name: Text
    name: Text
    type: Text
    queue_id: ToQueue
    unstaffed_at: Moment
    is_exact: Flag


class QueueStay(Row, total=False):
    """A stay of a live session in a queue it has left; the stay it is in now stands in its own row."""

    support_session_id: ToSupportSession
    queue_name: Text
    entered_at: Moment
    left_at: Moment


class TeamStay(Row, total=False):
    """A live session's latest stay in a team or prewait queue, and what came of it (`realtime.stays`).

    Its key is "<source>:lsid/<lsid>", so it outlives the appliance's row ids; "<source>:row/<row id>" while no `lsid`
    is told. `outcome` is None while the stay is open: also while a representative is asked and has not accepted.
    `client_left_at` is when the last client went, `taken_at` when we saw somebody in it who is not told to have joined.
    `held_since` is since when somebody has had the session, moved on by the time in which nobody had it; `joined_at`
    when the last one joined who has it, `released_at` when the last one left, if nobody has it now; `is_held_unseen`
    says that a part of this was not seen.
    """

    support_session_id: ToSupportSession
    known_queue_id: ToKnownQueue
    entered_at: Moment
    client_left_at: Moment
    taken_at: Moment
    outcome: Text
    held_since: Moment
    joined_at: Moment
    released_at: Moment
    is_held_unseen: Flag


class QueueDay(Row, total=False):
    """What came of the stays that ended in a queue on a day; its key is "<key of the known queue>/<day>".

    `answered` and `left` count stays by how many whole seconds they had lasted, so that any target, mean or quantile
    can be told later. `handled` counts the sessions that ended after somebody had had them, for `handled_seconds`
    together; `handled_unseen` those that were not seen as a whole. `day` is a date ("2026-11-30") in the site's zone.
    """

    known_queue_id: ToKnownQueue
    day: Text
    answered: Counts
    left: Counts
    flowed_out: Number
    unknown: Number
    handled: Number
    handled_seconds: Number
    handled_unseen: Number


class RepresentativeSpell(Row, total=False):
    """When we saw a representative come into the state they are in. Absent until the first change we saw."""

    representative_id: ToRepresentative
    state: Text
    since: Moment


class VendorSession(Row, total=False):
    """A support session, training or call of a polled vendor, normalised (`dashboard.vendors`).

    Its key is "<source>:<external id>". `kind`, `state` and `time_basis` are the values of `realtime.vendor_session`.
    `scheduled_at` is a plan, every other time a fact the vendor told. `digest` tells one listing of the session from
    the next; what the vendor said verbatim is kept beside the row, not in it.
    """

    vendor: Text
    external_id: Text
    kind: Text
    state: Text
    time_basis: Text
    scheduled_at: Moment
    started_at: Moment
    joined_at: Moment
    ended_at: Moment
    duration_seconds: Number
    technician: Text
    technician_email: Text
    customer: Text
    organisation: Text
    queue_name: Text
    subject: Text
    url: Text
    digest: Text


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field of a table."""

    name: str
    wire_name: str
    kind: Kind
    target: str


@dataclass(frozen=True, slots=True)
class Table:
    """One declared table."""

    name: str
    fields: tuple[Field, ...]

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that point to rows of other tables."""
        return tuple(field for field in self.fields if field.kind is Kind.REFERENCE)


def declare(name: str, row: type) -> Table:
    """Read a typed row's annotations into a Table."""
    fields = []
    for field_name, hint in get_type_hints(row, include_extras=True).items():
        specs = getattr(hint, "__metadata__", ())
        if specs:
            spec = specs[0]
            fields.append(Field(field_name, spec.wire_name or field_name, spec.kind, spec.target))
    return Table(name, tuple(fields))


TABLES: dict[str, Table] = {
    name: declare(name, row)
    for name, row in (
        ("customer_client", CustomerClient),
        ("queue", Queue),
        ("representative", Representative),
        ("representative_queue", RepresentativeQueue),
        ("representative_support_session", RepresentativeSupportSession),
        ("support_session", SupportSession),
        ("support_session_attribute", SupportSessionAttribute),
        ("support_session_skill", SupportSessionSkill),
        ("presentation_session", PresentationSession),
        ("attendee", Attendee),
        ("presenter", Presenter),
    )
}
"""The eleven tables the vendor documents, by wire name."""

UNKNOWN_ROW = declare("unknown_row", UnknownRow)
"""Where rows of tables outside `TABLES` are kept."""

APPLIANCE_TABLES: dict[str, Table] = TABLES | {UNKNOWN_ROW.name: UNKNOWN_ROW}
"""What an appliance sends: a full copy names all of their rows."""

OBSERVED_TABLES: dict[str, Table] = {
    name: declare(name, row)
    for name, row in (
        ("known_queue", KnownQueue),
        ("queue_stay", QueueStay),
        ("team_stay", TeamStay),
        ("queue_day", QueueDay),
        ("representative_spell", RepresentativeSpell),
    )
}
"""What we noticed ourselves while listening (`realtime.observer`); the appliance tells a state, never a history."""

POLLED_TABLES: dict[str, Table] = {"vendor_session": declare("vendor_session", VendorSession)}
"""What the vendors that are polled list."""

HELD_TABLES: dict[str, Table] = APPLIANCE_TABLES | OBSERVED_TABLES | POLLED_TABLES
"""Every table a State holds."""

TABLE_ALIASES = {"attende": "attendee"}
"""Spellings the vendor's document uses beside the real name (seed 004, the heading of the attendee table)."""


def row_key(source: str, row_id: str) -> str:
    """Return the key under which a source's row is held: "<source>:<row id>". Source names never hold a colon."""
    return f"{source}:{row_id}"


def split_key(key: str) -> tuple[str, str]:
    """Return the source and the row id of a key."""
    source, _, row_id = key.partition(":")
    return source, row_id
