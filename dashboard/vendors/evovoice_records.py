"""What EvoVoice answers, read into sessions: members of `SessionInfo` (seed 002) as ServiceStack writes JSON. Pure.

Nobody public knows whether members with default values are sent, and "Disconnected", "None" and false are defaults: so
what is missing or default says nothing, and never that a call is over.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC

from dashboard.vendors.base import Listed
from dashboard.vendors.caller import texts
from dashboard.vendors.times import Times, is_blank
from realtime.values import Json
from realtime.vendor_session import Kind, State

KINDS = {"voice": Kind.VOICE, "chat": Kind.CHAT, "fax": Kind.FAX}
LEFT_OUT = ("log",)  # long, and told on demand (`EvoVoice.fetch_details`)


def read_session(record: Json) -> Listed | None:
    """Return one record as a session, None when it is none or has no id."""
    if not isinstance(record, dict) or (external_id := texts(record, "id")) is None:
        return None
    times = Times(UTC)
    is_outgoing = word(record, "direction") == "outgoing"
    return Listed(
        external_id=external_id,
        kind=KINDS.get(word(record, "channel"), Kind.VOICE),
        state=read_state(record),
        raw={name: value for name, value in record.items() if name not in LEFT_OUT},
        created_at=times.take(record.get("dateCreated")),
        ended_at=times.take(record.get("dateCompleted")),
        time_basis=times.basis,
        technician=texts(record, "answeredByName") or agent_name(record),
        customer=texts(record, *(("destination", "toAddress") if is_outgoing else ("fromName", "fromAddress"))),
        organisation=texts(record, "customerName", "accountName"),
        queue_name=texts(record, "holdQueueName", "endpointName"),
        subject=texts(record, "displayName"),
    )


def read_state(record: Mapping[str, Json]) -> State:
    """Return how far a session is; the first of these that says something decides.

    1. `ended`, or a `dateCompleted`: over, missed if `wasMissed`
    2. call or queue on hold
    3. the queue: ringing somebody, or waiting (the caller's own leg is connected meanwhile)
    4. the call: ringing, connected or passive; the queue: connected
    5. an agent among the members: on hold, connected, ringing
    6. `dialState` active: active
    7. `wasMissed`: missed
    """
    completed = record.get("dateCompleted")
    if record.get("ended") is True or (isinstance(completed, str) and not is_blank(completed)):
        return State.MISSED if record.get("wasMissed") is True else State.ENDED
    call, queue = word(record, "callState"), word(record, "queueState")
    agents = {word(member, "callState") for member in members(record) if word(member, "role") in ("agent", "transfer")}
    rules = (
        ("hold" in (call, queue), State.ON_HOLD),
        (queue == "ringing", State.RINGING),
        (queue == "queued", State.WAITING),
        (call == "ringing", State.RINGING),
        (call in ("connected", "passive") or queue == "connected", State.ACTIVE),
        ("connected" in agents, State.ACTIVE),
        ("hold" in agents, State.ON_HOLD),
        ("ringing" in agents, State.RINGING),
        (word(record, "dialState") == "active", State.ACTIVE),
        (record.get("wasMissed") is True, State.MISSED),
    )
    return next((state for holds, state in rules if holds), State.UNKNOWN)


def word(record: Mapping[str, Json], name: str) -> str:
    """Return an enumeration's value in lower case, "" when there is none."""
    value = record.get(name)
    return value.strip().casefold() if isinstance(value, str) else ""


def members(record: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield the session's members."""
    found = record.get("members")
    yield from (member for member in (found if isinstance(found, list) else ()) if isinstance(member, dict))


def agent_name(record: Mapping[str, Json]) -> str | None:
    """Return the name of the first agent among the members."""
    names = (texts(member, "displayName") for member in members(record) if word(member, "role") == "agent")
    return next((name for name in names if name), None)
