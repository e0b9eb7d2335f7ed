"""A minute's sample: who waits in which queue, and nobody else."""

from datetime import UTC, datetime, timedelta

from realtime.change import Change
from realtime.observer import observe
from realtime.sampling import minute_of, sample_waits
from realtime.state import State

NOW = datetime(2026, 3, 11, 18, 42, 30, tzinfo=UTC)


def ago(seconds: int) -> datetime:
    return NOW - timedelta(seconds=seconds)


def center() -> State:
    """Return a center in which two wait in one queue and nobody in the other."""
    state = State()
    sessions = {
        "h:1": {"queue_id": "h:q", "queue_entered_at": ago(90)},
        "h:2": {"queue_id": "h:q", "created_at": ago(300)},
        "h:with a rep": {"queue_id": "h:q", "queue_entered_at": ago(900)},
        "h:without a client": {"queue_id": "h:q", "queue_entered_at": ago(900)},
        "h:elsewhere": {"queue_id": "h:personal", "queue_entered_at": ago(900)},
    }
    clients = {f"{key}c": {"support_session_id": key} for key in sessions if key != "h:without a client"}
    change = Change(
        "h",
        updates={
            "queue": {
                "h:q": {"type": "team", "support_team_id": "7"},
                "h:calm": {"type": "team", "support_team_id": "8"},
                "h:personal": {"type": "personal"},
            },
            "support_session": sessions,
            "customer_client": clients,
            "representative_support_session": {"h:rs": {"support_session_id": "h:with a rep"}},
        },
    )
    observed = observe(state, state.apply(change), NOW)
    assert observed
    state.apply(observed)
    return state


def test_a_sample_counts_who_waits() -> None:
    assert sample_waits(center(), NOW) == {"h:team/7": (2, 300)}


def test_nobody_has_waited_for_less_than_nothing() -> None:
    assert sample_waits(center(), ago(1000)) == {"h:team/7": (2, 0)}


def test_a_queue_that_the_appliance_dropped_holds_nobody() -> None:
    state = center()
    applied = state.apply(Change("h", deletes={"queue": ["h:q"]}))
    observed = observe(state, applied, NOW)
    assert observed
    state.apply(observed)
    assert sample_waits(state, NOW) == {}


def test_a_minute_is_counted_from_1970() -> None:
    assert minute_of(datetime(1970, 1, 1, 0, 1, 59, 999_999, tzinfo=UTC)) == 1
