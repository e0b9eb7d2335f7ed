"""Lists as sheets: every column of every board, times on our clock, and what cannot be trusted says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.boards.catalogue import LISTS
from dashboard.boards.moment import Moment
from dashboard.boards.sheets import COLUMNS, Extract, draw_sheet
from dashboard.live.registry import open_list
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, 7, 250_000, tzinfo=UTC)
AHEAD = timedelta(hours=1, seconds=3)
THEIRS = NOW + AHEAD  # the same moment on the appliance's clock
LIVE = LinkStatus(
    "desk",
    state=LinkState.LIVE,
    seq=1,
    state_since=NOW - timedelta(minutes=9),
    last_contact_at=NOW,
    clock_offset_seconds=AHEAD.total_seconds(),
    lease_expires_at=NOW + timedelta(minutes=1),
)


@pytest.fixture
def state() -> State:
    """A queue where somebody waits and somebody works, and a presentation."""
    state = State()
    waiting = {"queue_id": "desk:1", "created_at": THEIRS - timedelta(seconds=90), "priority": 1}
    waiting |= {"customer_name": "=HYPERLINK()", "lsid": "L1", "queue_entered_at": THEIRS - timedelta(seconds=80)}
    rows: dict[str, dict[str, dict[str, Any]]] = {
        "queue": {"desk:1": {"name": "Mail", "type": "team"}},
        "known_queue": {"desk:team/1": {"name": "Mail", "type": "team", "queue_id": "desk:1"}},
        "support_session": {"desk:7": waiting},
        "customer_client": {"desk:1": {"support_session_id": "desk:7", "client_type": "desktop"}},
        "support_session_skill": {
            "desk:1": {"support_session_id": "desk:7", "code_name": "vpn"},
            "desk:2": {"support_session_id": "desk:7", "code_name": "mail"},
        },
        "representative": {"desk:1": {"private_display_name": "Ann", "username": "ann", "created_at": THEIRS}},
        "representative_queue": {"desk:1": {"queue_id": "desk:1", "representative_id": "desk:1", "role": "member"}},
        "presentation_session": {"desk:1": {"presentation_name": "Tour", "created_at": THEIRS}},
        "attendee": {"desk:1": {"presentation_session_id": "desk:1", "name": "Guest", "connected": True}},
    }
    state.apply(Change("desk", inserts=rows))
    return state


def sheet(board: str, state: State, status: LinkStatus = LIVE, at: datetime = NOW) -> list[dict[str, str]]:
    """Return the rows of a board's sheet, each by its headings."""
    extract = open_list(ViewKey(board), Tables(state)).extract(Moment(state, {"desk": status}, at))
    headings, *rows = draw_sheet(board, extract)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_every_list_has_a_sheet() -> None:
    assert COLUMNS.keys() == LISTS.keys()


def test_a_session_is_told_with_times_on_our_clock(state: State) -> None:
    assert sheet("sessions", state) == [
        {
            "Session": "L1",
            "State": "waiting",
            "Customer": "=HYPERLINK()",
            "Company": "",
            "Queue": "Mail",
            "Started by": "",
            "Clients": "desktop",
            "Priority": "1",
            "Skills": "mail; vpn",
            "Representatives": "",
            "Why it waits": "nobody has mail and vpn",
            "Wait": "critical",
            "Waiting since (UTC)": "2026-03-11 18:40:47",
            "Target (UTC)": "2026-03-11 18:41:47",
            "Pickup (UTC)": "",
            "Created (UTC)": "2026-03-11 18:40:37",
            "Ended (UTC)": "",
            "Source": "desk",
            "Source is": "live",
        }
    ]


@pytest.mark.parametrize(
    ("board", "told"),
    [
        ("representatives", {"Representative": "Ann", "Queues": "Mail", "Sessions": "0", "User name": "ann"}),
        ("queues", {"Queue": "Mail", "Waiting": "1", "Target (s)": "60", "Ended today after a rep had them": "0"}),
        ("presentations", {"Name": "Tour", "Guests": "1", "Connected": "1", "Starts (UTC)": "2026-03-11 18:42:07"}),
        ("combined", {"Kind": "support", "Customer": "=HYPERLINK()", "Since (UTC)": "2026-03-11 18:40:47"}),
    ],
)
def test_other_lists_are_told(state: State, board: str, told: dict[str, str]) -> None:
    row = sheet(board, state)[0]
    assert {heading: row[heading] for heading in told} == told


@pytest.mark.parametrize("board", COLUMNS)
def test_each_row_says_that_its_source_is_not_live(state: State, board: str) -> None:
    rows = sheet(board, state, replace(LIVE, state=LinkState.STOPPED))
    assert rows and {row["Source is"] for row in rows} == {"no mirror is running"}


def test_a_row_of_a_source_nobody_knows_is_not_called_live(state: State) -> None:
    moment = Moment(state, {"desk": LIVE}, NOW)
    rows = open_list(ViewKey("queues"), Tables(state)).extract(moment).rows
    _, row = draw_sheet("queues", Extract(rows, {}, NOW))
    assert row[-2:] == ["desk", "unknown"]
