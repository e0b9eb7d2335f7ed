"""What becomes of stays, counted once, on the day it happened, and never out of what nobody saw."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from realtime.change import Cause, Change, Fields
from tests.realtime.watch import NOW, Watch

TEAM = {"type": "team", "name": "Desk", "support_team_id": "7"}
OTHER = {"type": "team", "name": "Billing", "support_team_id": "8"}
OWN = {"type": "personal", "name": "Ann"}
ENTERED = NOW - timedelta(seconds=30)
SESSION = {"lsid": "abc", "queue_id": "h:q", "queue_entered_at": ENTERED}
REP = {"representative_id": "h:r", "support_session_id": "h:s", "created_at": NOW}
CLIENT = {"support_session_id": "h:s"}


def center(zone: ZoneInfo | None = None) -> Watch:
    """Return a center with two team queues and somebody's own, seen in a copy that is complete."""
    watch = Watch(zone or UTC)
    watch.step(Cause.COPY, queue={"h:q": TEAM, "h:other": OTHER, "h:own": OWN})
    watch.settle()
    return watch


def waiting(zone: ZoneInfo | None = None) -> Watch:
    """Return the center after a session arrived, with its customer's client."""
    watch = center(zone)
    watch.step(support_session={"h:s": SESSION}, customer_client={"h:c": CLIENT})
    return watch


def outcomes(watch: Watch, team: str = "7") -> dict[tuple[str, int], int]:
    """Return what became of the stays in a team's queue: (outcome, seconds where they are kept) -> how often."""
    found = watch.outcomes().items()
    return {(name, seconds): count for (queue, name, seconds), count in found if queue == f"h:team/{team}"}


def test_a_session_that_waits_has_no_outcome() -> None:
    watch = waiting()
    watch.wait(600)
    assert not watch.state.queue_days
    assert watch.state.team_stays["h:lsid/abc"] == {
        "support_session_id": "h:s",
        "known_queue_id": "h:team/7",
        "entered_at": ENTERED,
    }


@pytest.mark.parametrize("queue", ["h:own", "h:q"])  # some appliances may move a session that is taken, some not
def test_who_takes_a_session_answers_its_stay(queue: str) -> None:
    watch = waiting()
    watch.step(
        support_session={"h:s": {"queue_id": queue, "queue_entered_at": NOW}},
        representative_support_session={"h:1": REP},
    )
    assert outcomes(watch) == {("answered", 30): 1}


@pytest.mark.parametrize("first", ["the session", "the representative"])
def test_the_two_halves_of_an_answer_may_come_apart(first: str) -> None:
    watch = waiting()
    halves: list[tuple[str, dict[str, Fields]]] = [
        ("support_session", {"h:s": {"queue_id": "h:own", "queue_entered_at": NOW}}),
        ("representative_support_session", {"h:1": REP}),
    ]
    for table, rows in halves if first == "the session" else reversed(halves):
        watch.take(Change("h", updates={table: rows}))
    watch.step(deletes={"support_session": ["h:s"], "representative_support_session": ["h:1"]})
    assert outcomes(watch) == {("answered", 30): 1}
    assert not watch.state.team_stays


def test_a_session_that_arrives_answered_waited_for_as_long_as_the_appliance_says() -> None:
    watch = center()
    watch.step(support_session={"h:s": SESSION}, representative_support_session={"h:1": REP})
    assert outcomes(watch) == {("answered", 30): 1}


def test_a_session_in_which_somebody_was_before_it_came_to_the_queue_is_no_abandon() -> None:
    watch = center()
    earlier = REP | {"created_at": ENTERED - timedelta(minutes=1)}
    watch.step(support_session={"h:s": SESSION}, representative_support_session={"h:1": earlier})
    watch.step(deletes={"support_session": ["h:s"], "representative_support_session": ["h:1"]})
    assert outcomes(watch) == {("unknown", 0): 1}


def test_times_in_parts_of_seconds_and_in_whole_ones_agree() -> None:
    watch = center()
    watch.step(support_session={"h:s": SESSION | {"queue_entered_at": NOW + timedelta(seconds=0.9)}})
    watch.step(representative_support_session={"h:1": REP})
    assert outcomes(watch) == {("answered", 0): 1}


def test_a_second_representative_answers_nothing() -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    watch.now += timedelta(minutes=1)
    watch.step(representative_support_session={"h:2": REP | {"created_at": watch.now}})
    assert outcomes(watch) == {("answered", 30): 1}


def test_a_session_in_somebodys_own_queue_is_no_stay() -> None:
    watch = center()
    watch.step(support_session={"h:s": SESSION | {"queue_id": "h:own"}})
    watch.step(representative_support_session={"h:1": REP})
    watch.step(deletes={"support_session": ["h:s"]})
    assert not watch.state.queue_days and not watch.state.team_stays


def test_a_stay_goes_on_while_somebody_is_asked() -> None:
    watch = waiting()
    watch.step(support_session={"h:s": {"queue_id": "h:own", "queue_entered_at": NOW}})
    watch.now += timedelta(seconds=20)
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    assert outcomes(watch) == {("answered", 50): 1}


def test_a_session_that_ends_unanswered_has_left() -> None:
    watch = waiting()
    watch.step(deletes={"support_session": ["h:s"], "customer_client": ["h:c"]})
    assert outcomes(watch) == {("left", 30): 1}
    assert not watch.state.team_stays


def test_a_customer_who_is_away_for_a_minute_has_left_when_they_went() -> None:
    watch = waiting()
    watch.step(deletes={"customer_client": ["h:c"]})
    watch.wait(59)
    assert not watch.state.queue_days
    watch.wait(1)
    assert outcomes(watch) == {("left", 30): 1}
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("left", 30): 1}


def test_a_customer_who_comes_back_in_time_goes_on_waiting() -> None:
    watch = waiting()
    watch.step(deletes={"customer_client": ["h:c"]})
    watch.wait(59)
    watch.step(customer_client={"h:c2": CLIENT})
    watch.wait(600)
    assert not watch.state.queue_days
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    assert outcomes(watch) == {("answered", 689): 1}


def test_a_session_whose_client_has_not_come_yet_has_not_left() -> None:
    watch = center()
    watch.step(support_session={"h:s": SESSION})
    watch.wait(600)
    assert not watch.state.queue_days


def test_a_move_to_another_team_unanswered_is_an_outcome_of_its_own() -> None:
    watch = waiting()
    watch.step(support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": NOW}})
    assert outcomes(watch) == {("flowed_out", 0): 1}
    watch.now += timedelta(seconds=5)
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    assert (outcomes(watch), outcomes(watch, "8")) == ({("flowed_out", 0): 1}, {("answered", 5): 1})


@pytest.mark.parametrize("is_at_once", [True, False])
def test_a_session_that_is_handed_on_waits_anew(is_at_once: bool) -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    watch.now += timedelta(minutes=5)
    moved: Fields = {"h:s": {"queue_id": "h:other", "queue_entered_at": watch.now}}
    if is_at_once:
        watch.step(support_session=moved, deletes={"representative_support_session": ["h:1"]})
    else:
        watch.step(support_session=moved)
        watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.now += timedelta(seconds=7)
    watch.step(representative_support_session={"h:2": REP | {"created_at": watch.now}})
    assert (outcomes(watch), outcomes(watch, "8")) == ({("answered", 30): 1}, {("answered", 7): 1})


def test_a_session_that_is_given_back_to_its_team_waits_anew() -> None:
    watch = waiting()
    watch.step(
        support_session={"h:s": {"queue_id": "h:own", "queue_entered_at": NOW}},
        representative_support_session={"h:1": REP},
    )
    watch.now += timedelta(minutes=5)
    watch.step(
        support_session={"h:s": {"queue_id": "h:q", "queue_entered_at": watch.now}},
        deletes={"representative_support_session": ["h:1"]},
    )
    watch.now += timedelta(seconds=9)
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("answered", 30): 1, ("left", 9): 1}


@pytest.mark.parametrize("queue", ["h:other", "h:q"])
def test_a_label_that_a_session_gets_while_somebody_is_in_it_is_no_stay(queue: str) -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    watch.now += timedelta(minutes=1)
    watch.step(support_session={"h:s": {"queue_id": queue, "queue_entered_at": watch.now}})
    watch.now += timedelta(minutes=5)
    watch.step(deletes={"support_session": ["h:s"], "representative_support_session": ["h:1"]})
    assert (outcomes(watch), outcomes(watch, "8")) == ({("answered", 30): 1}, {})


@pytest.mark.parametrize("client_first", [True, False])
@pytest.mark.parametrize(("queue", "team"), [("h:other", "8"), ("h:q", "7")])
def test_a_session_whose_end_comes_in_pieces_waited_for_nobody_in_between(
    queue: str, team: str, client_first: bool
) -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    watch.now += timedelta(minutes=1)
    watch.step(support_session={"h:s": {"queue_id": queue, "queue_entered_at": watch.now}})
    watch.now += timedelta(minutes=5)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    if client_first:
        watch.step(deletes={"customer_client": ["h:c"]})
    watch.step(deletes={"support_session": ["h:s"]})
    assert ("left", 0) in outcomes(watch, team)  # early, and so in no rate
    assert ("answered", 30) in outcomes(watch)
    assert len(watch.outcomes()) == 2


def test_a_label_that_says_no_later_time_answers_nothing_twice() -> None:
    for seconds in (0, 60):
        watch = waiting()
        watch.step(representative_support_session={"h:1": REP})
        watch.now += timedelta(seconds=seconds)
        watch.step(support_session={"h:s": {"queue_id": "h:other"}})
        watch.step(support_session={"h:s": {"queue_entered_at": NOW}})
        watch.step(deletes={"support_session": ["h:s"], "representative_support_session": ["h:1"]})
        assert watch.outcomes() == {("h:team/7", "answered", 30): 1}


def test_a_move_whose_time_is_told_later_began_when_it_says() -> None:
    watch = waiting()
    watch.now += timedelta(minutes=4)
    moved_at = watch.now
    watch.now += timedelta(seconds=10)
    watch.step(support_session={"h:s": {"queue_id": "h:other"}})
    watch.step(support_session={"h:s": {"queue_entered_at": moved_at}})
    watch.step(support_session={"h:s": {"priority": 1}})
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    assert (outcomes(watch), outcomes(watch, "8")) == ({("flowed_out", 0): 1}, {("answered", 10): 1})


def test_a_session_that_somebody_hands_on_and_stays_in_waits_from_when_they_go() -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    watch.now += timedelta(minutes=1)
    watch.step(support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": watch.now}})
    watch.now += timedelta(minutes=3)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.step(support_session={"h:s": {"priority": 1}})
    watch.now += timedelta(seconds=20)
    watch.step(representative_support_session={"h:2": REP | {"created_at": watch.now}})
    assert outcomes(watch, "8") == {("answered", 20): 1}


@pytest.mark.parametrize("is_told", [True, False])
def test_a_machine_that_is_restarted_by_whoever_has_the_session_has_not_left(is_told: bool) -> None:
    watch = waiting()
    earlier = REP | {"created_at": ENTERED - timedelta(minutes=1) if is_told else None}
    watch.step(representative_support_session={"h:1": earlier})
    watch.now += timedelta(minutes=5)
    watch.step(deletes={"customer_client": ["h:c"]})
    watch.wait(90)
    assert not watch.state.queue_days
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.step(deletes={"support_session": ["h:s"]})
    assert set(outcomes(watch)) <= {("answered", 30), ("left", 0)}


def test_a_queue_that_is_called_something_else_keeps_who_waits_in_it() -> None:
    watch = Watch()
    watch.step(Cause.COPY, queue={"h:q": {"type": "prewait", "name": "Hall"}})
    watch.settle()
    watch.step(support_session={"h:s": SESSION})
    watch.step(queue={"h:q": {"name": "Lobby"}})
    watch.step(queue={"h:q": {"support_team_id": "7"}}, support_session={"h:s": {"priority": 1}})
    watch.step(representative_support_session={"h:1": REP})
    watch.step(queue={"h:q": {"support_team_id": "8"}})
    watch.step(support_session={"h:s": {"priority": 2}})
    assert watch.outcomes() == {("h:prewait/7", "answered", 30): 1}


def test_a_queue_whose_type_is_told_late_has_had_its_sessions_all_along() -> None:
    watch = Watch()
    watch.step(queue={"h:q": {"name": "Desk", "support_team_id": "7"}}, support_session={"h:s": SESSION})
    watch.step(queue={"h:q": {"type": "team"}})
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("left", 30): 1}


def test_a_beginning_that_is_told_late_is_the_beginning() -> None:
    watch = center()
    watch.step(support_session={"h:s": {"lsid": "abc", "queue_id": "h:q"}})
    watch.step(support_session={"h:s": {"queue_entered_at": ENTERED}})
    watch.step(representative_support_session={"h:1": REP})
    assert outcomes(watch) == {("answered", 30): 1}


@pytest.mark.parametrize("is_told", [True, False])
def test_an_answer_whose_time_is_told_late_or_never_is_one(is_told: bool) -> None:
    watch = waiting()
    watch.now += timedelta(seconds=7)
    watch.step(representative_support_session={"h:1": {"support_session_id": "h:s"}})
    assert not watch.state.queue_days
    if is_told:
        watch.step(representative_support_session={"h:1": {"created_at": NOW}})
    watch.now += timedelta(minutes=9)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("answered", 30 if is_told else 37): 1}


def test_a_wait_needs_no_clock_of_ours() -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP | {"created_at": NOW + timedelta(minutes=10)}})
    assert outcomes(watch) == {("answered", 630): 1}
    assert list(watch.state.queue_days) == ["h:team/7/2026-03-11"]


def test_a_session_without_any_time_is_one_stay() -> None:
    watch = center()
    watch.step(support_session={"h:s": {"lsid": "abc", "queue_id": "h:q"}})
    watch.now += timedelta(seconds=12)
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    watch.now += timedelta(minutes=1)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("answered", 12): 1}


def test_an_lsid_that_comes_late_starts_no_second_stay() -> None:
    watch = center()
    watch.step(support_session={"h:s": {name: value for name, value in SESSION.items() if name != "lsid"}})
    watch.step(support_session={"h:s": {"lsid": "abc"}})
    watch.step(representative_support_session={"h:1": REP})
    assert outcomes(watch) == {("answered", 30): 1}
    assert list(watch.state.team_stays) == ["h:lsid/abc"]


def test_a_queue_may_come_after_who_is_in_it() -> None:
    watch = Watch()
    watch.step(Cause.COPY, support_session={"h:s": SESSION})
    watch.step(Cause.COPY, queue={"h:q": TEAM})
    watch.settle()
    watch.step(representative_support_session={"h:1": REP})
    assert outcomes(watch) == {("answered", 30): 1}
