"""How a queue stands: past target, unstaffed with somebody waiting, at risk, in time, and merely empty."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.boards.moment import Moment
from dashboard.boards.queues import QueueCondition, queue_row
from realtime.change import Change
from realtime.observer import observe
from realtime.state import State

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)


def center(*, is_staffed: bool, waiting_seconds: float | None) -> Moment:
    """Return a center with one queue (target one minute), staffed or not, and perhaps one session that waits in it."""
    state = State()
    rows = {"queue": {"h:q": {"type": "team", "name": "Desk", "support_team_id": "7"}}}
    if is_staffed:
        rows["representative"] = {"h:r": {"username": "ada"}}
        rows["representative_queue"] = {"h:p": {"queue_id": "h:q", "representative_id": "h:r"}}
    if waiting_seconds is not None:
        entered_at = NOW - timedelta(seconds=waiting_seconds)
        rows["support_session"] = {"h:s": {"queue_id": "h:q", "queue_entered_at": entered_at}}  # type: ignore[dict-item]
        rows["customer_client"] = {"h:c": {"support_session_id": "h:s"}}
    observed = observe(state, state.apply(Change("h", inserts=rows)), NOW)
    assert observed
    state.apply(observed)
    return Moment(state, {}, NOW)


@pytest.mark.parametrize(
    ("is_staffed", "waiting_seconds", "expected"),
    [
        (True, 61, QueueCondition.CRITICAL),
        (False, 61, QueueCondition.CRITICAL),
        (False, 1, QueueCondition.UNSTAFFED),
        (True, 50, QueueCondition.RISK),
        (True, 1, QueueCondition.OK),
        (True, None, QueueCondition.OK),
        (False, None, QueueCondition.EMPTY),
    ],
)
def test_a_queue_is_in_the_first_condition_that_applies(
    is_staffed: bool, waiting_seconds: float | None, expected: QueueCondition
) -> None:
    row = queue_row(center(is_staffed=is_staffed, waiting_seconds=waiting_seconds), "h:team/7")
    assert row is not None
    assert row.condition is expected
