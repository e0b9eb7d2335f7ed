"""The lists as sheets of plain values, for spreadsheets: every column, whatever a page shows. Pure.

Times are given on our clock, in UTC, to the second; whoever reads a sheet later has no page that says how old it is, so
each row says whether its source could be trusted when the sheet was made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.boards.activity import ActivityRow
from dashboard.boards.links import describe
from dashboard.boards.presentations import PresentationRow
from dashboard.boards.queues import QueueRow
from dashboard.boards.representatives import RepresentativeRow
from dashboard.boards.sessions import SessionRow
from realtime.status import LinkStatus

Value = str | int | datetime | None
Columns = Mapping[str, Callable[[Any], Value]]

LIVE = "live"
UNKNOWN = "unknown"


def joined(texts: Iterable[str]) -> str:
    """Return several texts as one cell."""
    return "; ".join(texts)


def session_columns() -> dict[str, Callable[[SessionRow], Value]]:
    """Return what is told of a session."""
    return {
        "Session": lambda row: row.lsid,
        "State": lambda row: row.state.value,
        "Customer": lambda row: row.customer,
        "Company": lambda row: row.company,
        "Queue": lambda row: row.queue,
        "Started by": lambda row: row.start_method,
        "Clients": lambda row: joined(row.client_types),
        "Priority": lambda row: row.priority,
        "Skills": lambda row: joined(row.skills),
        "Representatives": lambda row: joined(person.name for person in row.representatives),
        "Why it waits": lambda row: row.why.words if row.why else None,
        "Wait": lambda row: row.wait.level.value if row.wait else None,
        "Waiting since (UTC)": lambda row: row.wait.since if row.wait else None,
        "Target (UTC)": lambda row: row.wait.target_at if row.wait else None,
        "Pickup (UTC)": lambda row: row.pickup_at,
        "Created (UTC)": lambda row: row.created_at,
        "Ended (UTC)": lambda row: row.ended_at,
    }


def representative_columns() -> dict[str, Callable[[RepresentativeRow], Value]]:
    """Return what is told of a representative. A state that may be older than our first look begins "before"."""
    return {
        "Representative": lambda row: row.name,
        "Public name": lambda row: row.public_name,
        "User name": lambda row: row.username,
        "State": lambda row: row.state.value,
        "Since (UTC)": lambda row: row.since.at if row.since else None,
        "Since is": lambda row: None if row.since is None else "or before" if row.since.bound else "exact",
        "Sessions": lambda row: len(row.parts),
        "With": lambda row: joined(part.customer for part in row.parts),
        "Queues": lambda row: joined(place.queue for place in row.places),
        "Skills": lambda row: joined(row.skills),
        "Logged in (UTC)": lambda row: row.logged_in_at,
    }


def queue_columns() -> dict[str, Callable[[QueueRow], Value]]:
    """Return what is told of a queue."""
    return {
        "Queue": lambda row: row.name,
        "Type": lambda row: row.type,
        "State": lambda row: row.condition.value,
        "Waiting": lambda row: row.waiting,
        "Wait": lambda row: row.wait.level.value if row.wait else None,
        "Longest waits since (UTC)": lambda row: row.wait.since if row.wait else None,
        "Target (s)": lambda row: row.target_seconds,
        "Pickup (UTC)": lambda row: row.pickup_at,
        "Representatives": lambda row: row.member_count,
        "Available": lambda row: row.available,
        "Unstaffed since (UTC)": lambda row: row.unstaffed_at,
        "Answered today": lambda row: row.today.answered,
        "In target today": lambda row: row.today.in_target,
        "Waited on average (s)": lambda row: row.today.average_seconds,
        "Left today": lambda row: row.today.left,
        "Left early today": lambda row: row.today.left_early,
        "Moved on today": lambda row: row.today.flowed_out,
        "Unknown today": lambda row: row.today.unknown,
        "Ended today after a rep had them": lambda row: row.today.handled,
        "With a rep on average (s)": lambda row: row.today.average_session_seconds,
        "Ended today, not seen as a whole": lambda row: row.today.handled_unseen,
    }


def presentation_columns() -> dict[str, Callable[[PresentationRow], Value]]:
    """Return what is told of a training or presentation."""
    return {
        "Name": lambda row: row.name,
        "Vendor": lambda row: row.vendor,
        "Kind": lambda row: row.kind,
        "State": lambda row: row.doing.value,
        "Presenters": lambda row: joined(person.name for person in row.presenters),
        "Guests": lambda row: None if row.guests is None else len(row.guests),
        "Connected": lambda row: row.connected,
        "Starts (UTC)": lambda row: row.starts_at,
        "Ends (UTC)": lambda row: row.ends_at,
        "Time zone": lambda row: "assumed" if row.is_assumed else "told",
    }


def activity_columns() -> dict[str, Callable[[ActivityRow], Value]]:
    """Return what is told of an activity of any vendor."""
    return {
        "Vendor": lambda row: row.vendor,
        "Kind": lambda row: row.kind,
        "State": lambda row: row.doing.value,
        "Since (UTC)": lambda row: row.since.at if row.since else None,
        "Since is": lambda row: None if row.since is None else "or later" if row.since.bound else "exact",
        "People": lambda row: joined(person.name for person in row.people),
        "Customer": lambda row: row.customer,
        "Organisation": lambda row: row.organisation,
        "Subject": lambda row: row.subject,
        "Queue": lambda row: row.queue,
        "Created (UTC)": lambda row: row.created_at,
        "Scheduled (UTC)": lambda row: row.scheduled_at,
        "Ended (UTC)": lambda row: row.ended_at,
        "Length (s)": lambda row: None if row.length_seconds is None else round(row.length_seconds),
        "Time zone": lambda row: "assumed" if row.is_assumed else "told",
    }


COLUMNS: Mapping[str, Columns] = {
    "sessions": session_columns(),
    "representatives": representative_columns(),
    "queues": queue_columns(),
    "presentations": presentation_columns(),
    "combined": activity_columns(),
}
"""A list board's name -> heading -> what a row has under it. Times are still on the clock of the row's source."""


@dataclass(frozen=True, slots=True)
class Extract:
    """All rows of a list that a query shows, on all pages, in order; the links they came by, at `at` (our clock)."""

    rows: tuple[Any, ...]
    statuses: Mapping[str, LinkStatus]
    at: datetime


def draw_sheet(board: str, extract: Extract) -> Iterator[list[str]]:
    """Yield the headings and then the cells of every row."""
    columns = COLUMNS[board]
    yield [*columns, "Source", "Source is"]
    standings = {name: _standing(status, extract.at) for name, status in extract.statuses.items()}
    for row in extract.rows:
        status = extract.statuses.get(row.source)
        ahead = timedelta(seconds=(status.clock_offset_seconds if status else None) or 0.0)
        cells = [_cell(value(row), ahead) for value in columns.values()]
        yield [*cells, row.source, standings.get(row.source, UNKNOWN)]


def _standing(status: LinkStatus, at: datetime) -> str:
    condition = describe(status, at)
    return LIVE if condition.is_current else condition.words


def _cell(value: Value, ahead: timedelta) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{(value - ahead).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case _:
            return str(value)
