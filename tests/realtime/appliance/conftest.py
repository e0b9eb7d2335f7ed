"""A bare appliance for each test, plain or behind TLS."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from tests.fakes.appliance import FakeAppliance


@pytest.fixture
async def fake() -> AsyncIterator[FakeAppliance]:
    """An appliance without TLS."""
    appliance = FakeAppliance()
    async with appliance.serving():
        yield appliance


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority of this test's own."""
    return trustme.CA()


@pytest.fixture
def ca_bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    """That authority's certificate as a PEM file."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
async def secure_fake(authority: trustme.CA) -> AsyncIterator[FakeAppliance]:
    """An appliance with a certificate for 127.0.0.1 from that authority; a bare machine knows no name for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    appliance = FakeAppliance()
    async with appliance.serving(context):
        yield appliance
