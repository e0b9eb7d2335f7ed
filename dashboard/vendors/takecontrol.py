"""N-able Take Control: its session history, asked for by day (seed 003; VENDORS.md section 4).

The history has no pages, no live feed and no time zone; what is undocumented is a setting, or read in every form.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from dashboard.source_entry import Entry
from dashboard.source_values import Mistake, read_words
from dashboard.vendors.account import Account
from dashboard.vendors.base import Capability, Listed, Page, Started, Tried, Vendor, Window
from dashboard.vendors.caller import Caller, texts
from dashboard.vendors.settings import read_choice, read_common, require_secret, take_secret
from dashboard.vendors.skipping import Reading
from dashboard.vendors.takecontrol_records import VARIABLES, RecordReader, entries, is_success
from realtime.errors import CredentialsRefused, Misconfigured
from realtime.outbound.endpoint import Pace
from realtime.outbound.http import Answer
from realtime.values import Json

DEFAULT_URL = "https://api.us0.swi-rc.com/rest"
AUTH_HEADERS = ("integration_key", "authorization", "bearer")
HISTORY_REQUESTS = ("get_body", "query", "post")

FORMAT = "%Y-%m-%d %H:%M:%S"
SECOND = timedelta(seconds=1)
SPAN = timedelta(days=1)  # of one request: the answer has no pages
CLOCK_CHANGE = timedelta(hours=1)  # clocks repeat or leave out an hour of what we ask for
AHEAD = timedelta(hours=1)  # their clock may be before ours; nothing later can have begun
FURTHEST_ZONE = timedelta(hours=14)

STEP = "listing its session history"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeControlAccount(Account):
    """An account. The private key reads the history, the public key creates sessions; `zone` is the history's."""

    private_key: str = field(repr=False)
    public_key: str = field(default="", repr=False)
    auth_header: str = AUTH_HEADERS[0]
    history_request: str = HISTORY_REQUESTS[0]
    zone: tzinfo = UTC

    vendor: ClassVar[str] = "takecontrol"
    noun: ClassVar[str] = "Take Control"
    credentials: ClassVar[str] = "private_key"
    pace: ClassVar[Pace] = Pace(per_second=2, per_hour=1500)

    @property
    def account(self) -> str:
        """The key at its address."""
        return f"{self.url}\n{self.private_key}"

    @property
    def secret(self) -> str:
        """The key."""
        return self.private_key


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the history in the vendor's own clock, both ends included; `cursor` is where the next one begins."""

    start: datetime
    end: datetime
    cursor: str = ""


class TakeControl(Vendor[TakeControlAccount]):
    """The vendor. A session cannot be asked for by itself."""

    name = "takecontrol"
    title = "N-able Take Control"
    capabilities = frozenset({Capability.START})

    def read(self, entry: Entry) -> TakeControlAccount | None:
        """Read a source's table of sources.toml."""
        common = read_common(entry, DEFAULT_URL)
        private_key = require_secret(entry, "private_key")
        public_key = take_secret(entry, "public_key")
        header = entry.take("auth_header", partial(read_choice, AUTH_HEADERS))
        request = entry.take("history_request", partial(read_choice, HISTORY_REQUESTS))
        zone = entry.take("time_zone", read_zone)
        entry.refuse_unknown()
        if private_key is None:
            return None
        return TakeControlAccount(
            **common,
            private_key=private_key,
            public_key=public_key or "",
            auth_header=header or AUTH_HEADERS[0],
            history_request=request or HISTORY_REQUESTS[0],
            zone=zone or UTC,
        )

    async def list_sessions(
        self, caller: Caller[TakeControlAccount], window: Window, cursor: str = ""
    ) -> AsyncIterator[Page]:
        """Yield a page a day, the oldest first; `cursor` is a day's beginning in the vendor's clock."""
        reading = Reading()
        latest = min(window.end, datetime.now(UTC) + AHEAD)
        for span in spans(window.start, latest, caller.account.zone, cursor):
            yield Page(await list_span(caller, span, reading), span.cursor)
        reading.warn(caller.account.name)

    async def start(self, caller: Caller[TakeControlAccount]) -> Started:
        """Create a session. The reply names neither link nor key; an id is what a public client looks for."""
        account, step = caller.account, "creating a session"
        if not account.public_key:
            raise Misconfigured(f"{account.name}: creating a session needs public_key; add it to sources.toml.")
        answer = await caller.send("POST", "/session", step, json={}, headers=auth(account, account.public_key))
        details = read_reply(caller, answer, step, "public_key")
        external_id = texts(details, "session_id", "id") if isinstance(details, dict) else None
        return Started(external_id or "", start_url="", support_key="")

    async def check(self, caller: Caller[TakeControlAccount]) -> AsyncIterator[Tried]:
        """Ask for the last day, and look whether `time_zone` can be right."""
        account, now = caller.account, datetime.now(UTC)
        reading = Reading()
        sessions: list[Listed] = []
        for span in spans(now - SPAN, now + FURTHEST_ZONE, account.zone):
            sessions += await list_span(caller, span, reading)
        yield Tried("history", f"the private key is accepted; {len(sessions)} sessions in the last day")
        newest = max((one.started_at for one in sessions if one.started_at), default=None)
        if newest is not None and newest > now + AHEAD:
            hours = (newest - now) / timedelta(hours=1)
            raise Misconfigured(
                f"{account.name}: a session begins {hours:.1f} hours from now, so the times are not in {account.zone}; "
                "set time_zone to the zone that Take Control writes them in."
            )
        if newest is not None:
            yield Tried("times", f"the newest began {newest:%Y-%m-%d %H:%M} UTC, if they are in {account.zone}")


def read_zone(value: Any) -> ZoneInfo:
    """Return a time zone by its name."""
    name = read_words(value)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Mistake('there is no such time zone; write it like "Europe/Berlin" or "UTC"') from None


def spans(start: datetime, end: datetime, zone: tzinfo, cursor: str = "") -> Iterator[Span]:
    """Yield the time from start to end in parts of at most a day, in a zone's own clock."""
    first = (start.astimezone(zone) - CLOCK_CHANGE).replace(tzinfo=None, microsecond=0)
    last = (end.astimezone(zone) + CLOCK_CHANGE).replace(tzinfo=None, microsecond=0)
    begin = read_cursor(cursor) or first
    while begin <= last:
        following = begin + SPAN
        yield Span(begin, min(following - SECOND, last), following.isoformat() if following <= last else "")
        begin = following


def read_cursor(cursor: str) -> datetime | None:
    """Return where a broken-off listing goes on; None for from the beginning."""
    try:
        return datetime.fromisoformat(cursor).replace(tzinfo=None) if cursor else None
    except ValueError:
        return None


async def list_span(caller: Caller[TakeControlAccount], span: Span, reading: Reading) -> list[Listed]:
    """Return the sessions that began in a part of the history, and who waits if the answer says so.

    "ID" is not among the documented variables but older interfaces of the vendor have it, so it is asked for first.
    """
    answer = await ask(caller, span, (*VARIABLES, "ID"))
    if answer.status == HTTPStatus.BAD_REQUEST:
        answer = await ask(caller, span, VARIABLES)
    details = read_reply(caller, answer, STEP, "private_key")
    return reading.read(entries(details), RecordReader(caller.account.zone).read)


async def ask(caller: Caller[TakeControlAccount], span: Span, variables: Sequence[str]) -> Answer:
    """Send the request for a part of the history, in the form that the account's settings say."""
    account = caller.account
    filters = {
        "FILTER_DATE_START_INI": span.start.strftime(FORMAT),
        "FILTER_DATE_START_END": span.end.strftime(FORMAT),
        "FILTER_START_METHOD": "ALL",
        "FILTER_PROCESSED": "ALL",
    }
    send = partial(caller.send, path="/session/history", step=STEP, headers=auth(account, account.private_key))
    match account.history_request:
        case "query":
            return await send("GET", params={"vars": " ".join(variables)} | filters)
        case "post":
            return await send("POST", json={"vars": variables, "filters": filters})
        case _:
            return await send("GET", json={"vars": variables, "filters": filters})


def auth(account: TakeControlAccount, key: str) -> dict[str, str]:
    """Return the header that carries a key: the vendor's documents disagree about it."""
    match account.auth_header:
        case "authorization":
            return {"Authorization": f"INTEGRATION-KEY {key}"}
        case "bearer":
            return {"Authorization": f"Bearer {key}"}
        case _:
            return {"INTEGRATION-KEY": key}


def read_reply(caller: Caller[TakeControlAccount], answer: Answer, step: str, key: str) -> Json:
    """Return an answer's details. Raises a RealtimeError, also where HTTP says 200 and the envelope does not."""
    account = caller.account
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise CredentialsRefused(
            f"{account.name}: HTTP {answer.status} while {step}: the key is not accepted; check {key}, its permissions "
            "and allowed addresses, and that it has not expired (keys live a year at most)."
        )
    reply = caller.expect(caller.read(answer, step), dict, step)
    if not is_success(reply):
        raise Misconfigured(
            f"{account.name}: the request was answered with a failure while {step}; check the permissions of {key}, "
            "history_request and auth_header."
        )
    return reply.get("details")
