"""How the contract suite speaks with each vendor: its settings, its sessions, and where its listing ends a page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.source_entry import Entry
from dashboard.vendors.account import Account
from dashboard.vendors.base import Listed, Page, Vendor, Window
from dashboard.vendors.caller import Caller
from dashboard.vendors.registry import VENDORS
from dashboard.vendors.simulators.activity import Product, Technician
from dashboard.vendors.simulators.server import VendorSimulators
from dashboard.vendors.simulators.timetable import Meeting, Training
from realtime.database import DatabaseThread
from realtime.outbound.endpoint import Pace
from realtime.outbound.http import open_client

SECRET = "canary-4711"
MARK = "markForTests"
"""A member that no vendor has, by which a test knows its own sessions again."""

ORGANIZERS = ("4000000000000000001", "4000000000000000002", "4000000000000000003")


@dataclass(frozen=True)
class Harness:
    """One vendor. `many` sessions, `apart` from each other in time, make more than two pages."""

    name: str
    path: str  # part of its listing's path
    settings: Mapping[str, Any]
    many: int
    apart: timedelta
    hostile: tuple[str, ...] = ()  # members of a record that hold free text
    words: Mapping[str, Any] = field(default_factory=dict)  # members that leave a state to words no document has
    key: str = ""  # the member that holds a number too large for JavaScript, if one does

    def __str__(self) -> str:
        return self.name

    def add(self, simulators: VendorSimulators, mark: str, place: int = 0, **said: Any) -> str:
        """Let the vendor have one more session, which ended `place` times `apart` ago. Return what removes it."""
        created_at = simulators.frame.now() - 3600 - place * self.apart.total_seconds()
        members = {MARK: mark} | said
        if self.name == "gototraining":
            return add_training(simulators, created_at, place, members)
        case = simulators.world.open(Product(self.name), created_at, ended_at=created_at + 600, said=members)
        return case.id

    def remove(self, simulators: VendorSimulators, handle: str) -> None:
        """Let one vanish."""
        if self.name == "gototraining":
            simulators.world.remove_training(handle)
        else:
            simulators.world.remove(handle)

    def window(self) -> Window:
        """Return a time in which all that `add` adds was created."""
        now = datetime.now(UTC)
        return Window(now - timedelta(days=4), now + timedelta(days=31))


def add_training(simulators: VendorSimulators, at: float, place: int, members: dict[str, Any]) -> str:
    """Let a training have been held, by one organizer after the other."""
    number = 4_477_889_900_112_233_445 + len(simulators.world.trainings(simulators.frame.now()))
    meeting = Meeting(at, at + 600, str(number), at + 5, at + 595)
    training = Training(
        key=str(number + 10**18),
        training_id="123456789",
        name="Onboarding",
        organizer_key=ORGANIZERS[place % len(ORGANIZERS)],
        organizer=Technician("Pat Doe", "pat.doe", "Service Desk"),
        created_at=at - 86400,
        meetings=(meeting,),
        said=members,
        session_said=members,
    )
    return simulators.world.add_training(training).key


HARNESSES = (
    Harness(
        "seeit",
        "/sessions",
        {"access_token": SECRET},
        many=350,
        apart=timedelta(seconds=5),
        hostile=("sessionNotes", "supportKey", "technicianEmail"),
        words={"sessionStatus": "LEVITATING"},
    ),
    Harness(
        "gototraining",
        "organizers",
        {"access_token": SECRET, "organizer_keys": list(ORGANIZERS)},
        many=7,
        apart=timedelta(hours=1),
        hostile=("trainingName",),
        key="sessionKey",
    ),
    Harness(
        "takecontrol",
        "/session/history",
        {"private_key": SECRET, "public_key": f"{SECRET}-public"},
        many=60,
        apart=timedelta(hours=1),
        hostile=("COMPUTER_NAME", "CUSTOMER_NAME", "PROBLEM_DESCRIPTION"),
        key="ID",
    ),
    Harness(
        "evovoice",
        "/sessions",
        {"username": "simulator", "password": SECRET, "auth": "basic"},
        many=450,
        apart=timedelta(seconds=5),
        hostile=("fromName", "endpointName", "displayName"),
        words=dict.fromkeys(("callState", "queueState", "dialState", "channel"), "Levitating")
        | {"ended": None, "dateCompleted": None},
    ),
)


@dataclass(frozen=True)
class Bench:
    """A vendor's client, ready to call its simulator."""

    harness: Harness
    simulators: VendorSimulators
    vendor: Vendor[Any]
    caller: Caller[Account]

    async def pages(self, cursor: str = "") -> list[Page]:
        """Return the listing, whole."""
        return [page async for page in self.vendor.list_sessions(self.caller, self.harness.window(), cursor)]

    async def sessions(self) -> list[Listed]:
        """Return all that is listed, with those that come twice."""
        return [session for page in await self.pages() for session in page.sessions]

    async def marks(self, cursor: str = "") -> list[str]:
        """Return the marks of what is listed, in order, each once for each identity."""
        found = {one.external_id: one for page in await self.pages(cursor) for one in page.sessions}
        return [str(one.raw.get(MARK)) for one in found.values()]

    async def until_failure(self) -> tuple[list[Page], BaseException | None]:
        """Return the pages that came, and what broke the listing off."""
        pages: list[Page] = []
        try:
            async for page in self.vendor.list_sessions(self.caller, self.harness.window()):
                pages.append(page)  # noqa: PERF401 - what came before a failure counts
        except Exception as error:
            return pages, error
        return pages, None


@asynccontextmanager
async def open_bench(
    harness: Harness,
    simulators: VendorSimulators,
    database: DatabaseThread,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    **settings: Any,
) -> AsyncIterator[Bench]:
    """Yield a bench whose account has the harness' settings and some more."""
    vendor = VENDORS[harness.name]
    given = {"vendor": harness.name, "url": simulators.url(harness.name), **harness.settings, **settings}
    entry = Entry("polled", {name: value for name, value in given.items() if value is not None}, folder)
    account = vendor.read(entry)
    assert entry.mistakes == []
    assert account is not None
    monkeypatch.setattr(type(account), "pace", Pace(per_second=1000, per_hour=100_000))
    async with open_client(account) as client:
        yield Bench(harness, simulators, vendor, Caller(account, client, database))
