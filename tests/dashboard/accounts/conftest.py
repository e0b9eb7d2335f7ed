"""Every test counts its limits from zero."""

import secrets

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def fresh_limits(settings: Settings) -> None:
    """Count under a name of this test's own, in Redis and in memory."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": f"test-{secrets.token_hex(4)}"}}
