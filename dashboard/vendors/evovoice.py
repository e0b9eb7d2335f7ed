"""EvoVoice: calls, chats and faxes, listed by day, newest first (seed 002; VENDORS.md section 3).

Only ever reads: the API's bulk delete has the listing's path, and no request here has another method than GET, but for
signing in.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from dashboard.source_entry import Entry
from dashboard.source_values import Mistake, read_words
from dashboard.vendors.base import Capability, Listed, Page, Tried, Vendor, Window
from dashboard.vendors.caller import Caller
from dashboard.vendors.evovoice_account import AUTHS, EvoVoiceAccount, fetch
from dashboard.vendors.evovoice_records import read_session
from dashboard.vendors.settings import read_choice, read_common, require_secret
from dashboard.vendors.skipping import Reading
from realtime.errors import IllegalMessage
from realtime.values import Json, as_number

DEFAULT_URL = "https://evovoice.io"

PER_PAGE = 100
MOST_PAGES = 400  # of one listing
DAY = timedelta(days=1)  # dates are asked for in a zone that nobody knows, so a day more on both sides
ARCHIVED_AFTER = timedelta(days=14)  # sessions of "about 15 days" are listed only where the archive is searched
LOOKED_UP_AT_ONCE = 50

LISTING = "listing its sessions"
LOOKING_UP = "looking sessions up"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listing is: a page of the sessions proper, or of the archive."""

    page: int
    in_archive: bool

    @property
    def cursor(self) -> str:
        """As text: "3", or "archive/3"."""
        return f"archive/{self.page}" if self.in_archive else str(self.page)


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the listing as it came; `total` counts the whole listing's sessions, 0 where that is not said."""

    records: list[Json]
    is_last: bool
    total: int


class EvoVoice(Vendor[EvoVoiceAccount]):
    """The vendor. Calls are not started from here."""

    name = "evovoice"
    title = "EvoVoice"
    capabilities = frozenset({Capability.LOOK_UP, Capability.DETAILS})

    def read(self, entry: Entry) -> EvoVoiceAccount | None:
        """Read a source's table of sources.toml."""
        common = read_common(entry, DEFAULT_URL)
        username = entry.require("username", read_words, "add the name of a user who may see the sessions")
        password = require_secret(entry, "password")
        account_ids = entry.take("account_ids", read_account_ids)
        auth = entry.take("auth", partial(read_choice, AUTHS))
        entry.refuse_unknown()
        if username is None or password is None:
            return None
        return EvoVoiceAccount(
            **common, username=username, password=password, account_ids=account_ids or (), auth=auth or AUTHS[0]
        )

    async def list_sessions(
        self, caller: Caller[EvoVoiceAccount], window: Window, cursor: str = ""
    ) -> AsyncIterator[Page]:
        """Yield pages, the newest session first: a later one pushes others to a later page, where they come again."""
        reading, place, total = Reading(), read_cursor(cursor), 0
        for _ in range(MOST_PAGES):
            reply = await fetch(caller, "/sessions", LISTING, params=listing_params(caller.account, window, place))
            part = read_part(caller, reply, place)
            sessions = reading.read(part.records, read_session)
            following = next_place(place, window, is_last=part.is_last or is_past(sessions, window))
            if part.total < total and place.page > 0:  # what stood on this page may have moved to the one before
                following = Place(place.page - 1, place.in_archive)
            yield Page(sessions, following.cursor if following else "")
            if following is None:
                reading.warn(caller.account.name)
                return
            total = part.total if following.in_archive is place.in_archive else 0
            place = following
        raise IllegalMessage(f"{caller.account.name}: the listing does not end after {MOST_PAGES} pages.")

    async def look_up(self, caller: Caller[EvoVoiceAccount], external_ids: Sequence[str]) -> Mapping[str, Listed]:
        """Return sessions by their ids, from the archive those that are not found elsewhere."""
        reading = Reading()
        found: dict[str, Listed] = {}
        for in_archive in (False, True):
            missing = [external_id for external_id in external_ids if external_id not in found]
            for ids in chunks(missing, LOOKED_UP_AT_ONCE):
                records = await fetch_records(caller, ids, in_archive, LOOKING_UP)
                sessions = reading.read(records, read_session)
                found |= {one.external_id: one for one in sessions if one.external_id in ids}
        reading.warn(caller.account.name)
        return found

    async def fetch_details(self, caller: Caller[EvoVoiceAccount], external_id: str) -> Mapping[str, Json]:
        """Return a session's log and members. The session's own address answers an empty log, so it is listed."""
        for in_archive in (False, True):
            for record in await fetch_records(caller, [external_id], in_archive, "asking for a session's log"):
                if isinstance(record, dict) and record.get("id") == external_id:
                    return {"log": record.get("log") or [], "members": record.get("members") or []}
        return {}

    async def check(self, caller: Caller[EvoVoiceAccount]) -> AsyncIterator[Tried]:
        """Sign in, and list one page."""
        who = caller.expect(await fetch(caller, "/auth/status", "signing in"), dict, "signing in")
        ids = who.get("accountIds")
        yield Tried("signed in", f"the user may see {len(ids) if isinstance(ids, list) else 0} accounts")
        now = datetime.now(UTC)
        place = Place(0, in_archive=False)
        params = listing_params(caller.account, Window(now - DAY, now), place)
        part = read_part(caller, await fetch(caller, "/sessions", LISTING, params=params), place)
        count = f"{len(part.records)}{'' if part.is_last else ' or more'}"
        yield Tried("sessions", f"{count} sessions around the last 24 h")


def read_account_ids(value: Any) -> tuple[str, ...]:
    """Return the ids of accounts."""
    if not isinstance(value, list) or not value:
        raise Mistake('it must be a list of ids, like ["5f8e…"]; leave it out to list every account the user may see')
    if not all(isinstance(one, str) and one.strip() and "," not in one for one in value):
        raise Mistake("each id must be text in quotes, without a comma")
    return tuple(value)


def read_cursor(cursor: str) -> Place:
    """Return where a broken-off listing goes on, the beginning for an unknown cursor."""
    name, _, page = cursor.rpartition("/")
    return Place(int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 0, name == "archive")


def next_place(place: Place, window: Window, is_last: bool) -> Place | None:
    """Return where a listing goes on after a page: the next one, the archive's first, or nowhere."""
    if not is_last:
        return Place(place.page + 1, place.in_archive)
    if not place.in_archive and window.start < datetime.now(UTC) - ARCHIVED_AFTER:
        return Place(0, in_archive=True)
    return None


def listing_params(account: EvoVoiceAccount, window: Window, place: Place) -> dict[str, str]:
    """Return the query of one page. The dates are days, both included."""
    latest = min(window.end, datetime.now(UTC))
    params = {
        "startDate": f"{window.start - DAY:%Y-%m-%d}",
        "endDate": f"{latest + DAY:%Y-%m-%d}",
        "sortField": "dateCreated",
        "sortOrder": "Descend",
        "page": str(place.page),
        "countPerPage": str(PER_PAGE),
    }
    if account.account_ids:
        params["accountIds"] = ",".join(account.account_ids)
    if place.in_archive:
        params["searchArchive"] = "true"
    return params


def read_part(caller: Caller[EvoVoiceAccount], reply: Json, place: Place) -> Part:
    """Read a page of the listing. Raises IllegalMessage.

    A reply in the simplified form has no totals and its `hasMorePages` may be no more than a default: then only an
    empty page is the last.
    """
    records = items_of(caller, reply, LISTING)
    pages = as_number(reply.get("totalPages"))
    is_last = place.page + 1 >= pages if records and pages and pages > 0 else not records
    return Part(records, is_last, as_number(reply.get("totalCount")) or 0)


def is_past(sessions: Sequence[Listed], window: Window) -> bool:
    """Whether a page reaches back beyond the window, so that no further one is needed.

    Only where the vendor does sort as it was asked to: the page itself must show it.
    """
    created = [one.created_at for one in sessions if one.created_at is not None]
    is_sorted = len(created) > 1 and created[0] > created[-1] and all(a >= b for a, b in pairwise(created))
    return is_sorted and created[-1] < window.start


async def fetch_records(caller: Caller[EvoVoiceAccount], ids: Sequence[str], in_archive: bool, step: str) -> list[Json]:
    """Return the records of some sessions."""
    params = {"specificIds": ",".join(ids), "countPerPage": str(len(ids)), "simplifiedPaging": "true"}
    if in_archive:
        params["searchArchive"] = "true"
    return items_of(caller, await fetch(caller, "/sessions", step, params=params), step)


def items_of(caller: Caller[EvoVoiceAccount], reply: Json, step: str) -> list[Json]:
    """Return a reply's records; an empty list may be left out of it. Raises IllegalMessage."""
    items = caller.expect(reply, dict, step).get("items")
    records: list[Json] = [] if items is None else caller.expect(items, list, step)
    return records


def chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield a sequence in parts."""
    return (items[start : start + size] for start in range(0, len(items), size))
