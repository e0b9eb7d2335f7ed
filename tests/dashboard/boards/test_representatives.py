"""Since when a representative is in their state: exactly as seen, or not after our look began."""

from datetime import UTC, datetime, timedelta

from dashboard.boards.moment import Bound, Moment, Since
from dashboard.boards.representatives import representative_row
from realtime.change import Change, Rows
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 19, 0, tzinfo=UTC)
LOOK_BEGAN = NOW - timedelta(minutes=3)
SEEN = NOW - timedelta(hours=1)


def since(state: str) -> Since | None:
    """Return what the row says of somebody who is away, of whom a spell of `state` is held."""
    held = State()
    rows: Rows = {
        "representative": {"h:r": {"routing_idle": True}},
        "representative_spell": {"h:r": {"representative_id": "h:r", "state": state, "since": SEEN}},
    }
    held.apply(Change("h", inserts=rows))
    link = LinkStatus("h", state=LinkState.LIVE, state_since=LOOK_BEGAN, clock_offset_seconds=0.0)
    row = representative_row(Moment(held, {"h": link}, NOW), "h:r")
    return row.since if row else None


def test_a_state_that_was_seen_to_begin_has_its_time() -> None:
    assert since("away") == Since(SEEN)


def test_the_time_of_another_state_is_not_taken_for_this_one_s() -> None:
    assert since("available") == Since(LOOK_BEGAN, Bound.AT_LEAST)
