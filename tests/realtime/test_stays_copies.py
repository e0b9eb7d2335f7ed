"""What a full copy says of stays: who still waits, and of all others that nobody knows."""

from datetime import timedelta

import pytest

from realtime.change import Cause, Fields
from tests.realtime.test_stays import REP, SESSION, TEAM, outcomes, waiting
from tests.realtime.watch import NOW, Watch


def copy(watch: Watch, row_id: str = "h:s", reps: dict[str, Fields] | None = None, **session: object) -> None:
    """Let a whole copy come, which shows the session under a row id, somewhat changed."""
    watch.step(Cause.COPY, support_session={row_id: SESSION | session}, representative_support_session=reps or {})
    gone = {"support_session": ["h:s"]} if row_id != "h:s" else {}
    watch.step(Cause.SWEEP, deletes=gone)
    watch.settle()


@pytest.mark.parametrize("row_id", ["h:s", "h:anew"])
def test_who_still_waits_after_a_copy_has_waited_all_along(row_id: str) -> None:
    watch = waiting()
    watch.now += timedelta(minutes=5)
    copy(watch, row_id)
    assert not watch.state.queue_days
    taken = {"support_session_id": row_id, "created_at": watch.now}
    watch.step(representative_support_session={"h:1": taken})
    assert outcomes(watch) == {("answered", 330): 1}


@pytest.mark.parametrize("row_id", ["h:s", "h:anew"])
def test_nobody_knows_how_a_session_came_to_whom_only_a_copy_shows_in_it(row_id: str) -> None:
    watch = waiting()
    watch.now += timedelta(minutes=5)
    copy(watch, row_id, {"h:1": REP | {"support_session_id": row_id}}, queue_id="h:own")
    assert outcomes(watch) == {("unknown", 0): 1}
    watch.step(deletes={"support_session": [row_id]})
    assert outcomes(watch) == {("unknown", 0): 1}


def test_a_session_that_a_copy_no_longer_shows_is_unknown() -> None:
    watch = waiting()
    watch.step(Cause.SWEEP, deletes={"support_session": ["h:s"], "customer_client": ["h:c"]})
    assert not watch.state.queue_days  # the copy is not complete yet
    watch.settle()
    assert outcomes(watch) == {("unknown", 0): 1}
    assert not watch.state.team_stays


def test_a_row_id_that_a_copy_gives_to_another_session_does_not_answer_the_first() -> None:
    watch = waiting()
    copy(watch, reps={"h:1": REP}, lsid="xyz")
    assert outcomes(watch) == {("unknown", 0): 1}


def test_a_move_while_nobody_listened_is_unknown_and_the_new_stay_is_exact() -> None:
    watch = waiting()
    watch.now += timedelta(minutes=5)
    copy(watch, queue_id="h:other", queue_entered_at=NOW + timedelta(minutes=1))
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    assert (outcomes(watch), outcomes(watch, "8")) == ({("unknown", 0): 1}, {("answered", 240): 1})


def test_a_later_entry_into_the_same_queue_that_only_a_copy_shows_is_another_stay() -> None:
    watch = waiting()
    watch.now += timedelta(minutes=40)
    copy(watch, queue_entered_at=watch.now - timedelta(seconds=10))
    watch.step(representative_support_session={"h:1": REP | {"created_at": watch.now}})
    assert outcomes(watch) == {("unknown", 0): 1, ("answered", 10): 1}


def test_an_answer_that_was_seen_and_never_told_is_unknown_after_a_time_away() -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": {"support_session_id": "h:s"}})
    watch.now += timedelta(minutes=30)
    watch.step(Cause.SWEEP, deletes={"representative_support_session": ["h:1"]})
    watch.settle()
    assert outcomes(watch) == {("unknown", 0): 1}


def test_a_copy_does_not_put_back_the_beginning_of_a_session_that_was_just_handed_on() -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    watch.now += timedelta(minutes=1)
    moved_at = watch.now
    watch.step(support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": moved_at}})
    watch.now += timedelta(minutes=5)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    copy(watch, queue_id="h:other", queue_entered_at=moved_at)
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch, "8") == {("left", 0): 1}


def test_a_client_whose_absence_nobody_watched_has_not_left() -> None:
    watch = waiting()
    watch.step(deletes={"customer_client": ["h:c"]})
    watch.now += timedelta(minutes=30)
    copy(watch)
    watch.wait(120)
    assert not watch.state.queue_days
    watch.step(deletes={"support_session": ["h:s"]})
    assert outcomes(watch) == {("left", 30 + 30 * 60 + 120): 1}


def test_what_the_first_copy_shows_in_somebodys_hands_is_not_ours_to_count() -> None:
    watch = Watch()
    watch.step(
        Cause.COPY, queue={"h:q": TEAM}, support_session={"h:s": SESSION}, representative_support_session={"h:1": REP}
    )
    watch.settle()
    watch.step(deletes={"support_session": ["h:s"], "representative_support_session": ["h:1"]})
    assert not watch.outcomes()


@pytest.mark.parametrize("cause", [Cause.COPY, Cause.SWEEP])
def test_a_copy_again_and_again_counts_nothing_twice(cause: Cause) -> None:
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    for _ in range(3):
        watch.step(
            cause, support_session={"h:s": SESSION | {"priority": 2}}, representative_support_session={"h:1": REP}
        )
        watch.settle()
    assert outcomes(watch) == {("answered", 30): 1}
