"""The clock of a source that cannot be trusted stands: time alone alters nothing of it until the source is back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from dashboard.boards.clock import Clocks
from dashboard.boards.moment import Level, Moment
from dashboard.boards.sessions import LINGER, SessionRow
from dashboard.live.painting import clocks_of, render_light
from dashboard.live.tables import SESSIONS, RowTable, Tables
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
AHEAD = timedelta(seconds=30)  # the appliance's clock
LATER = timedelta(minutes=11)
KEY = "helpdesk:1"
SOON_AT_RISK = NOW + AHEAD - timedelta(seconds=40)  # of a target of 60 s


def live(at: datetime) -> LinkStatus:
    """Return the link as it is while all is well."""
    return LinkStatus(
        "helpdesk",
        seq=1,
        state=LinkState.LIVE,
        last_contact_at=at,
        lease_expires_at=at + timedelta(seconds=5),
        clock_offset_seconds=AHEAD.total_seconds(),
    )


def lost(at: datetime) -> LinkStatus:
    """Return the link as it is at a moment, after the last contact at NOW."""
    return replace(live(at), state=LinkState.RETRYING, last_contact_at=NOW)


@pytest.fixture
def state() -> State:
    """One session, which waits."""
    state = State()
    session = {"queue_id": "helpdesk:9", "queue_entered_at": SOON_AT_RISK, "created_at": SOON_AT_RISK, "lsid": "a"}
    client = {"support_session_id": KEY}
    state.apply(Change("helpdesk", inserts={"support_session": {KEY: session}, "customer_client": {KEY: client}}))
    return state


def moment(state: State, status: LinkStatus, at: datetime) -> Moment:
    """Return what is known at a moment."""
    return Moment(state, {"helpdesk": status}, at)


def level(table: RowTable[SessionRow], now: Moment) -> Level:
    """Return how the wait stands in a table."""
    table.refresh(now)
    return table.rows[KEY].level


def test_no_wait_of_a_dead_source_turns_and_all_turn_when_it_is_back(state: State) -> None:
    table = RowTable(SESSIONS, state)
    assert level(table, moment(state, live(NOW), NOW)) is Level.OK

    for passed in (timedelta(seconds=20), LATER):
        dead = moment(state, lost(NOW + passed), NOW + passed)
        assert level(table, dead) is Level.OK
    assert not table.is_due(NOW + 2 * LATER)

    back = NOW + LATER
    assert level(table, moment(state, live(back), back)) is Level.CRITICAL


def test_a_wait_turns_on_time_again_after_its_source_was_away(state: State) -> None:
    table = RowTable(SESSIONS, state)
    level(table, moment(state, lost(NOW), NOW))
    assert level(table, moment(state, live(NOW), NOW)) is Level.OK

    turns_at = NOW + timedelta(seconds=5)  # 45 s are three quarters of the target
    assert not table.is_due(turns_at - timedelta(milliseconds=1))
    assert table.is_due(turns_at)
    assert level(table, moment(state, live(turns_at), turns_at)) is Level.RISK


def test_what_ended_leaves_its_list_although_its_source_is_lost_since(state: State) -> None:
    tables = Tables(state)
    tables.refresh(moment(state, live(NOW), NOW))
    tables.mark(state.apply(Change("helpdesk", deletes={"support_session": [KEY]})))
    tables.refresh(moment(state, live(NOW), NOW))
    assert tables.sessions.rows[KEY].ended_at == NOW + AHEAD

    gone_at = NOW + LINGER
    dead = moment(state, lost(gone_at), gone_at)
    assert tables.sessions.is_due(gone_at)
    tables.refresh(dead)
    assert KEY not in tables.sessions.rows


@pytest.mark.parametrize(
    ("status", "told"), [(live(NOW + LATER), {"helpdesk": 30.0}), (lost(NOW + LATER), {"helpdesk": NOW + AHEAD})]
)
def test_a_page_is_told_how_each_clock_goes_or_where_it_stands(state: State, status: LinkStatus, told: Clocks) -> None:
    now = moment(state, status, NOW + LATER)

    assert clocks_of(now) == told
    assert orjson.dumps(told).decode().replace('"', "&quot;") in render_light(now)


def test_a_source_that_nobody_ever_reached_has_no_moment_to_stand_at(state: State) -> None:
    never = moment(state, LinkStatus("helpdesk"), NOW)

    assert never.standing == {}
    assert never.now(KEY) == NOW
