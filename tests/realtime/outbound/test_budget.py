"""The shared request budget on a real Valkey, and without one."""

import asyncio
import time

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from realtime.errors import BudgetSpent
from realtime.outbound import budget
from realtime.outbound.endpoint import Pace
from realtime.source import Appliance
from tests.services.valkey import ValkeyServer


def account(name: str, client_id: str) -> Appliance:
    """Return a source of an account."""
    return Appliance(name, "https://support.example.com", client_id, "secret")


def drain(appliance: Appliance) -> int:
    """Take requests until one is put off; return how many were granted."""
    return next(count for count in range(1000) if budget.take(appliance) > 0)


def test_budget_grants_fewer_than_the_vendor_allows(valkey: ValkeyServer) -> None:
    appliance = account("helpdesk", "client-a")
    began = time.monotonic()
    granted = drain(appliance)
    assert 15 <= granted <= 15 * (1 + time.monotonic() - began)


def test_budget_is_one_for_all_processes_and_sources_of_an_account(valkey: ValkeyServer) -> None:
    assert drain(account("helpdesk", "client-b")) >= 15
    budget.shared_limiter.cache_clear()  # as another process would: a client of its own
    assert budget.take(account("other", "client-b")) > 0
    assert budget.take(account("helpdesk", "client-c")) == 0


async def test_budget_waits_a_moment_when_a_moment_helps(valkey: ValkeyServer) -> None:
    appliance = account("helpdesk", "client-d")
    began = time.monotonic()
    for _ in range(20):
        await budget.spend(appliance)
    assert 0.9 < time.monotonic() - began < 20


async def test_budget_says_when_to_come_back(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Appliance, "pace", Pace(per_second=15, per_hour=2))
    appliance = account("helpdesk", "client-e")
    await budget.spend(appliance)
    await budget.spend(appliance)
    with pytest.raises(BudgetSpent) as raised:
        await budget.spend(appliance)
    assert raised.value.retry_after_seconds is not None
    assert 3500 < raised.value.retry_after_seconds <= 3600


async def test_budget_without_valkey_is_a_third_and_never_waits_for_it(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    began = time.monotonic()
    with capture_logs() as logs:
        granted = await asyncio.to_thread(drain, account("helpdesk", "client-f"))
    elapsed = time.monotonic() - began
    assert elapsed < 10
    assert 5 <= granted <= 5 * (1 + elapsed)
    assert [(line["log_level"], line["error"]) for line in logs] == [("warning", "ConnectionError")]


async def test_budget_survives_a_valkey_that_comes_back(valkey: ValkeyServer) -> None:
    appliance = account("helpdesk", "client-g")
    await budget.spend(appliance)
    valkey.stop(killed=True)
    try:
        await budget.spend(appliance)
    finally:
        valkey.start()
    await budget.spend(appliance)
    left = budget.left_this_hour(appliance)
    assert left is not None
    assert left < appliance.pace.per_hour
