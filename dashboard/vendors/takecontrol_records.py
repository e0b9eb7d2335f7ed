"""What Take Control answers, read into sessions. Pure.

Nobody public knows the shape of its history (VENDORS.md 4.1; seed 003 prints the reply to another request), so all of
these are read, their members in upper or lower case: a list of sessions, a list of {"requests": […]}, one such object.
An entry with a start is a session; one of `requests` without a start is somebody who waits.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from dashboard.vendors.base import Listed
from dashboard.vendors.caller import texts
from dashboard.vendors.times import Times, is_blank
from realtime.values import Json
from realtime.vendor_session import Kind, State, TimeBasis

VARIABLES = (
    "COMPUTER_NAME",
    "COMPUTER_DOMAIN",
    "COMPUTER_OS",
    "TECH_USERNAME",
    "TECH_NAME",
    "CUSTOMER_NAME",
    "CUSTOMER_EMAIL",
    "PROBLEM_DESCRIPTION",
    "DATE_START",
    "DATE_END",
)
"""What can be asked for of a session (seed 003, "Retrieve Session History")."""

IDENTITY = ("date_start", "computer_name", "tech_username", "customer_name", "customer_email", "customer_number")
"""What tells one session from another where the vendor names no id."""


def is_success(reply: Mapping[str, Json]) -> bool:
    """Whether the envelope says so; one that says nothing but has details is taken for a success."""
    result = reply.get("result")
    if result is None:
        return reply.get("details") is not None
    return isinstance(result, str) and result.strip().casefold() == "success"


def entries(details: Json) -> Iterator[tuple[Json, bool]]:
    """Yield the records of a history in every known shape, and whether each stood among `requests`."""
    for part in details if isinstance(details, list) else [details]:
        if not isinstance(part, dict):
            yield from [(part, False)] if part is not None else []
            continue
        members = lowered(part)
        if "requests" in members:
            requests = members["requests"] or []
            yield from ((request, True) for request in (requests if isinstance(requests, list) else [requests]))
        elif members.keys() - {"nrequests"}:
            yield part, False


def lowered(record: Mapping[str, Json]) -> dict[str, Json]:
    """Return a record with its members' names in lower case."""
    return {name.lower(): value for name, value in record.items()}


class RecordReader:
    """Reads the records of one answer. `zone` is what the vendor's times, which name none, are taken for."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._waiting: dict[str, int] = {}

    def read(self, entry: tuple[Json, bool]) -> Listed | None:
        """Return one entry as a session, None when nothing in it tells it from others."""
        record, is_request = entry
        if not isinstance(record, dict):
            return None
        members = lowered(record)
        if is_blank(members.get("date_start")) and (is_request or "waiting_time" in members):
            return self._read_waiting(record, members)
        return self._read_session(record, members)

    def _read_session(self, record: dict[str, Json], members: dict[str, Json]) -> Listed | None:
        external_id = texts(members, "id", "session_id") or derived_id("session", members)
        if external_id is None:
            return None
        times = Times(self._zone)
        started_at = times.take(members.get("date_start"))
        ended_at = times.take(members.get("date_end"), not_before=started_at)
        if ended_at is not None:
            state = State.ENDED
        elif started_at is not None and is_blank(members.get("date_end")):
            state = State.ACTIVE
        else:
            state = State.UNKNOWN
        return Listed(
            external_id=external_id,
            state=state,
            time_basis=times.basis,
            created_at=started_at,
            started_at=started_at,
            ended_at=ended_at,
            **described(record, members),
        )

    def _read_waiting(self, record: dict[str, Json], members: dict[str, Json]) -> Listed | None:
        external_id = texts(members, "id", "session_id")
        if external_id is None and (derived := derived_id("waiting", members)) is not None:
            count = self._waiting[derived] = self._waiting.get(derived, 0) + 1
            external_id = derived if count == 1 else f"{derived}-{count}"
        if external_id is None:
            return None
        return Listed(
            external_id=external_id,
            state=State.WAITING,
            time_basis=TimeBasis.EXACT,
            **described(record, members),
        )


def derived_id(prefix: str, members: Mapping[str, Json]) -> str | None:
    """Return an identity made of what does not change in a session's life; None when there is nothing to make it of."""
    parts = [(texts(members, name) or "").strip() for name in IDENTITY]
    if not any(parts):
        return None
    return f"{prefix}-{hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()}"


def described(record: dict[str, Json], members: Mapping[str, Json]) -> dict[str, Any]:
    """Return what every entry tells, as arguments of `Listed`."""
    username = texts(members, "tech_username")
    return {
        "kind": Kind.SUPPORT,
        "raw": record,
        "technician": texts(members, "tech_name", "tech_username"),
        "technician_email": username if username and "@" in username else None,
        "customer": texts(members, "customer_name", "customer_email", "computer_name"),
        "subject": texts(members, "problem_description"),
    }
