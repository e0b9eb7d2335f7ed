"""Activities: states and times of every vendor in the same words, as sure as they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.boards.activities import activity_row
from dashboard.boards.activity import OPEN, ActivityRow, Doing
from dashboard.boards.combined import ACTIVITY_LIST, sum_up_person, tallies_of
from dashboard.boards.listing import ALL
from dashboard.boards.moment import Bound, Moment
from dashboard.boards.people import People, PersonRef
from dashboard.boards.polled_activities import JUST_ENDED
from dashboard.boards.presentations import Phase, presentation_row
from dashboard.boards.wall_figures import Floor, number
from dashboard.wallboards.definition import Figure, Wallboard
from realtime.state import State
from realtime.vendor_session import State as Told
from tests.dashboard.vendor_sessions import insert, vendor_session

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row_of(people: People | None = None, **fields: Any) -> ActivityRow:
    """Return the row of one session at `NOW`."""
    state = State()
    insert(state, "calls", one=vendor_session("calls", NOW, **fields))
    row = activity_row(Moment(state, {}, NOW, people=people or People()), "calls:one")
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("fields", "doing", "since", "bound"),
    [
        ({"joined_at": NOW - MINUTE}, Doing.ACTIVE, NOW - MINUTE, Bound.EXACT),
        ({"started_at": None}, Doing.ACTIVE, NOW - 10 * MINUTE, Bound.AT_MOST),
        ({"state": "on hold"}, Doing.ON_HOLD, NOW - 10 * MINUTE, Bound.AT_MOST),
        ({"state": "ringing", "started_at": None}, Doing.RINGING, NOW - 10 * MINUTE, Bound.EXACT),
        ({"state": "ended", "ended_at": NOW - MINUTE}, Doing.ENDED, NOW - MINUTE, Bound.EXACT),
    ],
)
def test_a_time_is_as_sure_as_the_vendor_tells(
    fields: dict[str, Any], doing: Doing, since: datetime, bound: Bound
) -> None:
    row = row_of(**fields)

    assert row.since is not None
    assert (row.doing, row.since.at, row.since.bound) == (doing, since, bound)


@pytest.mark.parametrize(
    ("fields", "doing", "tabs"),
    [
        ({}, Doing.ACTIVE, ("now",)),
        ({"state": "novel"}, Doing.UNKNOWN, ("now",)),
        ({"state": "scheduled", "scheduled_at": NOW + MINUTE}, Doing.SCHEDULED, ("scheduled",)),
        ({"state": "scheduled", "scheduled_at": NOW}, Doing.DUE, ("now",)),
        (
            {"state": "scheduled", "scheduled_at": NOW - MINUTE, "duration_seconds": 60},
            Doing.SCHEDULED,
            ("scheduled",),
        ),
        ({"state": "unknown", "scheduled_at": NOW - 90 * MINUTE}, Doing.UNKNOWN, ("ended",)),
        ({"state": "unknown", "scheduled_at": NOW + MINUTE}, Doing.UNKNOWN, ("scheduled",)),
        ({"state": "ended", "ended_at": NOW - JUST_ENDED}, Doing.ENDED, ("ended",)),
        ({"state": "missed", "ended_at": NOW - JUST_ENDED + MINUTE / 60}, Doing.MISSED, ("now", "ended")),
        ({"state": "ended", "ended_at": None}, Doing.ENDED, ("ended",)),
    ],
)
def test_where_it_stands(fields: dict[str, Any], doing: Doing, tabs: tuple[str, ...]) -> None:
    row = row_of(**fields)

    assert (row.doing, row.tabs) == (doing, tabs)


def test_no_time_told_is_no_time_shown() -> None:
    row = row_of(created_at=None, started_at=None)

    assert (row.since, row.created_at, row.length_seconds) == (None, None, None)


def test_an_assumed_time_zone_is_marked() -> None:
    assert row_of(time_basis="assumed zone").is_assumed
    assert not row_of().is_assumed


def test_a_person_has_the_name_of_the_map() -> None:
    people = People({"calls:pat@example.com": PersonRef(":1", "Patricia Doe", "patricia doe :1")})

    assert row_of(people).people == (PersonRef(":1", "Patricia Doe", "patricia doe :1"),)
    assert row_of(technician=None, technician_email=None).people == ()


def test_a_person_s_heading_counts_what_goes_on_and_in_how_many_products() -> None:
    rows = [row_of(), row_of(vendor="seeit"), row_of(state="ended", ended_at=NOW)]
    share = sum_up_person(rows)

    assert (share.count, share.open_count, share.vendor_count, share.is_presenting) == (3, 2, 2, False)


def test_open_is_one_number_everywhere_and_leaves_out_what_nobody_knows() -> None:
    rows = [replace(row_of(), doing=doing) for doing in Doing]
    open_rows = [row for row in rows if ("calls", "open") in tallies_of(row)]

    assert {row.doing for row in open_rows} == OPEN
    assert sum_up_person(rows).open_count == len(open_rows) == sum(row.is_open for row in rows)
    floor = Floor(Wallboard("Wall", ()), Moment(State(), {}, NOW), (), (), (), rows, ())
    assert number(floor, Figure.GOING_ON).count == len(open_rows)


@pytest.mark.parametrize(
    ("doing", "is_waiting"), [(Doing.WAITING, True), (Doing.RINGING, True), (Doing.ASSIGNED, False)]
)
def test_who_is_assigned_does_not_count_as_waiting(doing: Doing, *, is_waiting: bool) -> None:
    """As in the overview's number of who waits; both count as open."""
    counted = {what for _source, what in tallies_of(replace(row_of(), doing=doing))}

    assert ("waiting" in counted, "open" in counted) == (is_waiting, True)


def test_now_is_what_an_address_without_a_tab_means() -> None:
    read = ACTIVITY_LIST.read

    assert read({"when": ["now"]}) == read({}) == read({"when": ["nonsense"]})
    assert (ACTIVITY_LIST.section(read({})), read({}).encoded()) == ("now", "")
    assert ACTIVITY_LIST.section(read({"when": [ALL]})) == ""
    assert ACTIVITY_LIST.section(read({"when": ["ended", "now"]})) == "ended"


@pytest.mark.parametrize(
    ("fields", "phase"),
    [
        ({}, Phase.RUNNING),
        ({"state": "scheduled", "scheduled_at": NOW + MINUTE}, Phase.NEXT),
        ({"state": "scheduled", "scheduled_at": NOW + timedelta(days=1)}, Phase.LATER),
        ({"state": "scheduled", "scheduled_at": NOW - MINUTE, "duration_seconds": 3600}, Phase.RUNNING),
        ({"state": "unknown", "scheduled_at": NOW - 2 * MINUTE, "duration_seconds": 60}, Phase.JUST_ENDED),
        ({"state": "ended", "ended_at": NOW - MINUTE}, Phase.JUST_ENDED),
        ({"state": "ended", "ended_at": NOW - timedelta(hours=4)}, None),
    ],
)
def test_a_training_stands_in_its_phase(fields: dict[str, Any], phase: Phase | None) -> None:
    state = State()
    insert(state, "trainings", one=vendor_session("trainings", NOW, kind="training", **fields))
    row = presentation_row(Moment(state, {}, NOW), "trainings:one")

    assert (row.phase if row else None) == phase


def test_calls_are_no_trainings() -> None:
    state = State()
    insert(state, "calls", one=vendor_session("calls", NOW))

    assert presentation_row(Moment(state, {}, NOW), "calls:one") is None


def test_every_state_that_vendors_have_is_known() -> None:
    assert {row_of(state=told.value).doing for told in Told if told is not Told.UNKNOWN}.isdisjoint({Doing.UNKNOWN})
