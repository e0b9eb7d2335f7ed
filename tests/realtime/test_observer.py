"""What we notice ourselves: spells, past stays, queues without staff; and never an event out of a copy."""

from datetime import timedelta

import pytest

from realtime.change import Cause, Change
from realtime.presence import RepresentativeState, SessionState, representative_state, session_state
from realtime.schema import Representative
from realtime.state import State
from tests.realtime.watch import EARLIER, NOW, Watch


def staffed() -> Watch:
    """Return a center with one queue, one representative in it and one waiting session, known by a copy."""
    watch = Watch()
    watch.step(
        Cause.COPY,
        queue={"h:q": {"type": "team", "name": "Desk", "support_team_id": "7"}},
        representative={"h:r": {"routing_available": True, "routing_enabled": True, "created_at": EARLIER}},
        representative_queue={"h:rq": {"queue_id": "h:q", "representative_id": "h:r"}},
        support_session={"h:s": {"queue_id": "h:q", "queue_entered_at": EARLIER}},
    )
    return watch


def test_a_copy_starts_no_spell() -> None:
    assert not staffed().state.representative_spells


def test_a_change_while_listening_starts_a_spell() -> None:
    watch = staffed()
    watch.step(representative={"h:r": {"routing_idle": True}})
    assert watch.state.representative_spells["h:r"] == {"representative_id": "h:r", "state": "away", "since": NOW}


def test_a_change_that_leaves_the_state_alone_keeps_the_spell() -> None:
    watch = staffed()
    watch.step(representative={"h:r": {"routing_idle": True}})
    watch.now += timedelta(minutes=1)
    watch.step(representative={"h:r": {"routing_busy": True}})
    assert watch.state.representative_spells["h:r"].get("since") == NOW


def test_a_second_session_does_not_start_another_spell() -> None:
    watch = staffed()
    watch.step(representative_support_session={"h:1": {"representative_id": "h:r", "support_session_id": "h:s"}})
    watch.now += timedelta(minutes=1)
    watch.step(representative_support_session={"h:2": {"representative_id": "h:r", "support_session_id": "h:s2"}})
    watch.step(deletes={"representative_support_session": ["h:1"]})
    spell = watch.state.representative_spells["h:r"]
    assert (spell.get("state"), spell.get("since")) == ("in-session", NOW)


def test_a_second_session_of_one_first_seen_in_a_session_starts_no_spell() -> None:
    watch = staffed()
    watch.step(Cause.COPY, representative_support_session={"h:1": {"representative_id": "h:r"}})
    watch.step(representative_support_session={"h:2": {"representative_id": "h:r"}})
    assert not watch.state.representative_spells


def test_somebody_who_logs_in_while_we_listen_has_their_login_as_start() -> None:
    watch = staffed()
    watch.step(representative={"h:new": {"routing_available": True, "created_at": EARLIER}})
    assert watch.state.representative_spells["h:new"].get("since") == EARLIER


def test_a_spell_goes_with_the_representative() -> None:
    watch = staffed()
    watch.step(representative={"h:r": {"routing_idle": True}})
    watch.step(deletes={"representative": ["h:r"]})
    assert not watch.state.representative_spells


def away() -> Watch:
    """Return the center after its representative was seen to go away."""
    watch = staffed()
    watch.step(representative={"h:r": {"routing_idle": True, "user_id": "5"}})
    return watch


@pytest.mark.parametrize("cause", [Cause.COPY, Cause.SWEEP])
def test_a_spell_whose_state_ended_while_nobody_listened_goes(cause: Cause) -> None:
    watch = away()
    watch.step(cause, representative_support_session={"h:1": {"representative_id": "h:r", "support_session_id": "h:s"}})
    assert not watch.state.representative_spells


def test_a_spell_goes_when_a_copy_gives_its_row_id_to_somebody_else() -> None:
    watch = away()
    watch.step(Cause.COPY, representative={"h:r": {"routing_idle": True, "user_id": "6"}})
    assert not watch.state.representative_spells


def test_a_spell_goes_when_a_copy_shows_a_later_login() -> None:
    watch = away()
    watch.step(Cause.COPY, representative={"h:r": {"created_at": NOW + timedelta(minutes=1)}})
    assert not watch.state.representative_spells


@pytest.mark.parametrize("cause", [Cause.COPY, Cause.SWEEP])
def test_a_spell_stays_when_a_copy_shows_the_same_state_of_the_same_login(cause: Cause) -> None:
    watch = away()
    watch.step(cause, representative={"h:r": {"routing_busy": True}})
    assert watch.state.representative_spells["h:r"].get("since") == NOW


def test_a_move_to_another_queue_leaves_a_stay() -> None:
    watch = staffed()
    watch.step(support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": NOW}})
    assert watch.state.queue_stays["h:s/1"] == {
        "support_session_id": "h:s",
        "queue_name": "Desk",
        "entered_at": EARLIER,
        "left_at": NOW,
    }


def test_stays_go_with_their_session() -> None:
    watch = staffed()
    watch.step(support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": NOW}})
    watch.step(deletes={"support_session": ["h:s"]})
    assert not watch.state.queue_stays


def moved(lsid: str) -> Watch:
    """Return the center after its session was seen to move to another queue."""
    watch = staffed()
    watch.step(Cause.COPY, support_session={"h:s": {"lsid": lsid}})
    watch.step(support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": NOW}})
    return watch


def test_stays_go_when_a_copy_gives_their_row_id_to_another_session() -> None:
    watch = moved("one")
    watch.step(Cause.COPY, support_session={"h:s": {"lsid": "two"}})
    assert not watch.state.queue_stays


def test_stays_outlive_a_copy_that_shows_their_session_again() -> None:
    watch = moved("one")
    watch.step(Cause.COPY, support_session={"h:s": {"lsid": "one", "priority": 1}})
    assert list(watch.state.queue_stays) == ["h:s/1"]


def test_a_copy_leaves_no_stay() -> None:
    watch = staffed()
    watch.step(Cause.COPY, support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": NOW}})
    assert not watch.state.queue_stays


@pytest.mark.parametrize(("cause", "is_exact"), [(Cause.LIVE, True), (Cause.SWEEP, False)])
def test_a_queue_that_loses_its_last_member_is_unstaffed(cause: Cause, is_exact: bool) -> None:
    watch = staffed()
    watch.step(cause, deletes={"representative_queue": ["h:rq"]})
    known = watch.state.known_queues["h:team/7"]
    assert (known.get("unstaffed_at"), known.get("is_exact"), known.get("queue_id")) == (NOW, is_exact, "h:q")


def test_a_dropped_queue_keeps_when_it_became_unstaffed() -> None:
    watch = staffed()
    watch.step(deletes={"representative_queue": ["h:rq"]})
    watch.now += timedelta(minutes=1)
    watch.step(deletes={"queue": ["h:q"]})
    known = watch.state.known_queues["h:team/7"]
    assert (known.get("unstaffed_at"), known.get("queue_id"), known.get("name")) == (NOW, None, "Desk")


def test_a_queue_that_comes_back_under_another_row_id_is_the_same_queue() -> None:
    watch = staffed()
    watch.step(
        Cause.COPY,
        queue={"h:q2": {"type": "team", "name": "Desk", "support_team_id": "7"}},
        representative_queue={"h:rq2": {"queue_id": "h:q2", "representative_id": "h:r"}},
    )
    watch.step(Cause.SWEEP, deletes={"queue": ["h:q"], "representative_queue": ["h:rq"]})
    known = watch.state.known_queues
    assert list(known) == ["h:team/7"]
    assert (known["h:team/7"].get("queue_id"), known["h:team/7"].get("unstaffed_at")) == ("h:q2", None)


def test_queues_whose_row_ids_were_given_to_each_other_keep_theirs() -> None:
    """An appliance that restarts may give the same ids to other rows, all in one step of the copy."""
    watch, count = Watch(), 8
    watch.step(Cause.COPY, queue={f"h:{one}": {"type": "team", "support_team_id": f"{one}"} for one in range(count)})
    moved = {f"h:{(one + 1) % count}": {"type": "team", "support_team_id": f"{one}"} for one in range(count)}
    watch.step(Cause.COPY, queue=dict(moved))
    held = {row.get("queue_id"): key for key, row in watch.state.known_queues.items()}
    assert held == {key: f"h:team/{row['support_team_id']}" for key, row in moved.items()}


def test_personal_queues_are_not_kept() -> None:
    watch = staffed()
    watch.step(queue={"h:p": {"type": "personal", "name": "Ada"}})
    assert list(watch.state.known_queues) == ["h:team/7"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"routing_enabled": False, "routing_idle": True, "routing_busy": True}, RepresentativeState.NOT_ACCEPTING),
        ({"routing_enabled": True, "routing_idle": True, "routing_busy": True}, RepresentativeState.AWAY),
        ({"routing_enabled": True, "routing_busy": True, "routing_available": True}, RepresentativeState.AT_MAX),
        ({"routing_enabled": True, "routing_available": True}, RepresentativeState.AVAILABLE),
        ({}, RepresentativeState.UNAVAILABLE),
    ],
)
def test_a_representative_has_the_first_state_that_applies(
    flags: Representative, expected: RepresentativeState
) -> None:
    state = State()
    assert representative_state(state, "h:r", flags) is expected
    state.apply(Change("h", updates={"presenter": {"h:p": {"representative_id": "h:r"}}}))
    assert representative_state(state, "h:r", flags) is RepresentativeState.PRESENTING
    state.apply(Change("h", updates={"representative_support_session": {"h:1": {"representative_id": "h:r"}}}))
    assert representative_state(state, "h:r", flags) is RepresentativeState.IN_SESSION


def test_a_session_has_the_first_state_that_applies() -> None:
    watch = staffed()
    row = watch.state.support_sessions["h:s"]
    assert session_state(watch.state, "h:s", row) is SessionState.CUSTOMER_GONE
    watch.step(customer_client={"h:c": {"support_session_id": "h:s"}})
    assert session_state(watch.state, "h:s", row) is SessionState.WAITING
    watch.step(queue={"h:q": {"type": "personal"}})
    assert session_state(watch.state, "h:s", row) is SessionState.ASSIGNED
    watch.step(representative_support_session={"h:1": {"support_session_id": "h:s"}})
    assert session_state(watch.state, "h:s", row) is SessionState.WITH_REP
