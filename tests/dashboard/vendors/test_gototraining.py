"""GoToTraining: what is its own. What every vendor must do is in `test_contract`."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.models import Poll, PollRun
from dashboard.source_entry import Entry
from dashboard.vendors import polling
from dashboard.vendors.base import Listed
from dashboard.vendors.gototraining import GoToTraining
from dashboard.vendors.gototraining_account import DEFAULT_TOKEN_URL, DEFAULT_URL
from dashboard.vendors.gototraining_records import Known, Reader, join_known, key_of_session_at, planned_times
from dashboard.vendors.rows import ID_LIMIT, stored_form
from dashboard.vendors.simulators.activity import Technician
from dashboard.vendors.simulators.faults import Fault
from dashboard.vendors.simulators.server import VendorSimulators
from dashboard.vendors.simulators.timetable import Meeting, Training
from dashboard.vendors.skipping import Reading
from realtime.database import DatabaseThread
from realtime.errors import PermissionMissing
from realtime.models import VendorSession
from realtime.simulator.words import Named
from realtime.vendor_session import Kind, State, TimeBasis
from tests.dashboard.vendors.harness import HARNESSES, ORGANIZERS, Bench, open_bench

pytestmark = pytest.mark.usefixtures("valkey", "transactional_db")

HARNESS = HARNESSES[1]
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ORGANIZER = {"organizerKey": "200000000000000001", "email": "o@example.com", "givenName": "Pat", "surname": "Doe"}
TRAINING = {
    "trainingKey": "4477889900112233445",
    "name": "Onboarding",
    "times": [
        {"startDate": "2026-01-05T15:00:00Z", "endDate": "2026-01-05T16:00:00Z"},
        {"startDate": "2026-01-06T15:00:00.000+00:00", "endDate": "2026-01-06T16:30:00.000+00:00"},
    ],
    "organizers": [{"email": "else@example.com"}, ORGANIZER],
}
SESSION = {
    "sessionKey": "4477889900112233446",
    "trainingName": "Onboarding",
    "sessionStartTime": "2026-01-05T15:04:00Z",
    "sessionEndTime": "2026-01-05T16:02:00Z",
    "attendanceCount": 7,
    "duration": 58,
    "organizers": [ORGANIZER],
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
odd_records = st.dictionaries(st.sampled_from([*TRAINING, *SESSION]), json_values | st.just(TRAINING["times"]))


@pytest.fixture
def given_bench(
    simulators: VendorSimulators, database: DatabaseThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return what opens a bench with some settings."""
    return lambda **settings: open_bench(HARNESS, simulators, database, tmp_path, monkeypatch, **settings)


def planned(now: datetime = NOW, **members: Any) -> list[Listed]:
    """Return the rows of a training."""
    reader = Reader("200000000000000001", now)
    return Reading().read(planned_times([TRAINING | members]), reader.read_planned)


def held(**members: Any) -> Listed:
    """Return the row of a session."""
    session = Reader("200000000000000001", NOW).read_session(SESSION | members)
    assert session is not None
    return session


def known(**members: Any) -> Known:
    """Return a planned time as we hold it."""
    at = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
    return dataclasses.replace(Known("4477/1", "Onboarding", "o@example.com", at, 3600, None), **members)


@pytest.mark.parametrize(
    ("settings", "mistake"),
    [
        ({}, "lacks organizer_keys"),
        ({"organizer_keys": ["1"]}, "lacks its secret; add access_token, or client_id"),
        ({"organizer_keys": ["1"], "client_id": "c", "refresh_token": "r"}, "lacks client_secret"),
        (
            {
                "organizer_keys": ["1"],
                "access_token": "a",
                "client_id": "c",
                "client_secret": "s",
                "refresh_token": "r",
            },
            "keep one of them",
        ),
        ({"organizer_keys": [], "access_token": "a"}, "must be a list"),
        ({"organizer_keys": ["../1"], "access_token": "a"}, "digits only"),
        ({"organizer_keys": [True], "access_token": "a"}, "digits only"),
        ({"organizer_keys": ["1"], "access_token": "a", "auth_scheme": "none"}, "must be one of"),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, settings: dict[str, Any], mistake: str) -> None:
    table = Entry("trainings", {"vendor": "gototraining", **settings}, tmp_path)
    assert GoToTraining().read(table) is None
    assert [text for _, text in table.mistakes if mistake in text] != []


def test_settings_are_read_with_their_defaults(tmp_path: Path) -> None:
    given = {"organizer_keys": [200000000000000001], "client_id": "c", "client_secret": "s3", "refresh_token": "r3"}
    table = Entry("trainings", {"vendor": "gototraining"} | given, tmp_path)
    account = GoToTraining().read(table)
    assert account is not None
    assert account.token_endpoint is not None
    assert (account.url, account.token_endpoint.url) == (DEFAULT_URL, DEFAULT_TOKEN_URL)
    assert account.organizer_keys == ("200000000000000001",)
    assert "s3" not in repr(account)
    assert "r3" not in repr(account)


def test_each_planned_time_is_a_row() -> None:
    first, second = planned()
    assert first == Listed(
        external_id="4477889900112233445/20260105T150000Z",
        kind=Kind.TRAINING,
        state=State.SCHEDULED,
        raw=TRAINING,
        scheduled_at=datetime(2026, 1, 5, 15, 0, tzinfo=UTC),
        duration_seconds=3600,
        technician="Pat Doe",
        technician_email="o@example.com",
        subject="Onboarding",
    )
    assert (second.external_id, second.duration_seconds) == ("4477889900112233445/20260106T150000Z", 5400)


def test_planned_time_that_is_running_is_scheduled_and_then_unknown() -> None:
    states = [planned(NOW.replace(hour=hour))[0].state for hour in (14, 15, 16)]
    assert states == [State.SCHEDULED, State.SCHEDULED, State.UNKNOWN]


@pytest.mark.parametrize("times", [None, [], "soon", {}])
def test_training_without_times_is_one_row(times: object) -> None:
    (row,) = planned(times=times)
    assert (row.external_id, row.scheduled_at, row.state) == ("4477889900112233445/1", None, State.SCHEDULED)


def test_session_is_read_in_our_words() -> None:
    session = held()
    assert (session.external_id, session.state, session.duration_seconds) == ("4477889900112233446", State.ENDED, 3480)
    assert (session.technician, session.subject) == ("Pat Doe", "Onboarding")
    assert held(sessionEndTime=None).duration_seconds == 58 * 60


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("2026-01-05T15:04:00Z", TimeBasis.EXACT),
        ("2026-01-05T15:04:00.000+00:00", TimeBasis.EXACT),
        ("2026-01-05T17:04:00+02:00", TimeBasis.EXACT),
        ("2026-01-05T15:04:00", TimeBasis.ASSUMED_ZONE),
        ("yesterday", TimeBasis.UNREADABLE),
    ],
)
def test_times_are_read_in_every_form(text: str, basis: TimeBasis) -> None:
    session = held(sessionStartTime=text)
    at = None if basis is TimeBasis.UNREADABLE else datetime(2026, 1, 5, 15, 4, tzinfo=UTC)
    assert (session.started_at, session.time_basis) == (at, basis)


@given(odd_records | odd_records.map(lambda odd: TRAINING | SESSION | odd) | json_values)
def test_no_record_breaks_the_readers(record: Any) -> None:
    reader = Reader("1", NOW)
    sessions = Reading().read([record], reader.read_session)
    rows = Reading().read(planned_times([record]), reader.read_planned) + sessions
    stored = [stored_form("trainings", "gototraining", row) for row in join_known(rows, [known()])]
    assert len(stored) == len(rows)
    assert [one.key for one in stored if len(one.key) > len("trainings:") + ID_LIMIT or not one.key.isprintable()] == []
    assert key_of_session_at("20260105T150000Z", [record]) in {"", *(session.external_id for session in sessions)}


def test_session_takes_over_the_row_it_was_planned_as() -> None:
    (joined,) = join_known([held()], [known()])
    assert (joined.external_id, joined.scheduled_at) == ("4477/1", known().scheduled_at)
    assert join_known([held()], [known(started_at=held().started_at)]) == [joined]


def test_session_stays_with_its_row_when_a_nearer_time_is_planned() -> None:
    nearer = known(external_id="4477/2", scheduled_at=datetime(2026, 1, 5, 15, 4, tzinfo=UTC))
    assert [one.external_id for one in join_known([held()], [known(), nearer])] == ["4477/2"]
    kept = known(started_at=held().started_at)
    assert [one.external_id for one in join_known([held()], [nearer, kept])] == ["4477/1"]


@pytest.mark.parametrize(
    "members",
    [
        {"subject": "Another"},
        {"technician_email": "else@example.com"},
        {"scheduled_at": datetime(2026, 1, 5, 17, 0, tzinfo=UTC)},
        {"scheduled_at": datetime(2026, 1, 5, 13, 0, tzinfo=UTC)},
        {"started_at": datetime(2026, 1, 5, 15, 1, tzinfo=UTC)},  # which another session has taken
    ],
)
def test_session_that_was_not_planned_so_stands_by_itself(members: dict[str, Any]) -> None:
    assert join_known([held()], [known(**members)]) == [held()]


def test_planned_time_is_taken_by_one_session_only() -> None:
    again = held(sessionKey="2", sessionStartTime="2026-01-05T15:20:00Z")
    assert [one.external_id for one in join_known([again, held()], [known()])] == ["4477/1", "2"]


def make_training(simulators: VendorSimulators, *meetings: Meeting) -> Training:
    """Let an organizer have a training."""
    training = Training(
        key="5477889900112233445",
        training_id="123456789",
        name="Schulung: Ticketsystem",
        organizer_key=ORGANIZERS[1],
        organizer=Technician("Pat Doe", "pat.doe", "Service Desk"),
        created_at=simulators.frame.now() - 3600,
        meetings=meetings,
        people=(Named("Ida Hübner", "ida.huebner"), Named("Ben Černý", "ben.cerny"), Named("李 伟", "li.wei")),
    )
    return simulators.world.add_training(training)


def soon(simulators: VendorSimulators, is_held: bool) -> Meeting:
    """Return a time planned in ten minutes; held already, a little early, or not yet."""
    now = simulators.frame.now()
    start = now // 60 * 60 + 600
    return Meeting(
        start,
        start + 3600,
        "6477889900112233445",
        now - 900 if is_held else start,
        now - 60 if is_held else start + 3600,
    )


async def poll(bench: Bench) -> PollRun:
    """Poll once, as the worker does."""
    await Poll.objects.aget_or_create(source="polled", defaults={"due_at": datetime.now(UTC)})
    await polling.poll(bench.caller.account, bench.vendor, "test", datetime.now(UTC))
    run = await PollRun.objects.order_by("-id").afirst()
    assert run is not None
    return run


async def test_training_is_one_row_from_plan_to_report(simulators: VendorSimulators, given_bench: Any) -> None:
    planned, now = soon(simulators, is_held=False), simulators.frame.now()
    make_training(simulators, planned)
    bench: Bench
    async with given_bench() as bench:
        runs = [await poll(bench)]
        before = await VendorSession.objects.aget()
        make_training(simulators, dataclasses.replace(planned, held_from=now - 900, held_until=now - 60))
        runs += [await poll(bench), await poll(bench)]
        after = await VendorSession.objects.aget()
    assert [run.error for run in runs] == ["", "", ""]
    assert [(run.new, run.changed) for run in runs][::2] == [(1, 0), (0, 0)]
    assert (before.state, after.state, before.key) == ("scheduled", "ended", after.key)
    assert after.scheduled_at == before.scheduled_at
    assert after.started_at is not None
    assert after.ended_at is not None


async def test_course_is_listed_from_the_window_on(simulators: VendorSimulators, given_bench: Any) -> None:
    past, ahead = soon(simulators, is_held=True), soon(simulators, is_held=False)
    long_ago = dataclasses.replace(
        past, start=past.start - 864_000, end=past.end - 864_000, held_from=past.held_from - 864_000, held_until=1.0
    )
    make_training(simulators, long_ago, ahead)
    bench: Bench
    async with given_bench() as bench:
        assert [session.state for session in await bench.sessions()] == [State.SCHEDULED]


async def test_organizer_that_is_refused_hides_no_other(simulators: VendorSimulators, given_bench: Any) -> None:
    for place in range(3):
        HARNESS.add(simulators, f"m{place}", place)
    simulators.fail("gototraining", Fault.FORBIDDEN, path=f"organizers/{ORGANIZERS[0]}")
    bench: Bench
    async with given_bench() as bench:
        pages, error = await bench.until_failure()
    assert [session.external_id for page in pages for session in page.sessions] != []
    assert len([session for page in pages for session in page.sessions]) == 2
    assert type(error) is PermissionMissing
    assert "organizer 1 of 3" in str(error)
    assert pages[-1].cursor == ""


async def test_details_tell_registrants_and_attendance(simulators: VendorSimulators, given_bench: Any) -> None:
    training = make_training(simulators, soon(simulators, is_held=True))
    bench: Bench
    async with given_bench() as bench:
        start = datetime.fromtimestamp(training.meetings[0].start, UTC)
        details = await bench.vendor.fetch_details(bench.caller, f"{training.key}/{start:%Y%m%dT%H%M%SZ}")
        by_session = await bench.vendor.fetch_details(bench.caller, training.meetings[0].session_key)
        nothing = await bench.vendor.fetch_details(bench.caller, "../1")
    assert {name: len(part) for name, part in details.items()} == {
        "training": 8,
        "registrants": 3,
        "recordings": 2,
        "attendees": 3,
    }
    assert by_session == {"attendees": details["attendees"]}
    assert nothing == {}


@pytest.mark.parametrize("scheme", ["bearer", "oauth_token", "raw"])
async def test_token_is_written_as_the_scheme_says(simulators: VendorSimulators, given_bench: Any, scheme: str) -> None:
    simulators.frame.schemes["gototraining"] = scheme
    HARNESS.add(simulators, "m0")
    bench: Bench
    async with given_bench(auth_scheme=scheme) as bench:
        assert await bench.marks() == ["m0"]
