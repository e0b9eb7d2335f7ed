"""The work behind the simulated vendors: the same for the same seed, believable, and a function of time."""

import uuid

from dashboard.vendors.simulators.activity import LONGEST_LIFE_SECONDS, Activity, Case, Product, Stage
from dashboard.vendors.simulators.timetable import Timetable
from dashboard.vendors.simulators.world import World
from realtime.simulator.center import Center

STARTED_AT = 1_767_603_600.0
DAY = 24 * 3600.0


def make_activity(seed: int = 1, hour: float = 9.75, busy: float = 1.0) -> Activity:
    """Return a center of 48 representatives."""
    return Activity(seed, STARTED_AT, hour, 48, busy)


def day_of_cases(activity: Activity, product: Product = Product.EVOVOICE) -> list[Case]:
    """Return what is born in the day before the start."""
    return World(activity).cases(product, STARTED_AT - DAY, STARTED_AT)


def test_activity_is_the_same_for_the_same_seed_whatever_was_looked_at_before() -> None:
    first, second = make_activity(), make_activity()
    second.births(Product.SEEIT, 12)
    assert day_of_cases(first) == day_of_cases(second)
    assert day_of_cases(first) != day_of_cases(make_activity(seed=2))


def test_activity_at_another_local_hour_keeps_most_of_its_cases() -> None:
    ours = {case.id for case in day_of_cases(make_activity(hour=10.0))}
    theirs = {case.id for case in day_of_cases(make_activity(hour=10.5))}
    assert len(ours & theirs) > 0.9 * len(ours)


def test_activity_is_busy_by_day_and_quiet_by_night() -> None:
    activity = make_activity()
    hours = [activity.local_hour(case.created_at) for case in day_of_cases(activity)]
    by_day, by_night = sum(9 <= hour < 17 for hour in hours), sum(hour < 6 for hour in hours)
    assert by_day > 200
    assert 0 < by_night < by_day / 5


def test_case_lives_in_order() -> None:
    for product in Product:
        for case in day_of_cases(make_activity(), product):
            times = [case.created_at, case.rung_at, case.answered_at or case.rung_at]
            times += [time for hold in case.holds for time in hold] + [case.ended_at]
            assert times == sorted(times)
            assert case.ended_at - case.created_at <= LONGEST_LIFE_SECONDS + 600
            assert len(str(case.number)) == 19
            assert uuid.UUID(case.id).version == 4


def test_case_stage_follows_its_times() -> None:
    answered = next(case for case in day_of_cases(make_activity()) if case.holds)
    missed = next(case for case in day_of_cases(make_activity()) if case.answered_at is None)
    (hold_start, hold_end), *_ = answered.holds
    assert answered.answered_at is not None
    seen = [
        answered.stage(time)
        for time in (
            answered.created_at,
            answered.rung_at,
            answered.answered_at,
            hold_start,
            hold_end,
            answered.ended_at,
        )
    ]
    assert seen == [Stage.WAITING, Stage.RINGING, Stage.ACTIVE, Stage.HELD, Stage.ACTIVE, Stage.ENDED]
    assert missed.stage(missed.ended_at) is Stage.MISSED


def test_staff_is_that_of_the_simulated_appliance() -> None:
    appliance = {(person.username, person.private_name) for person in Center(1, STARTED_AT, sessions=0).staff}
    assert {(person.username, person.name) for person, _ in make_activity().staff} == appliance


def test_world_finds_every_case_by_the_beginning_of_its_id() -> None:
    world = World(make_activity())
    cases = world.cases(Product.SEEIT, STARTED_AT - DAY, STARTED_AT)
    assert cases
    assert [world.find(Product.SEEIT, case.id[:24]) for case in cases] == cases
    assert world.find(Product.EVOVOICE, cases[0].id) is None


def test_world_takes_changes_and_removals() -> None:
    world = World(make_activity())
    first, second, *_ = world.cases(Product.SEEIT, STARTED_AT - DAY, STARTED_AT)
    changed = world.change(first, subject="changed")
    world.remove(second.id)
    added = world.open(Product.SEEIT, STARTED_AT - 1)
    now = world.cases(Product.SEEIT, STARTED_AT - DAY, STARTED_AT)
    assert (now[0], now[-1], second in now) == (changed, added, False)
    assert world.find(Product.SEEIT, second.id) is None


def test_timetable_has_trainings_today_and_in_the_next_days() -> None:
    trainings = World(make_activity()).trainings(STARTED_AT)
    starts = [meeting.start - STARTED_AT for training in trainings for meeting in training.meetings]
    assert any(0 < start < 9 * 3600 for start in starts)
    assert any(DAY < start < 3 * DAY for start in starts)
    assert any(start < -DAY for start in starts)
    assert all(training.created_at < STARTED_AT for training in trainings)


def test_timetable_is_empty_when_nobody_is_busy() -> None:
    activity = make_activity(busy=0)
    assert Timetable(activity).around(STARTED_AT - DAY, STARTED_AT + DAY) == []
    assert day_of_cases(activity) == []


def test_center_without_staff_has_nothing_to_do() -> None:
    activity = Activity(1, STARTED_AT, hour=10.0, reps=0)
    assert Timetable(activity).around(STARTED_AT - DAY, STARTED_AT + DAY) == []
    assert day_of_cases(activity) == []
