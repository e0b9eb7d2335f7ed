"""N-able Take Control: what is its own. What every vendor must do is in `test_contract`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import Poll, VendorRecord
from dashboard.source_entry import Entry
from dashboard.vendors import polling
from dashboard.vendors.base import Listed, Window
from dashboard.vendors.caller import Caller
from dashboard.vendors.simulators.activity import Case, Product
from dashboard.vendors.simulators.faults import Fault, Freedom
from dashboard.vendors.simulators.server import VendorSimulators
from dashboard.vendors.skipping import Reading
from dashboard.vendors.takecontrol import TakeControl, TakeControlAccount, spans
from dashboard.vendors.takecontrol_records import RecordReader, entries
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, Misconfigured
from realtime.models import VendorSession
from realtime.outbound.http import open_client
from realtime.vendor_session import State, TimeBasis
from tests.dashboard.vendors.harness import SECRET

pytestmark = pytest.mark.usefixtures("valkey")

VENDOR = TakeControl()
BERLIN = ZoneInfo("Europe/Berlin")
SESSION = {
    "COMPUTER_NAME": "VM9",
    "TECH_NAME": "Pat",
    "TECH_USERNAME": "pat@example.com",
    "DATE_START": "2026-01-05 10:00:00",
    "DATE_END": "2026-01-05 10:30:00",
}
REQUEST = {"computer_name": "VM9", "computer_domain": "WORKGROUP", "tech_username": "t@example.com", "waiting_time": 1}

Opener = Callable[..., Any]


@pytest.fixture
def account(simulators: VendorSimulators, tmp_path: Path) -> Callable[..., TakeControlAccount]:
    """Return what reads an account at the simulator, with more settings as given."""

    def read(**settings: Any) -> TakeControlAccount:
        given = {"url": simulators.url("takecontrol"), "private_key": SECRET, "public_key": f"{SECRET}-public"}
        told = {name: value for name, value in (given | settings).items() if value is not None}
        entry = Entry("remote", told, tmp_path)
        found = VENDOR.read(entry)
        assert (found is not None, entry.mistakes) == (True, [])
        assert found is not None
        return found

    return read


async def listed(account: TakeControlAccount, database: DatabaseThread, days: float = 1) -> list[Listed]:
    """List the last days. Who waits is told with each of them, and counted once, as when it is stored."""
    now = datetime.now(UTC)
    async with open_client(account) as client:
        caller = Caller(account, client, database)
        window = Window(now - timedelta(days=days), now + timedelta(days=31))
        found = [one async for page in VENDOR.list_sessions(caller, window) for one in page.sessions]
    return list({one.external_id: one for one in found}.values())


async def failure(account: TakeControlAccount, database: DatabaseThread) -> Exception:
    """Return what a listing ends in."""
    with pytest.raises(Exception) as caught:
        await listed(account, database)
    return caught.value


def open_case(simulators: VendorSimulators, age: float = 60, **members: Any) -> Case:
    """Let a session have begun some seconds ago."""
    born = simulators.frame.now() - age
    return simulators.world.open(Product.TAKECONTROL, born, **({"answered_at": born} | members))


def read(details: Any, zone: Any = UTC) -> tuple[list[Listed], int]:
    """Return a history's sessions, and how many records were left out."""
    reading = Reading()
    return reading.read(entries(details), RecordReader(zone).read), reading.skipped


@pytest.mark.parametrize("form", ["get_body", "query", "post"])
@pytest.mark.parametrize("header", ["integration_key", "authorization", "bearer"])
async def test_every_form_of_request_and_header_is_understood(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread, form: str, header: str
) -> None:
    simulators.frame.schemes["takecontrol"] = header
    case, _ = open_case(simulators), open_case(simulators, age=3 * 24 * 3600)
    found = await listed(account(history_request=form, auth_header=header), database)
    assert [one.external_id for one in found] == [str(case.number)]
    assert {asked.method for asked in simulators.frame.asked} == {"POST" if form == "post" else "GET"}


async def test_header_in_the_wrong_form_is_refused_in_words(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    simulators.frame.schemes["takecontrol"] = "bearer"
    error = await failure(account(), database)
    assert type(error) is CredentialsRefused
    assert str(error) == (
        "remote: HTTP 403 while listing its session history: the key is not accepted; check private_key, its "
        "permissions and allowed addresses, and that it has not expired (keys live a year at most)."
    )


async def test_failure_in_the_envelope_of_a_200_is_a_failure(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    simulators.fail("takecontrol", Fault.DENIED)
    error = await failure(account(), database)
    assert type(error) is Misconfigured
    assert "answered with a failure" in str(error)
    assert "says Take Control" not in str(error)


async def test_session_keeps_a_derived_identity_through_its_life_where_no_id_is_known(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    simulators.take("takecontrol", Freedom.NO_IDS)
    case = open_case(simulators)
    (running,) = await listed(account(), database)
    simulators.world.change(case, ended_at=simulators.frame.now() - 1)
    (over,) = await listed(account(), database)
    assert (running.state, over.state) == (State.ACTIVE, State.ENDED)
    assert running.external_id == over.external_id
    assert running.external_id.startswith("session-")


@pytest.mark.parametrize("freedoms", [(), (Freedom.OTHER_SHAPE,), (Freedom.NO_IDS, Freedom.OTHER_SHAPE)])
async def test_who_waits_is_listed_until_a_technician_comes(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread, freedoms: tuple[Freedom, ...]
) -> None:
    simulators.take("takecontrol", *freedoms)
    now = simulators.frame.now()
    case = open_case(simulators, rung_at=now + 500, answered_at=now + 600, machine="VM9")
    (waiting,) = await listed(account(), database)
    assert (waiting.state, waiting.customer, waiting.created_at) == (State.WAITING, "VM9", None)
    simulators.world.change(case, answered_at=now - 1)
    (begun,) = await listed(account(), database)
    assert (begun.state, begun.technician) == (State.ACTIVE, case.technician.name)


@pytest.mark.django_db(transaction=True)
async def test_row_of_somebody_who_waits_no_more_is_taken_away(simulators: VendorSimulators, account: Opener) -> None:
    simulators.take("takecontrol", Freedom.NO_IDS)
    now = simulators.frame.now()
    case = open_case(simulators, rung_at=now + 500, answered_at=now + 600)
    await sync_to_async(Poll.objects.create)(source="remote", due_at=datetime.now(UTC))
    states = []
    for answered_at in (now + 600, now - 1):
        simulators.world.change(case, answered_at=answered_at)
        await polling.poll(account(), VENDOR, "one", datetime.now(UTC))
        states.append([state async for state in VendorSession.objects.values_list("state", flat=True)])
    assert states == [["waiting"], ["active"]]
    assert await VendorRecord.objects.acount() == 1


async def test_long_window_is_asked_for_by_day_without_gap_and_not_into_the_future(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    cases = [open_case(simulators, age=hours * 3600, ended_at=simulators.frame.now() - 1) for hours in range(1, 240)]
    found = await listed(account(), database, days=10)
    assert [one.external_id for one in found] == [str(case.number) for case in reversed(cases)]
    assert simulators.frame.count("takecontrol") == 11  # ten days, and an hour or two on both sides


async def test_times_are_in_the_zone_of_the_setting(account: Opener) -> None:
    ((winter,), _) = read([SESSION], account(time_zone="Europe/Berlin").zone)
    ((summer,), _) = read([SESSION | {"DATE_START": "2026-07-05 10:00:00"}], BERLIN)
    assert (winter.started_at, winter.time_basis) == (datetime(2026, 1, 5, 9, tzinfo=UTC), TimeBasis.ASSUMED_ZONE)
    assert summer.started_at == datetime(2026, 7, 5, 8, tzinfo=UTC)


def test_session_over_the_hour_that_comes_twice_does_not_end_before_it_began() -> None:
    ((one,), _) = read([SESSION | {"DATE_START": "2026-10-25 02:50:00", "DATE_END": "2026-10-25 02:10:00"}], BERLIN)
    assert (one.started_at, one.ended_at) == (
        datetime(2026, 10, 25, 0, 50, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 10, tzinfo=UTC),
    )


def test_spans_cover_the_hour_that_comes_twice() -> None:
    start, end = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    (span,) = spans(start, end, BERLIN)
    assert span.start <= datetime(2026, 10, 25, 2, 0) < datetime(2026, 10, 25, 3, 0) <= span.end


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),
    length=st.timedeltas(timedelta(0), timedelta(days=90)),
    stop=st.integers(0, 92),
)
def test_spans_are_days_without_gap_and_go_on_from_any_cursor(start: datetime, length: timedelta, stop: int) -> None:
    whole = list(spans(start, start + length, BERLIN))
    assert all(a.end + timedelta(seconds=1) == b.start for a, b in pairwise(whole))
    assert all(span.end - span.start < timedelta(days=1) for span in whole)
    assert [bool(span.cursor) for span in whole] == [True] * (len(whole) - 1) + [False]
    place = stop % len(whole)
    assert list(spans(start, start + length, BERLIN, whole[place - 1].cursor if place else "")) == whole[place:]


@pytest.mark.parametrize(
    ("details", "states"),
    [
        ([SESSION], ["ended"]),
        ([{name.lower(): value for name, value in SESSION.items()}], ["ended"]),
        (SESSION, ["ended"]),
        ({"requests": [SESSION, REQUEST]}, ["ended", "waiting"]),
        ([{"nrequests": 1, "requests": [REQUEST]}], ["waiting"]),
        ([{"nrequests": 0, "requests": []}, {"nrequests": 0}, {"NREQUESTS": 1, "REQUESTS": [REQUEST]}], ["waiting"]),
        ([{"requests": None}, SESSION], ["ended"]),
        ({}, []),
        ([], []),
        (None, []),
        ([SESSION | {"DATE_END": ""}], ["active"]),
        ([SESSION | {"DATE_END": None}], ["active"]),
        ([SESSION | {"DATE_END": "0000-00-00 00:00:00"}], ["active"]),
        ([{"COMPUTER_NAME": "VM9", "DATE_START": "2026-01-05 10:00:00"}], ["active"]),
        ([SESSION | {"DATE_END": "yesterday"}], ["unknown"]),
        ([SESSION | {"DATE_END": 17}], ["unknown"]),
        ([{"COMPUTER_NAME": "VM9"}], ["unknown"]),
    ],
)
def test_every_shape_of_a_history_is_read(details: Any, states: list[str]) -> None:
    sessions, skipped = read(details)
    assert ([one.state.value for one in sessions], skipped) == (states, 0)


def test_records_that_tell_nothing_are_left_out_and_counted() -> None:
    sessions, skipped = read([None, "session", 7, [], {}, SESSION, {"unheard-of": True}])
    assert (len(sessions), skipped) == (1, 4)


def test_two_who_wait_at_one_computer_are_two() -> None:
    sessions, _ = read({"requests": [REQUEST, REQUEST]})
    assert sessions[1].external_id == f"{sessions[0].external_id}-2"


@pytest.mark.parametrize("written", [1234567890123456789, "1234567890123456789"])
def test_id_of_19_digits_is_kept_as_text(written: object) -> None:
    ((one,), _) = read([SESSION | {"ID": written}])
    assert one.external_id == "1234567890123456789"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(list(SESSION.values())),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*SESSION, *REQUEST, "ID", "requests"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_without_an_error(details: Any) -> None:
    sessions, _ = read(details, BERLIN)
    assert all(one.external_id and isinstance(one.state, State) for one in sessions)


async def test_created_session_waits(simulators: VendorSimulators, account: Opener, database: DatabaseThread) -> None:
    remote = account()
    async with open_client(remote) as client:
        started = await VENDOR.start(Caller(remote, client, database))
    assert [one.state for one in await listed(remote, database)] == [State.WAITING]
    assert (started.external_id.isdigit(), started.start_url, started.support_key) == (True, "", "")


async def test_session_is_not_created_without_the_public_key(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    remote = account(public_key=None)
    async with open_client(remote) as client:
        with pytest.raises(Misconfigured, match="needs public_key; add it"):
            await VENDOR.start(Caller(remote, client, database))
    assert simulators.frame.count("takecontrol") == 0


async def test_session_is_created_with_the_public_key_only(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    remote = account(public_key=SECRET)
    async with open_client(remote) as client:
        with pytest.raises(CredentialsRefused, match="check public_key"):
            await VENDOR.start(Caller(remote, client, database))


async def test_check_tells_a_wrong_time_zone(
    simulators: VendorSimulators, account: Opener, database: DatabaseThread
) -> None:
    open_case(simulators)
    for zone, result in (("UTC", ["history", "times"]), ("America/New_York", Misconfigured)):
        remote = account(time_zone=zone)
        async with open_client(remote) as client:
            steps = VENDOR.check(Caller(remote, client, database))
            if result is Misconfigured:
                with pytest.raises(Misconfigured, match="set time_zone to the zone"):
                    assert [step async for step in steps] == []
            else:
                assert [step.stage async for step in steps] == result


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "lacks its secret; add one of private_key, private_key_env, private_key_file"),
        ({"private_key": "k", "time_zone": "Mars/Base"}, "has a wrong time_zone: there is no such time zone"),
        ({"private_key": "k", "time_zone": "../../etc/passwd"}, "has a wrong time_zone: there is no such time zone"),
        ({"private_key": "k", "time_zone": "America"}, "has a wrong time_zone: there is no such time zone"),
        ({"private_key": "k", "auth_header": "basic"}, "has a wrong auth_header: it must be one of integration_key"),
        ({"private_key": "k", "history_request": "put"}, "has a wrong history_request: it must be one of get_body"),
        ({"private_key": "k", "user": "me"}, 'has an unknown key "user"'),
    ],
)
def test_wrong_settings_are_told(tmp_path: Path, settings: dict[str, Any], sentence: str) -> None:
    entry = Entry("remote", settings, tmp_path)
    VENDOR.read(entry)
    assert [text[: len(sentence)] for _, text in entry.mistakes] == [sentence]
