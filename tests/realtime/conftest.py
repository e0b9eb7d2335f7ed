"""What every test of this package needs."""

from collections.abc import Iterator

import pytest

from realtime.outbound import budget


@pytest.fixture(autouse=True)
def fresh_budget() -> Iterator[None]:
    """No test spends another's budget."""
    budget.own_limiter.cache_clear()
    budget.warn_once.cache_clear()
    yield
    budget.shared_limiter.cache_clear()
