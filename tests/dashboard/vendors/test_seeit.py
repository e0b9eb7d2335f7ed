"""GoToAssist Seeit: what is its own. What every vendor must do is in `test_contract`."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.source_entry import Entry
from dashboard.vendors import seeit
from dashboard.vendors.base import Listed
from dashboard.vendors.rows import stored_form
from dashboard.vendors.seeit import Seeit
from dashboard.vendors.seeit_records import PagingInfo, read_paging, read_session
from dashboard.vendors.simulators import seeit as simulated
from dashboard.vendors.simulators.activity import Product
from dashboard.vendors.simulators.faults import Fault
from dashboard.vendors.simulators.options import Options
from dashboard.vendors.simulators.server import VendorSimulators
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, IllegalMessage, SourceBusy
from realtime.vendor_session import Kind, State, TimeBasis
from tests.dashboard.vendors.harness import HARNESSES, SECRET, Bench, open_bench

pytestmark = pytest.mark.usefixtures("valkey")

HARNESS = HARNESSES[0]
UUID = "095be615-a8ad-4c33-8e9c-c7612fbf6c9f"
RECORD = {
    "uuid": UUID.upper(),
    "supportKey": "111-222-333",
    "sessionStatus": "JOINED",
    "sessionCreateTime": 1767225600000,
    "sessionStartTime": 1767225605000,
    "sessionJoinTime": 1767225660123,
    "sessionDataStatus": "NO_DATA",
    "technicianEmail": "tech@example.com",
    "startUrl": "https://example.test/s/abc",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
odd_records = st.dictionaries(st.sampled_from([*RECORD, "sessionEndTime", "sessionNotes", "other"]), json_values)


def entry(tmp_path: Path, **settings: Any) -> Entry:
    """Return a source's table."""
    return Entry("camera", {"vendor": "seeit", **settings}, tmp_path)


@pytest.fixture
def given_bench(
    simulators: VendorSimulators, database: DatabaseThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return what opens a bench with some settings."""
    return lambda **settings: open_bench(HARNESS, simulators, database, tmp_path, monkeypatch, **settings)


def test_settings_are_read_with_their_defaults(tmp_path: Path) -> None:
    account = Seeit().read(entry(tmp_path, access_token="t0ken"))
    assert account is not None
    assert (account.url, account.auth_scheme, account.interval_seconds) == (seeit.DEFAULT_URL, "bearer", 30.0)
    assert "t0ken" not in repr(account)


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({}, "lacks its secret"),
        ({"access_token": "t", "auth_scheme": "basic"}, "must be one of bearer, oauth_token, raw"),
        ({"access_token": "t", "page_size": 5}, "unknown key"),
        ({"access_token": "t", "url": "http://example.com"}, "use https"),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, settings: dict[str, Any], mistake: str) -> None:
    table = entry(tmp_path, **settings)
    Seeit().read(table)
    assert [text for _, text in table.mistakes if mistake in text] != []


def test_session_is_read_in_our_words() -> None:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    assert read_session(RECORD) == Listed(
        external_id=UUID,
        kind=Kind.CAMERA,
        state=State.ACTIVE,
        raw=RECORD,
        created_at=created,
        started_at=created + timedelta(seconds=5),
        joined_at=created + timedelta(seconds=60, milliseconds=123),
        technician_email="tech@example.com",
        subject="111-222-333",
        url="https://example.test/s/abc",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATED", State.WAITING),
        ("STARTED", State.WAITING),
        ("joined", State.ACTIVE),
        ("FINISHED", State.ENDED),
        ("PAUSED", State.UNKNOWN),
        (None, State.UNKNOWN),
        (3, State.UNKNOWN),
    ],
)
def test_status_becomes_state(status: object, state: State) -> None:
    session = read_session(RECORD | {"sessionStatus": status})
    assert session is not None
    assert session.state is state


def test_session_that_ended_has_a_duration_and_no_link() -> None:
    session = read_session(
        RECORD | {"sessionStatus": "FINISHED", "sessionEndTime": 1767225720123, "sessionNotes": "ok"}
    )
    assert session is not None
    assert (session.duration_seconds, session.url, session.subject) == (60, None, "ok")


def test_link_that_is_no_web_address_is_none() -> None:
    session = read_session(RECORD | {"startUrl": "javascript:alert(1)"})
    assert session is not None
    assert session.url is None


@pytest.mark.parametrize("value", ["2026-01-01", [], {}, 10**30])
def test_time_that_cannot_be_read_is_said(value: object) -> None:
    session = read_session(RECORD | {"sessionStartTime": value})
    assert session is not None
    assert (session.started_at, session.time_basis) == (None, TimeBasis.UNREADABLE)


@given(odd_records | json_values)
def test_no_record_breaks_the_reader(record: Any) -> None:
    session = read_session(record)
    assert session is None or stored_form("camera", "seeit", session).key.startswith("camera:")


@pytest.mark.parametrize(
    ("reply", "paging"),
    [
        ({"page": {"number": 0, "totalPages": 2, "totalElements": 7}, "links": []}, PagingInfo(7, True)),
        ({"page": {"number": 1, "totalPages": 2, "totalElements": 7}}, PagingInfo(7, False)),
        ({"page": {"number": "1", "totalPages": "2"}, "links": [{"rel": "next"}]}, PagingInfo(None, True)),
        ({"links": [{"rel": "self"}]}, PagingInfo(None, False)),
        ({}, PagingInfo(None, None)),
    ],
)
def test_paging_is_read_from_numbers_and_links(reply: dict[str, Any], paging: PagingInfo) -> None:
    assert read_paging(reply) == paging


@given(st.dictionaries(st.sampled_from(["page", "links"]), json_values))
def test_no_paging_breaks_the_reader(reply: dict[str, Any]) -> None:
    assert read_paging(reply).more in (True, False, None)


@pytest.mark.parametrize("scheme", ["bearer", "oauth_token", "raw"])
async def test_token_is_written_as_the_scheme_says(simulators: VendorSimulators, given_bench: Any, scheme: str) -> None:
    simulators.frame.schemes["seeit"] = scheme
    bench: Bench
    async with given_bench(auth_scheme=scheme) as bench:
        assert await bench.marks() == []
    other = "raw" if scheme == "bearer" else "bearer"
    async with given_bench(auth_scheme=other) as bench:
        _, error = await bench.until_failure()
        assert type(error) is CredentialsRefused


async def test_listing_asks_for_milliseconds_oldest_first(simulators: VendorSimulators, given_bench: Any) -> None:
    bench: Bench
    async with given_bench() as bench:
        await bench.pages()
    (asked,) = simulators.frame.asked
    start, end = int(asked.query["startTime"]), int(asked.query["endTime"])
    assert abs(start / 1000 - (simulators.frame.now() - 4 * 86400)) < 10
    assert abs(end / 1000 - (simulators.frame.now() + 3600)) < 10
    assert (asked.query["page"], asked.query["sort"]) == ("0", "sessionCreateTime,asc")


async def test_listing_takes_the_page_size_the_vendor_gives(
    simulators: VendorSimulators, given_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "MOST_SIZE", 7)
    for place in range(20):
        HARNESS.add(simulators, f"m{place}", place)
    bench: Bench
    async with given_bench() as bench:
        assert len(await bench.pages()) == 3
        assert len(await bench.marks()) == 20


async def test_listing_that_never_ends_is_broken_off(
    simulators: VendorSimulators, given_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "MOST_SIZE", 1)
    monkeypatch.setattr(seeit, "MOST_PAGES", 5)
    for place in range(9):
        HARNESS.add(simulators, f"m{place}", place)
    bench: Bench
    async with given_bench() as bench:
        pages, error = await bench.until_failure()
    assert (len(pages), type(error)) == (5, IllegalMessage)


async def test_session_is_looked_up_while_the_vendor_knows_it(
    simulators: VendorSimulators, given_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "DETAILS_LATE_SECONDS", 60.0)
    bench: Bench
    async with given_bench() as bench:
        HARNESS.add(simulators, "m0")
        (session,) = await bench.sessions()
        fresh = simulators.world.open(Product.SEEIT, simulators.frame.now())  # 409: no details yet
        unknown = "00000000-0000-4000-8000-000000000000"
        ids = [session.external_id, fresh.id, unknown, "../sessions"]
        assert list(await bench.vendor.look_up(bench.caller, ids)) == [session.external_id]
        assert await bench.vendor.fetch_details(bench.caller, session.external_id) == {"session": session.raw}
        assert await bench.vendor.fetch_details(bench.caller, unknown) == {}
    assert simulators.frame.count("seeit", status=409) == 1


async def test_session_is_started_and_then_listed(simulators: VendorSimulators, given_bench: Any) -> None:
    bench: Bench
    async with given_bench() as bench:
        started = await bench.vendor.start(bench.caller)
        (session,) = await bench.sessions()
        assert (session.external_id, session.url, session.state) == (
            started.external_id,
            started.start_url,
            State.WAITING,
        )
        assert started.support_key == session.raw["supportKey"]
        simulators.fail("seeit", Fault.FAILED)
        with pytest.raises(SourceBusy):
            await bench.vendor.start(bench.caller)


async def test_busy_center_is_listed_in_order(
    database: DatabaseThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with VendorSimulators(Options(secret=SECRET, busy=8)) as busy:
        bench: Bench
        async with open_bench(HARNESS, busy, database, tmp_path, monkeypatch) as bench:
            sessions = await bench.sessions()
    assert len(sessions) > 50
    assert {State.ENDED, State.ACTIVE} <= {session.state for session in sessions}
    created = [session.created_at for session in sessions if session.created_at]
    assert all(earlier <= later for earlier, later in pairwise(created))
