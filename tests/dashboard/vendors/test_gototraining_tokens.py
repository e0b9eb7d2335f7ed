"""GoToTraining's access tokens: refreshed over real HTTP, kept sealed, replaced with care."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.vendors.simulators.faults import Fault, Freedom
from dashboard.vendors.simulators.server import VendorSimulators
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, Misconfigured, PermissionMissing, SourceBusy
from realtime.models import AccessToken
from tests.dashboard.vendors.harness import HARNESSES, SECRET, Bench, open_bench

pytestmark = pytest.mark.usefixtures("valkey", "transactional_db")

HARNESS = HARNESSES[1]
OAUTH = {"access_token": None, "client_id": "simulator", "client_secret": SECRET, "refresh_token": SECRET}


@pytest.fixture
def oauth_bench(
    simulators: VendorSimulators, database: DatabaseThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return what opens a bench whose account has a refresh token."""
    token_url = simulators.url("gototraining") + "/oauth/token"
    fixed = OAUTH | {"token_url": token_url}
    return lambda **given: open_bench(HARNESS, simulators, database, tmp_path, monkeypatch, **(fixed | given))


def mints(simulators: VendorSimulators) -> int:
    """Count the calls of the token endpoint."""
    return simulators.frame.count("gototraining", "/oauth/token")


async def age(seconds: float) -> None:
    """Let time pass for the stored token."""
    row = await AccessToken.objects.aget()
    for field in ("expires_at", "minted_at", "refused_at", "minting_until"):
        if moment := getattr(row, field):
            setattr(row, field, moment - timedelta(seconds=seconds))
    await row.asave()


async def test_access_token_is_refreshed_once_and_kept_sealed(simulators: VendorSimulators, oauth_bench: Any) -> None:
    bench: Bench
    async with oauth_bench() as bench:
        await bench.pages()
        await bench.pages()
    row = await AccessToken.objects.aget(source="polled")
    assert mints(simulators) == 1
    assert [token for token in simulators.frame.issued if token in row.token_sealed] == []


async def test_refresh_tokens_follow_each_other(simulators: VendorSimulators, oauth_bench: Any) -> None:
    simulators.take("gototraining", Freedom.ROTATION)
    bench: Bench
    async with oauth_bench() as bench:
        for _ in range(3):
            await bench.pages()
            await age(3600)
    assert (mints(simulators), simulators.frame.count("gototraining", "/oauth/token", 200)) == (3, 3)


async def test_token_revoked_before_its_time_is_replaced(simulators: VendorSimulators, oauth_bench: Any) -> None:
    bench: Bench
    async with oauth_bench() as bench:
        await bench.pages()
        simulators.frame.issued.clear()
        await age(660)
        await bench.pages()
    assert mints(simulators) == 2


async def test_missing_permission_is_no_reason_for_new_tokens(simulators: VendorSimulators, oauth_bench: Any) -> None:
    bench: Bench
    async with oauth_bench() as bench:
        await bench.pages()
        simulators.fail("gototraining", Fault.FORBIDDEN, path="organizers")
        for _ in range(3):
            _, error = await bench.until_failure()
            assert type(error) is PermissionMissing
    assert mints(simulators) == 1


@pytest.mark.parametrize(
    ("settings", "fault", "kind"),
    [
        ({"client_secret": "wrong-secret"}, None, CredentialsRefused),
        ({"refresh_token": "wrong-secret"}, None, CredentialsRefused),
        ({}, Fault.NOT_FOUND, Misconfigured),
        ({}, Fault.HTML, Misconfigured),
        ({}, Fault.FAILED, SourceBusy),
        ({}, Fault.TOO_MANY, SourceBusy),
    ],
)
async def test_failed_refresh_says_who_acts(
    simulators: VendorSimulators,
    oauth_bench: Any,
    settings: dict[str, str],
    fault: Fault | None,
    kind: type[Exception],
) -> None:
    if fault:
        simulators.fail("gototraining", fault, path="/oauth/token")
    bench: Bench
    async with oauth_bench(**settings) as bench:
        _, error = await bench.until_failure()
    assert type(error) is kind
    assert str(error).startswith("polled: ")
    assert [secret for secret in (SECRET, "wrong-secret") if secret in str(error)] == []
