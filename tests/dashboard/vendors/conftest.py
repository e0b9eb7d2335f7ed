"""What every test of the polled vendors needs."""

from collections.abc import AsyncIterator, Iterator

import pytest

from dashboard.vendors.simulators.options import Options
from dashboard.vendors.simulators.server import VendorSimulators
from realtime.outbound import budget
from tests.dashboard.vendors.harness import SECRET


@pytest.fixture(autouse=True)
def fresh_budget() -> Iterator[None]:
    """No test spends another's budget."""
    budget.own_limiter.cache_clear()
    budget.warn_once.cache_clear()
    yield
    budget.shared_limiter.cache_clear()


@pytest.fixture
async def simulators() -> AsyncIterator[VendorSimulators]:
    """All vendors, with nothing to do but what the test adds."""
    async with VendorSimulators(Options(busy=0, secret=SECRET)) as running:
        yield running
