"""The plan of faults: repeatable, complete, and never two faults on one thing at a time."""

from itertools import combinations

import pytest

from tests.chaos.nemesis import ALONE, FAULTS, Step, draw_plan


def test_seed_decides_the_plan() -> None:
    assert draw_plan(1, 60) == draw_plan(1, 60)
    assert draw_plan(1, 60) != draw_plan(2, 60)


@pytest.mark.parametrize("seed", range(20))
def test_plan_ends_in_time_and_hits_each_thing_once_at_a_time(seed: int) -> None:
    plan = draw_plan(seed, 60)
    assert max(step.until for step in plan) <= 60.01
    for one, other in combinations(plan, 2):
        targets = {one.fault.target, other.fault.target}
        if len(targets) == 1 or targets <= ALONE:
            assert not overlap(one, other)


def overlap(one: Step, other: Step) -> bool:
    """Say whether two faults hold at the same time."""
    return one.at < other.until and other.at < one.until


@pytest.mark.parametrize("seed", range(20))
def test_a_minute_holds_every_fault(seed: int) -> None:
    assert {step.fault for step in draw_plan(seed, 60)} == set(FAULTS)
