"""GoToTraining: what is planned and what was held, organizer by organizer (seed 001; VENDORS.md 2).

The API has no pages and nothing live. Planned times are rows of their own; a session that was held at one takes its row
over, other sessions stand by their own key.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet

from dashboard.source_entry import Entry
from dashboard.vendors import gototraining_account
from dashboard.vendors.base import Capability, Listed, Page, Tried, Vendor, Window
from dashboard.vendors.caller import Caller
from dashboard.vendors.gototraining_account import GoToTrainingAccount, ask, have_token, read
from dashboard.vendors.gototraining_records import Known, Reader, join_known, key_of_session_at, planned_times
from dashboard.vendors.skipping import Reading
from realtime.errors import Misconfigured, PermissionMissing
from realtime.models import VendorSession
from realtime.values import Json
from realtime.vendor_session import Kind, State

LONGEST_SESSION = timedelta(days=1)  # whether the range is about beginnings or ends is not documented
PLAN, REPORT = "plan", "report"
PARTS = (PLAN, REPORT)
OWNER = "{organizer}"
DETAILS = "reading a training's details"


class GoToTraining(Vendor[GoToTrainingAccount]):
    """The vendor. Nothing is known of a session that is being held, nor of a planned time beyond its listing."""

    name = "gototraining"
    title = "GoToTraining"
    capabilities = frozenset({Capability.DETAILS})

    def read(self, entry: Entry) -> GoToTrainingAccount | None:
        """Read a source's table of sources.toml."""
        return gototraining_account.read_account(entry)

    async def list_sessions(
        self, caller: Caller[GoToTrainingAccount], window: Window, cursor: str = ""
    ) -> AsyncIterator[Page]:
        """Yield two pages an organizer: the plan, and the report of what was held.

        An organizer that may not be read keeps no other from being listed; the first such error is raised in the end.
        """
        await have_token(caller)  # what is wrong with it is wrong for all
        reading, refused = Reading(), list[Exception]()
        steps = [(key, part) for key in caller.account.organizer_keys for part in PARTS]
        cursors = ["/".join(step) for step in steps]
        first = cursors.index(cursor) if cursor in cursors else 0
        for place, (key, part) in enumerate(steps[first:], start=first + 1):
            try:
                found = await list_part(caller, window, key, part, reading)
            except (PermissionMissing, Misconfigured) as error:
                refused.append(error)
                found = []
            yield Page(found, cursors[place] if place < len(steps) else "")
        reading.warn(caller.account.name)
        if refused:
            raise refused[0]

    async def fetch_details(self, caller: Caller[GoToTrainingAccount], external_id: str) -> Mapping[str, Json]:
        """Return who registered, what was recorded and who attended, as far as the vendor tells.

        A session that is known by its own key has attendees only: the API does not tell which training it was of.
        """
        key, planned, start = external_id.partition("/")
        if not key.isalnum():  # no key; it would become a part of addresses
            return {}
        if not planned:
            return drop_missing({"attendees": await fetch_attendees(caller, key)})
        training = f"trainings/{key}"
        sessions = await fetch_first(caller, f"/reports/organizers/{OWNER}/{training}")
        held_key = key_of_session_at(start, sessions)
        return drop_missing(
            {
                "training": await fetch_first(caller, f"/organizers/{OWNER}/{training}"),
                "registrants": await fetch_first(caller, f"/organizers/{OWNER}/{training}/registrants"),
                "recordings": await fetch_first(caller, f"/{training}/recordings"),
                "attendees": await fetch_attendees(caller, held_key) if held_key.isalnum() else None,
            }
        )

    async def check(self, caller: Caller[GoToTrainingAccount]) -> AsyncIterator[Tried]:
        """Read every organizer's plan, and the report of the last day."""
        now, keys = datetime.now(UTC), caller.account.organizer_keys
        for place, key in enumerate(keys, start=1):
            trainings = await fetch_plan(caller, key)
            sessions = await fetch_report(caller, Window(now - timedelta(days=1), now), key)
            found = f"{len(trainings)} trainings are planned, {len(sessions)} were held in the last days"
            yield Tried(f"organizer {place} of {len(keys)}", found)


async def list_part(
    caller: Caller[GoToTrainingAccount], window: Window, key: str, part: str, reading: Reading
) -> list[Listed]:
    """Return an organizer's planned times, or the sessions that were held."""
    reader = Reader(key, datetime.now(UTC))
    known = await caller.database.run(load_known, caller.account.name, window)
    if part == REPORT:
        return join_known(reading.read(await fetch_report(caller, window, key), reader.read_session), known)
    held = {one.external_id for one in known if one.started_at is not None}
    planned = reading.read(planned_times(await fetch_plan(caller, key)), reader.read_planned)
    return [one for one in planned if one.external_id not in held and not is_past(one, window)]


def is_past(planned: Listed, window: Window) -> bool:
    """Whether a planned time lies before what the report is asked for: nobody would tell what became of it."""
    at = planned.scheduled_at
    return planned.state is State.UNKNOWN and at is not None and at < window.start - LONGEST_SESSION


async def fetch_plan(caller: Caller[GoToTrainingAccount], key: str) -> list[Json]:
    """Return an organizer's scheduled trainings as the vendor said them."""
    step = f"reading the plan of {which(caller, key)}"
    answer = await ask(caller, "GET", f"/organizers/{key}/trainings", step)
    trainings: list[Json] = caller.expect(read(caller, answer, step), list, step)
    return trainings


async def fetch_report(caller: Caller[GoToTrainingAccount], window: Window, key: str) -> list[Json]:
    """Return an organizer's completed sessions as the vendor said them: a read that uses POST."""
    step = f"reading the report of {which(caller, key)}"
    start, end = window.start - LONGEST_SESSION, min(window.end, datetime.now(UTC) + LONGEST_SESSION)
    dates = {"startDate": f"{start:%Y-%m-%dT%H:%M:%SZ}", "endDate": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    answer = await ask(caller, "POST", f"/reports/organizers/{key}/sessions", step, json=dates)
    sessions: list[Json] = caller.expect(read(caller, answer, step), list, step)
    return sessions


def which(caller: Caller[GoToTrainingAccount], key: str) -> str:
    """Name an organizer by its place in the settings."""
    keys = caller.account.organizer_keys
    return f"organizer {keys.index(key) + 1} of {len(keys)}"


async def fetch_attendees(caller: Caller[GoToTrainingAccount], session_key: str) -> Json:
    """Return who attended a session, whichever organizer's it was."""
    return await fetch_first(caller, f"/reports/organizers/{OWNER}/sessions/{session_key}/attendees")


async def fetch_first(caller: Caller[GoToTrainingAccount], path: str) -> Json:
    """Return what a path holds, with the first organizer in OWNER's place who has something; None when nobody has."""
    empty: Json = None
    for key in caller.account.organizer_keys if OWNER in path else ("",):
        answer = await ask(caller, "GET", path.replace(OWNER, key), DETAILS)
        if answer.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            if found := read(caller, answer, DETAILS):
                return found
            empty = found
    return empty


def drop_missing(parts: dict[str, Any]) -> dict[str, Json]:
    """Return the parts that there are."""
    return {name: part for name, part in parts.items() if part is not None}


def load_known(source: str, window: Window) -> list[Known]:
    """Return the planned times that we hold near a window. Reads the database."""
    rows: QuerySet[VendorSession] = VendorSession.objects.filter(
        source=source,
        kind=Kind.TRAINING.value,
        scheduled_at__range=(window.start - 2 * LONGEST_SESSION, window.end + LONGEST_SESSION),
    )
    return [
        Known(
            row.external_id or "",
            row.subject,
            row.technician_email,
            row.scheduled_at,
            row.duration_seconds,
            row.started_at,
        )
        for row in rows
        if row.scheduled_at is not None
    ]
