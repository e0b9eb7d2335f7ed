"""How long representatives had the sessions that ended: seen from the first to the last, or in no average."""

from copy import deepcopy
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from realtime.change import Cause, Change
from realtime.holds import HOLD
from realtime.simulator.center import Center
from realtime.simulator.dialect import Freedom
from realtime.simulator.ledger import Tables
from tests.realtime.test_stays import OTHER, OWN, REP, SESSION, TEAM, waiting
from tests.realtime.test_stays_history import FREEDOMS, STARTED_AT, Mirrored, replay
from tests.realtime.watch import NOW, Watch

MINUTES = 90  # of a simulated center

Handled = tuple[int, int, int]
"""Sessions that ended, seconds somebody had them, and how many more of which a part was not seen."""


def handled(watch: Watch, team: str = "7") -> Handled:
    """Return what is counted for a team."""
    days = [day for day in watch.state.queue_days.values() if day["known_queue_id"] == f"h:team/{team}"]
    return (
        sum(day.get("handled") or 0 for day in days),
        sum(day.get("handled_seconds") or 0 for day in days),
        sum(day.get("handled_unseen") or 0 for day in days),
    )


def taken() -> Watch:
    """Return a center whose session was taken this moment."""
    watch = waiting()
    watch.step(representative_support_session={"h:1": REP})
    return watch


def end(watch: Watch) -> None:
    """End the session, and whatever points to it."""
    parts = list(watch.state.representative_support_sessions)
    watch.step(deletes={"representative_support_session": parts, "support_session": ["h:s"]})


def cut(watch: Watch) -> None:
    """Let the mirror be away, and hear of nothing any more that there was."""
    parts = list(watch.state.representative_support_sessions)
    watch.step(Cause.SWEEP, deletes={"representative_support_session": parts, "support_session": ["h:s"]})


def copy(watch: Watch, **parts: dict[str, Any]) -> None:
    """Let the mirror be away, and hear a copy in which the session has these representatives."""
    cut(watch)
    watch.step(Cause.COPY, support_session={"h:s": SESSION}, representative_support_session=parts)
    watch.settle()


def test_a_session_counts_when_it_ends_from_the_moment_somebody_took_it() -> None:
    watch = taken()
    watch.wait(90)
    assert handled(watch) == (0, 0, 0)
    end(watch)
    assert handled(watch) == (1, 90, 0)
    assert not watch.state.team_stays


def test_nobody_had_a_session_that_nobody_took() -> None:
    watch = waiting()
    watch.wait(90)
    end(watch)
    assert handled(watch) == (0, 0, 0)


def test_two_in_one_session_have_it_once_and_nobody_in_it_is_no_time() -> None:
    watch = taken()
    watch.wait(10)
    watch.step(representative_support_session={"h:2": REP | {"representative_id": "h:r2", "created_at": watch.now}})
    watch.wait(10)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.wait(10)
    watch.step(deletes={"representative_support_session": ["h:2"]})
    watch.wait(500)
    watch.step(representative_support_session={"h:3": REP | {"created_at": watch.now}})
    watch.wait(5)
    end(watch)
    assert handled(watch) == (1, 35, 0)


def test_who_joined_may_be_told_after_they_did() -> None:
    watch = waiting()
    watch.wait(8)
    watch.step(representative_support_session={"h:1": {"representative_id": "h:r", "support_session_id": "h:s"}})
    watch.wait(2)
    watch.step(representative_support_session={"h:1": {"created_at": NOW}})
    watch.wait(10)
    end(watch)
    assert handled(watch) == (1, 20, 0)


def test_a_session_that_was_passed_on_counts_once_for_its_last_team() -> None:
    watch = taken()
    watch.wait(30)
    watch.step(
        deletes={"representative_support_session": ["h:1"]},
        support_session={"h:s": {"queue_id": "h:other", "queue_entered_at": watch.now}},
    )
    watch.wait(100)
    watch.step(
        support_session={"h:s": {"queue_id": "h:own", "queue_entered_at": watch.now}},
        representative_support_session={"h:2": REP | {"created_at": watch.now}},
    )
    watch.wait(12)
    end(watch)
    assert (handled(watch), handled(watch, "8")) == ((0, 0, 0), (1, 42, 0))


def test_who_has_a_session_still_after_nobody_listened_had_it_all_along() -> None:
    watch = taken()
    watch.wait(60)
    copy(watch, **{"h:1": REP})
    watch.wait(30)
    end(watch)
    assert handled(watch) == (1, 90, 0)


@pytest.mark.parametrize(
    "parts",
    [{}, {"h:2": REP | {"created_at": NOW + timedelta(seconds=50)}}, {"h:1": REP | {"created_at": None}}],
    ids=["nobody", "somebody else", "nobody says since when"],
)
def test_a_session_of_which_a_part_was_not_seen_is_in_no_average(parts: dict[str, Any]) -> None:
    watch = taken()
    watch.wait(60)
    copy(watch, **parts)
    watch.wait(30)
    end(watch)
    assert handled(watch) == (0, 0, 1)


def test_whoever_was_seen_to_come_while_another_had_it_has_it_still_after_nobody_listened() -> None:
    watch = taken()
    watch.wait(10)
    second = REP | {"representative_id": "h:r2", "created_at": watch.now}
    watch.step(representative_support_session={"h:2": second})
    watch.wait(10)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.wait(40)
    copy(watch, **{"h:2": second})
    end(watch)
    assert handled(watch) == (1, 60, 0)


def test_a_session_that_nobody_had_for_a_while_goes_on_after_nobody_listened() -> None:
    watch = taken()
    watch.wait(10)
    watch.step(deletes={"representative_support_session": ["h:1"]})
    watch.wait(500)
    copy(watch)
    second = REP | {"created_at": watch.now}
    watch.step(representative_support_session={"h:2": second})
    watch.wait(20)
    copy(watch, **{"h:2": second})
    watch.wait(10)
    end(watch)
    assert handled(watch) == (1, 40, 0)


def test_an_appliance_whose_clock_is_ahead_of_what_we_make_of_it_loses_no_session() -> None:
    watch = waiting()
    part = REP | {"created_at": NOW + timedelta(seconds=15)}
    watch.step(representative_support_session={"h:1": part})
    watch.wait(60)
    copy(watch, **{"h:1": part})
    end(watch)
    assert handled(watch) == (1, 60, 0)


@pytest.mark.parametrize("is_left_first", [True, False])
def test_before_a_session_came_to_a_team_nobody_had_it_for_one(is_left_first: bool) -> None:
    watch = Watch()
    watch.step(Cause.COPY, queue={"h:q": TEAM, "h:other": OTHER, "h:own": OWN})
    watch.settle()
    watch.step(support_session={"h:s": SESSION | {"queue_id": "h:own"}}, representative_support_session={"h:1": REP})
    watch.wait(600)
    moved = {"h:s": {"queue_id": "h:q", "queue_entered_at": watch.now}}
    gone = {"representative_support_session": ["h:1"]}
    if is_left_first:
        watch.step(deletes=gone, support_session=moved)
    else:
        watch.step(support_session=moved)
        watch.step(deletes=gone)
    watch.wait(100)
    watch.step(representative_support_session={"h:2": REP | {"created_at": watch.now}})
    watch.wait(300)
    end(watch)
    assert handled(watch) == (1, 300, 0)


def test_who_comes_in_the_very_step_that_ends_a_session_had_it() -> None:
    watch = waiting()
    watch.wait(5)
    watch.step(representative_support_session={"h:1": REP}, deletes={"support_session": ["h:s"]})
    assert handled(watch) == (1, 5, 0)


def test_a_session_counts_on_the_day_it_ends() -> None:
    watch = waiting(ZoneInfo("Asia/Tokyo"))  # 18:42 UTC is the next morning there
    watch.step(representative_support_session={"h:1": REP})
    watch.wait(24 * 3600)
    end(watch)
    days = {day.get("day"): day.get("handled_seconds") for day in watch.state.queue_days.values()}
    assert days == {"2026-03-12": None, "2026-03-13": 24 * 3600}


def test_a_wrong_clock_adds_a_week_at_most() -> None:
    watch = taken()
    watch.wait(400 * 24 * 3600)
    end(watch)
    assert handled(watch) == (1, 7 * 24 * 3600, 0)


def test_a_stay_of_an_earlier_version_in_somebodys_hands_is_in_no_average() -> None:
    watch = taken()
    key, stay = next(iter(watch.state.team_stays.items()))
    old = {name: value for name, value in stay.items() if name not in HOLD}
    watch.state.apply(Change("h", inserts={"team_stay": {key: old}}))
    copy(watch, **{"h:1": REP})
    watch.wait(30)
    end(watch)
    assert handled(watch) == (0, 0, 1)


def test_a_session_that_somebody_took_or_that_ended_while_nobody_listened_is_in_no_average() -> None:
    watch = waiting()
    copy(watch, **{"h:1": REP})
    end(watch)
    assert handled(watch) == (0, 0, 1)

    watch = taken()
    cut(watch)
    watch.settle()
    assert handled(watch) == (0, 0, 1)


def test_a_session_that_was_never_in_a_team_counts_for_none() -> None:
    watch = Watch()
    watch.step(Cause.COPY, queue={"h:q": TEAM, "h:other": OTHER, "h:own": OWN})
    watch.settle()
    watch.step(support_session={"h:s": SESSION | {"queue_id": "h:own"}}, representative_support_session={"h:1": REP})
    watch.wait(10)
    end(watch)
    assert not watch.state.queue_days


class Reading:
    """How long somebody had sessions, as plainly as can be: from whole tables, one after the other."""

    def __init__(self, late: int = 0) -> None:
        self.handled = 0
        self.seconds = 0
        self.unseen = 0
        self.passed_on = 0
        self._late = late
        self._teams: dict[str, int] = {}  # when sessions first came to one
        self._spans: dict[str, list[tuple[float, float | None]]] = {}
        self._cut: set[str] = set()

    def read(self, tables: Tables, at: float) -> None:
        """Take the next picture."""
        sessions = {row["lsid"]: (key, row) for key, row in tables["support_session"].items()}
        for lsid, (key, row) in sessions.items():
            if tables["queue"][row["queue_id"]]["type"] != "personal":
                self._teams.setdefault(lsid, row["queue_entry_timestamp"])
            parts = tables["representative_support_session"].values()
            joined = [part["created_timestamp"] for part in parts if part["support_session_id"] == key]
            if lsid in self._teams:
                came = [max(one, self._teams[lsid]) for one in joined]
                self._look(self._spans.setdefault(lsid, []), came, at + self._late)
        for lsid in self._teams.keys() - sessions.keys():
            self._look(self._spans[lsid], [], at + self._late)
            self._end(lsid, self._spans.pop(lsid))
            del self._teams[lsid]

    def cut(self) -> None:
        """Of who has sessions now it is not told any more since when they have them."""
        self._cut |= {lsid for lsid, spans in self._spans.items() if spans and spans[-1][1] is None}

    def _look(self, spans: list[tuple[float, float | None]], joined: list[int], seen_at: float) -> None:
        is_held = bool(spans) and spans[-1][1] is None
        if joined and not is_held:
            spans.append((max(min(joined), (spans[-1][1] if spans else 0) or 0), None))
        elif is_held and not joined:
            spans[-1] = (spans[-1][0], seen_at)

    def _end(self, lsid: str, spans: list[tuple[float, float | None]]) -> None:
        if lsid in self._cut:
            self.unseen += 1
        elif spans:
            self.handled += 1
            self.passed_on += len(spans) > 1
            self.seconds += int(sum((end or 0) - start for start, end in spans))


class History:
    """A simulated center, read plainly and heard as a mirror hears it, ten minutes after ten minutes."""

    def __init__(self, seed: int, freedoms: frozenset[Freedom], late: int = 0) -> None:
        self.center, self.reading = Center(seed, STARTED_AT), Reading(late)
        self.tables = deepcopy(self.center.tables)
        self.reading.read(self.tables, STARTED_AT)
        self.mirrored = Mirrored(self.center, freedoms, late)

    def go_on(self, minute: int, *, is_heard: bool = True) -> None:
        """Let the ten minutes pass that begin with this one."""
        for update in self.center.advance(STARTED_AT + (minute + 10) * 60):
            replay(self.tables, update)
            self.reading.read(self.tables, update.at)
            if is_heard:
                self.mirrored.hear(update)

    def restart(self) -> None:
        """Restart the appliance, and hear of it."""
        self.center.restart(same_ids=False)
        self.tables = deepcopy(self.center.tables)
        self.reading.cut()
        self.mirrored.truncate()


def sums(watch: Watch) -> Handled:
    """Return what is counted for all queues together."""
    teams = {(day["known_queue_id"] or "").removeprefix("h:team/") for day in watch.state.queue_days.values()}
    each = [handled(watch, team) for team in teams]
    return sum(one[0] for one in each), sum(one[1] for one in each), sum(one[2] for one in each)


@pytest.mark.parametrize(("restarts", "late"), [(False, 0), (False, 10), (True, 10)])
@pytest.mark.parametrize("freedoms", FREEDOMS.values(), ids=FREEDOMS)
def test_whoever_hears_everything_counts_what_happened(freedoms: frozenset[Freedom], restarts: bool, late: int) -> None:
    history = History(5, freedoms, late)
    for minute in range(0, MINUTES, 10):
        history.go_on(minute)
        if restarts:
            history.restart()
    (seen, seconds, unseen), reading = sums(history.mirrored.watch), history.reading
    assert (seen, unseen) == (reading.handled, reading.unseen)
    # when somebody came to a session that was passed on may be told late and is not mended; and in whole seconds
    assert abs(seconds - reading.seconds) <= (late + 1) * reading.passed_on
    assert abs(seconds - reading.seconds) * 500 < reading.seconds
    assert reading.handled > 50


@pytest.mark.parametrize("freedoms", FREEDOMS.values(), ids=FREEDOMS)
def test_whoever_is_away_now_and_then_leaves_out_what_they_did_not_see(freedoms: frozenset[Freedom]) -> None:
    history = History(6, freedoms)
    for minute in range(0, MINUTES, 10):
        is_away = minute % 30 == 20
        history.go_on(minute, is_heard=not is_away)
        if is_away:
            history.mirrored.connect()
    (seen, seconds, unseen), reading = sums(history.mirrored.watch), history.reading
    assert unseen > 5
    assert reading.handled // 3 < seen < reading.handled
    assert seconds < reading.seconds
