"""The contract every polled vendor's module keeps; `polling` is written against it, one test suite proves it of all.

A vendor's module translates and nothing else: requests through `Caller`, answers into `Listed`. When to ask, what is
new, what vanished and where it is stored is `polling`'s part. Errors are those of `realtime.errors`: the class says who
acts, the sentence names the source and the mend.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from dashboard.source_entry import Entry
from dashboard.vendors.account import Account
from dashboard.vendors.caller import Caller
from realtime.values import Json
from realtime.vendor_session import Kind, State, TimeBasis


class Capability(Enum):
    """What a vendor can do beyond listing its sessions."""

    LOOK_UP = "look up"  # read single sessions by their ids
    DETAILS = "details"  # more about one session, asked for when somebody looks
    START = "start"  # create a session


@dataclass(frozen=True, slots=True)
class Window:
    """The time to list, both ends included, aware UTC: sessions created or planned in it. More may be listed."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One session as a vendor lists it now, in our words. Times are aware UTC; what the vendor did not say is None.

    `external_id` is the vendor's lasting identity of it, `raw` what it said verbatim (already bounded by the answer's
    size). Texts may be of any length and hold any character: `rows` cuts and cleans them.
    """

    external_id: str
    kind: Kind
    state: State
    raw: Mapping[str, Json]
    time_basis: TimeBasis = TimeBasis.EXACT
    created_at: datetime | None = None
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    duration_seconds: int | None = None
    technician: str | None = None
    technician_email: str | None = None
    customer: str | None = None
    organisation: str | None = None
    queue_name: str | None = None
    subject: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing. `cursor` is where the listing goes on after it, "" when this was the last part."""

    sessions: Sequence[Listed]
    cursor: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One step of a check that went well, in words: "signed in", "12 sessions in the last 24 h"."""

    stage: str
    detail: str


@dataclass(frozen=True, slots=True)
class Started:
    """A session that was created: where the technician goes, what the customer is told; each "" where not said."""

    external_id: str
    start_url: str
    support_key: str


AccountT = TypeVar("AccountT", bound=Account)


class Vendor(ABC, Generic[AccountT]):
    """One vendor. Stateless: an account and its connections come with the `Caller`.

    What is not abstract belongs to a capability; without it, it is never called.
    """

    name: str  # as in sources.toml: "seeit"
    title: str  # as people know it: "GoToAssist Seeit"
    capabilities: frozenset[Capability]

    @abstractmethod
    def read(self, entry: Entry) -> AccountT | None:
        """Read a source's table of sources.toml; mistakes are noted in the entry, then None."""

    @abstractmethod
    def list_sessions(self, caller: Caller[AccountT], window: Window, cursor: str = "") -> AsyncIterator[Page]:
        """Yield the window's sessions, from the beginning or from a `cursor` of an earlier listing of the same window.

        Pages are yielded as they arrive, so that what came before a failure is kept. The loop is bounded.
        """

    async def look_up(self, caller: Caller[AccountT], external_ids: Sequence[str]) -> Mapping[str, Listed]:
        """Return those of these sessions that the vendor still knows. Only with `LOOK_UP`."""
        raise NotImplementedError

    async def fetch_details(self, caller: Caller[AccountT], external_id: str) -> Mapping[str, Json]:
        """Return more about one session, for its page: named parts, each as the vendor said it. Only with `DETAILS`."""
        raise NotImplementedError

    async def start(self, caller: Caller[AccountT]) -> Started:
        """Create a session. Only with `START`."""
        raise NotImplementedError

    @abstractmethod
    def check(self, caller: Caller[AccountT]) -> AsyncIterator[Tried]:
        """Try the account step by step; a step that fails raises."""
