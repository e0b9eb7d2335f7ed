"""Groups within a list: each has one heading, whatever the order of the rows."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from dashboard.boards.moment import Moment
from dashboard.live.registry import open_list
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_sources_whose_clocks_differ_do_not_split_a_group() -> None:
    state = State()
    begun = {"desk": (30, 40), "night": (31,)}  # minutes past six on each appliance's clock
    for source, minutes in begun.items():
        sessions = {f"{source}:{one}": {"created_at": NOW.replace(minute=one)} for one in minutes}
        state.apply(Change(source, inserts={"support_session": sessions}))
    ahead = {"desk": 0.0, "night": 1200.0}
    statuses = {
        source: LinkStatus(source, state=LinkState.LIVE, seq=1, state_since=NOW - MINUTE, clock_offset_seconds=seconds)
        for source, seconds in ahead.items()
    }

    picture = open_list(ViewKey("sessions"), Tables(state)).picture(Moment(state, statuses, NOW))
    pieces = [piece.id for piece in picture.lists["sessions"]]

    assert pieces[0] == "sessions-band-under-15-min"
    assert len(pieces) == 5
    assert max(Counter(pieces).values()) == 1
