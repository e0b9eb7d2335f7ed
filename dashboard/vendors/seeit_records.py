"""Session details of GoToAssist Seeit, read into our words (seed 000; VENDORS.md 1.3). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.vendors.base import Listed
from dashboard.vendors.caller import texts
from dashboard.vendors.times import read_milliseconds, seconds_between
from realtime.values import Json, as_number
from realtime.vendor_session import Kind, State, TimeBasis

STATES = {
    "CREATED": State.WAITING,
    "STARTED": State.WAITING,  # the technician has opened it, the customer has not joined
    "JOINED": State.ACTIVE,
    "FINISHED": State.ENDED,
}


@dataclass(frozen=True, slots=True)
class PagingInfo:
    """Where a page stands in its listing, as far as the vendor says: `total` elements; whether `more` pages follow."""

    total: int | None
    more: bool | None


def read_session(record: Json) -> Listed | None:
    """Read one session; None when it has no identity. Support keys are given out again, so they are none."""
    uuid = texts(record, "uuid") if isinstance(record, dict) else None
    if uuid is None:
        return None
    created_at, started_at, joined_at, ended_at = (
        read_milliseconds(record.get(name))
        for name in ("sessionCreateTime", "sessionStartTime", "sessionJoinTime", "sessionEndTime")
    )
    state = read_state(record.get("sessionStatus"))
    return Listed(
        external_id=uuid.strip().lower(),
        kind=Kind.CAMERA,
        state=state,
        raw=record,
        time_basis=time_basis(record),
        created_at=created_at,
        started_at=started_at,
        joined_at=joined_at,
        ended_at=ended_at,
        duration_seconds=seconds_between(joined_at or started_at, ended_at),
        technician_email=texts(record, "technicianEmail"),
        subject=texts(record, "sessionNotes", "supportKey"),
        url=None if state is State.ENDED else web_address(record.get("startUrl")),
    )


def web_address(value: Json) -> str | None:
    """Return a link that a browser may follow: nothing but http and https."""
    is_web = isinstance(value, str) and value.lower().startswith(("https://", "http://"))
    return value if is_web else None


def read_state(status: Json) -> State:
    """Return how far a session is; a word that is in no document is not guessed at."""
    return STATES.get(status.upper(), State.UNKNOWN) if isinstance(status, str) else State.UNKNOWN


def time_basis(record: Mapping[str, Any]) -> TimeBasis:
    """Say whether every time the vendor gave could be read."""
    given = [record.get(name) for name in record if name.startswith("session") and name.endswith("Time")]
    is_readable = all(read_milliseconds(value) is not None for value in given if value is not None)
    return TimeBasis.EXACT if is_readable else TimeBasis.UNREADABLE


def read_paging(reply: Mapping[str, Any]) -> PagingInfo:
    """Read what a page says about its listing. Either sign of a following page counts."""
    info = reply.get("page")
    info = info if isinstance(info, dict) else {}
    number, pages, total = (as_number(info.get(name)) for name in ("number", "totalPages", "totalElements"))
    links = reply.get("links")
    signs: list[bool] = []
    if number is not None and pages is not None:
        signs.append(number + 1 < pages)
    if isinstance(links, list) and links:
        signs.append(any(isinstance(link, dict) and link.get("rel") == "next" for link in links))
    return PagingInfo(total, any(signs) if signs else None)
