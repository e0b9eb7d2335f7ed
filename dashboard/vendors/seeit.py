"""GoToAssist Seeit: sessions in which a customer shows something with a phone's camera (seed 000; VENDORS.md 1).

The listing is paged by number and sorted by creation, oldest first, so new sessions come after what was read. The
product is retired; what nobody could confirm (address, form of the access token) is a setting.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from dashboard.source_entry import Entry
from dashboard.vendors.account import Account
from dashboard.vendors.authorization import SCHEMES, authorize
from dashboard.vendors.base import Capability, Listed, Page, Started, Tried, Vendor, Window
from dashboard.vendors.caller import Caller, texts
from dashboard.vendors.seeit_records import read_paging, read_session
from dashboard.vendors.settings import read_choice, read_common, require_secret
from dashboard.vendors.skipping import Reading
from realtime.errors import IllegalMessage
from realtime.outbound.endpoint import Pace
from realtime.values import Json

DEFAULT_URL = "https://api.citrixonline.com/seeit/v1"
PAGE_SIZE = 100
MOST_PAGES = 2000
AHEAD = timedelta(hours=1)  # their clock may be before ours; nothing later can have been created
LISTING = "listing its sessions"
LOOKING_UP = "looking up a session"
STARTING = "creating a session"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeitAccount(Account):
    """An account; `auth_scheme` is how its access token is written into the header."""

    access_token: str = field(repr=False)
    auth_scheme: str = "bearer"

    vendor: ClassVar[str] = "seeit"
    noun: ClassVar[str] = "Seeit"
    credentials: ClassVar[str] = "access_token and auth_scheme"
    pace: ClassVar[Pace] = Pace(per_second=3, per_hour=3000)

    @property
    def account(self) -> str:
        """The token at its address."""
        return f"{self.url}\n{self.access_token}"

    @property
    def secret(self) -> str:
        """The token."""
        return self.access_token


class Seeit(Vendor[SeeitAccount]):
    """The vendor."""

    name = "seeit"
    title = "GoToAssist Seeit"
    capabilities = frozenset({Capability.LOOK_UP, Capability.DETAILS, Capability.START})

    def read(self, entry: Entry) -> SeeitAccount | None:
        """Read a source's table of sources.toml."""
        common = read_common(entry, DEFAULT_URL)
        access_token = require_secret(entry, "access_token")
        scheme = entry.take("auth_scheme", partial(read_choice, SCHEMES))
        entry.refuse_unknown()
        if access_token is None:
            return None
        return SeeitAccount(**common, access_token=access_token, auth_scheme=scheme or SCHEMES[0])

    async def list_sessions(
        self, caller: Caller[SeeitAccount], window: Window, cursor: str = ""
    ) -> AsyncIterator[Page]:
        """Yield page by page; `cursor` is the number of the next one, and the one in front of it is read once more.

        When the listing got shorter meanwhile, what stood on a page moved to the one before it: that is read again.
        """
        reading = Reading()
        number, total = max(read_cursor(cursor) - 1, 0), 0
        for _ in range(MOST_PAGES):
            reply = await fetch_page(caller, window, number)
            records = caller.expect(reply.get("content"), list, LISTING)
            paging = read_paging(reply)
            is_shorter = number > 0 and (paging.total or 0) < total
            is_last = not is_shorter and (not records or paging.more is False)
            number, total = number - 1 if is_shorter else number + 1, paging.total or 0
            yield Page(reading.read(records, read_session), "" if is_last else str(number))
            if is_last:
                reading.warn(caller.account.name)
                return
        raise IllegalMessage(f"{caller.account.name}: the listing does not end after {MOST_PAGES} pages.")

    async def look_up(self, caller: Caller[SeeitAccount], external_ids: Sequence[str]) -> Mapping[str, Listed]:
        """Return those of these sessions that the vendor still knows."""
        found = {external_id: await look_up_one(caller, external_id) for external_id in external_ids}
        return {external_id: listed for external_id, listed in found.items() if listed is not None}

    async def fetch_details(self, caller: Caller[SeeitAccount], external_id: str) -> Mapping[str, Json]:
        """Return the session as it is now, with its links and their expiry; nothing when it is not known (any more)."""
        listed = await look_up_one(caller, external_id)
        return {"session": listed.raw} if listed else {}

    async def start(self, caller: Caller[SeeitAccount]) -> Started:
        """Create a session."""
        reply = caller.expect(await caller.fetch("POST", "/sessions", STARTING, headers=auth(caller)), dict, STARTING)
        uuid, start_url, support_key = (texts(reply, name) for name in ("uuid", "startUrl", "supportKey"))
        if uuid is None or start_url is None:
            raise IllegalMessage(
                f"{caller.account.name}: the answer lacks the session's uuid or link while {STARTING}."
            )
        return Started(uuid.strip().lower(), start_url, support_key or "")

    async def check(self, caller: Caller[SeeitAccount]) -> AsyncIterator[Tried]:
        """List the last day."""
        now = datetime.now(UTC)
        reply = await fetch_page(caller, Window(now - timedelta(days=1), now), 0)
        records = caller.expect(reply.get("content"), list, LISTING)
        total = read_paging(reply).total
        yield Tried("listing", f"{len(records) if total is None else total} sessions in the last 24 h")


def read_cursor(cursor: str) -> int:
    """Return the page to go on with."""
    return int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 8 else 0


async def fetch_page(caller: Caller[SeeitAccount], window: Window, number: int) -> dict[str, Any]:
    """Return one page of the listing as the vendor said it."""
    end = min(window.end, datetime.now(UTC) + AHEAD)
    wanted = {
        "startTime": int(window.start.timestamp() * 1000),
        "endTime": int(end.timestamp() * 1000) + 1,
        "page": number,
        "size": PAGE_SIZE,
        "sort": "sessionCreateTime,asc",
    }
    reply = await caller.fetch("GET", "/sessions", LISTING, params=wanted, headers=auth(caller))
    page: dict[str, Any] = caller.expect(reply, dict, LISTING)
    return page


async def look_up_one(caller: Caller[SeeitAccount], external_id: str) -> Listed | None:
    """Return one session; None where the vendor does not know it (any more), or has no details yet (409)."""
    answer = await caller.send("GET", f"/sessions/{quote(external_id, safe='')}", LOOKING_UP, headers=auth(caller))
    if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
        return None
    listed = read_session(caller.read(answer, LOOKING_UP))
    return listed if listed and listed.external_id == external_id else None


def auth(caller: Caller[SeeitAccount]) -> dict[str, str]:
    """Return the header that carries the access token."""
    return authorize(caller.account.auth_scheme, caller.account.access_token)
