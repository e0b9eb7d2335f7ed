"""What a vendor said of a session, verbatim, as parts that a page can show. Pure.

Everything here comes from outside: it is cut to bounds, and only `https` links become links. Escaping is the template's
part. What a vendor's part does not name is shown too, member by member, so that nothing is hidden.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from realtime.values import TIMESTAMP_LIMIT, Json

TEXT_LIMIT = 400  # characters
LINE_LIMIT = 200  # of a table
FACT_LIMIT = 80  # of a record
DEPTH_LIMIT = 4
LINK_LIMIT = 2000  # characters


@dataclass(frozen=True, slots=True)
class Fact:
    """One member: its name and what it says; a moment or a link where it is one."""

    name: str
    text: str
    at: datetime | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A titled group of facts, or a table. `left_out` counts what was too much to show; `is_rest` folds it away."""

    title: str
    facts: tuple[Fact, ...] = ()
    heads: tuple[str, ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()
    left_out: int = 0
    is_rest: bool = False


Labels = Mapping[str, str]
"""Member of a vendor's record -> what people call it."""

_RECORDS: Mapping[str, tuple[str, Labels]] = {
    "seeit": (
        "Session data",
        {
            "supportKey": "Support key",
            "sessionDataStatus": "Data",
            "sessionDataSize": "Size in bytes",
            "sessionDataPhotoCount": "Photos",
            "sessionDataPhotoNotesCount": "Notes on photos",
            "sessionDataDownloadUrl": "Download",
            "sessionDataDownloadUrlExpiration": "Download until",
            "startUrl": "Start link",
            "sessionRecorded": "Recorded",
            "sessionNotes": "Notes",
        },
    ),
    "gototraining": (
        "Training",
        {
            "trainingId": "Training ID",
            "description": "Description",
            "timeZone": "Time zone",
            "attendanceCount": "Attended",
            "duration": "Minutes",
        },
    ),
    "takecontrol": (
        "Request",
        {
            "COMPUTER_NAME": "Computer",
            "COMPUTER_DOMAIN": "Domain",
            "COMPUTER_OS": "System",
            "TECH_NAME": "Technician",
            "CUSTOMER_NAME": "Customer",
            "CUSTOMER_EMAIL": "E-mail",
            "PROBLEM_DESCRIPTION": "Problem",
            "WAITING_TIME": "Estimated wait in minutes",
        },
    ),
    "evovoice": (
        "Call",
        {
            "fromName": "From",
            "fromAddress": "From number",
            "toAddress": "To number",
            "endpointName": "Endpoint",
            "answeredByName": "Answered by",
            "direction": "Direction",
            "callState": "Call",
            "queueState": "Queue",
            "holdReason": "Hold reason",
        },
    ),
}
_TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "log": ("Log", {"date": "When", "message": "What", "text": "What"}),
    "members": (
        "Members",
        {"displayName": "Name", "identity": "Identity", "role": "Role", "callState": "State", "muted": "Muted"},
    ),
    "attendees": (
        "Attendance",
        {"givenName": "First name", "surname": "Last name", "email": "E-mail", "timeInSession": "Minutes"},
    ),
    "registrants": (
        "Registrants",
        {"givenName": "First name", "surname": "Last name", "email": "E-mail", "status": "Status"},
    ),
    "recordings": ("Recordings", {"name": "Name", "startDate": "From", "endDate": "To", "downloadUrl": "Link"}),
}


def safe_link(text: str) -> str:
    """Return a link if it may be one: `https` and a host. Anything else would be a trap in somebody's browser."""
    try:
        parts = urlsplit(text.strip())
        is_safe = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return text.strip() if is_safe and len(text) <= LINK_LIMIT and text.isprintable() else ""


def record_parts(vendor: str, raw: Mapping[str, Json]) -> tuple[Part, ...]:
    """Return a session's record: what its vendor's kind has, then all the rest."""
    title, labels = _RECORDS.get(vendor, ("Record", {}))
    by_folded = {name.casefold(): name for name in labels}
    known = {by_folded[name.casefold()]: name for name in raw if name.casefold() in by_folded}
    facts = [_fact(labels[name], raw[known[name]]) for name in labels if name in known and raw[known[name]] is not None]
    rest = [fact for name in raw.keys() - set(known.values()) - _TABLES.keys() for fact in _facts(name, raw[name], 0)]
    rest.sort(key=lambda fact: fact.name)
    tables = [part for name in _TABLES if (part := _table(name, raw.get(name)))]
    shown = [Part(title, tuple(facts))] if facts else []
    if rest:
        left_out = max(0, len(rest) - FACT_LIMIT)
        shown.append(Part("Everything else it says", tuple(rest[:FACT_LIMIT]), left_out=left_out, is_rest=True))
    return (*shown[:1], *tables, *shown[1:]) if facts else (*tables, *shown)


def detail_parts(vendor: str, details: Mapping[str, Json]) -> tuple[Part, ...]:
    """Return what a vendor answered when it was asked for more, by the names of `Vendor.fetch_details`."""
    made: list[Part] = []
    for name, value in details.items():
        if name in _TABLES:
            made.append(_table(name, value) or Part(_TABLES[name][0]))
        elif isinstance(value, Mapping):
            parts = (part for part in record_parts(vendor, value) if not part.is_rest)
            made += [replace(part, title=f"{part.title}, asked now") for part in parts]
        elif value is not None:
            made.append(Part(_cut(name), tuple(_facts(name, value, 0))[:FACT_LIMIT]))
    return tuple(made)


def _table(name: str, value: Json) -> Part | None:
    """Return a list of objects as a table, with the columns we know of those that occur."""
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    if not rows:
        return None
    title, columns = _TABLES[name]
    occurring = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    occurring = occurring or [key for key in rows[0] if isinstance(key, str)][:4]
    heads = tuple(columns.get(column, column) for column in occurring)
    lines = tuple(tuple(_text(row.get(column)) for column in occurring) for row in rows[:LINE_LIMIT])
    return Part(title, heads=tuple(map(_cut, heads)), lines=lines, left_out=max(0, len(rows) - LINE_LIMIT))


def _fact(name: str, value: Json) -> Fact:
    link = safe_link(value) if isinstance(value, str) else ""
    at = _milliseconds(value) if name.endswith("until") else None
    return Fact(name, _text(value), at, link)


def _facts(name: str, value: Json, depth: int) -> Iterator[Fact]:
    """Yield a member's facts, its own members and items named after it."""
    inner: Sequence[tuple[str, Json]] = ()
    if isinstance(value, Mapping) and depth < DEPTH_LIMIT:
        inner = [(f"{name}.{key}", one) for key, one in value.items()]
    elif isinstance(value, list) and depth < DEPTH_LIMIT:
        inner = [(f"{name} {number}", one) for number, one in enumerate(value[:FACT_LIMIT], start=1)]
    if inner:
        for key, one in inner:
            yield from _facts(key, one, depth + 1)
    elif value not in (None, "", [], {}):
        yield Fact(_cut(name), _text(value), link=safe_link(value) if isinstance(value, str) else "")


_INSTANT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)$")
_PLAIN: Mapping[type, Callable[[Json], str]] = {bool: lambda value: "yes" if value else "no", str: str.strip}


def _text(value: Json) -> str:
    """Return a value in words, cut."""
    if value is None:
        return ""
    return _cut(_INSTANT.sub(r"\1 \2 UTC", _PLAIN.get(type(value), str)(value)))


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}…"


def _milliseconds(value: Json) -> datetime | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return datetime.fromtimestamp(value / 1000, UTC) if is_number and 0 < value < TIMESTAMP_LIMIT * 1000 else None
