"""Fifteen seconds of chaos with a fixed seed; `make chaos` runs longer ones with any."""

from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.chaos.checker import check, explain
from tests.chaos.nemesis import draw_plan
from tests.chaos.run import run_chaos
from tests.chaos.world import chaotic_world
from tests.services.valkey import ValkeyServer

SECONDS = 15.0
SEED = 1
PATIENCE = 3.0  # the machine runs other tests beside this one; `make chaos` holds the contract to the second


@pytest.mark.timeout(600)
def test_contract_holds_through_chaos(folder: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> None:
    plan = draw_plan(SEED, SECONDS)
    with django_db_blocker.unblock(), chaotic_world(folder, valkey, SEED) as world:
        history = run_chaos(world, plan, SECONDS)
    violations = check(history, PATIENCE)
    assert not violations, explain(violations[0], history)
    begun = [record.data["fault"] for record in history if record.kind == "begins"]
    assert begun == [str(step.fault) for step in plan]
    painted = {record.who for record in history if record.kind == "paint"}
    assert painted == {"manager1", "manager2", "people", "lead", "slow", "stalled"}
    assert any(record.kind == "link" for record in history)
    assert any(record.kind == "poll" for record in history)
