"""The command API: XML in every namespace, errors in every dress, hostile documents."""

import pytest

from realtime.appliance.command import DEPTH_LIMIT, LIMIT_BYTES, ApiAccount, fetch_account
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, Misconfigured, PermissionMissing, RealtimeError, SourceBusy
from tests.fakes.appliance import API_INFO, FakeAppliance

pytestmark = pytest.mark.django_db(transaction=True)


async def account_error(database: DatabaseThread, fake: FakeAppliance) -> RealtimeError:
    """Return what asking for the account raises."""
    with pytest.raises(RealtimeError) as raised:
        await fetch_account(fake.appliance(), database)
    return raised.value


async def test_account_is_read(fake: FakeAppliance, database: DatabaseThread) -> None:
    assert await fetch_account(fake.appliance(), database) == ApiAccount(
        version="1.24.1",
        permissions={"perm_command": "read_only", "perm_real_time_state": "1"},
    )


@pytest.mark.parametrize(
    "permissions",
    [
        '<permission name="perm_real_time_state">{0}</permission>',
        '<permission name="perm_real_time_state" value="{0}"/>',
        '<permission perm_real_time_state="{0}" perm_backup="0"/>',
        "<permission><perm_real_time_state>{0}</perm_real_time_state></permission>",
        "<perm_real_time_state> {0}\n</perm_real_time_state>",
    ],
)
@pytest.mark.parametrize(("value", "is_allowed"), [("1", True), ("0", False), ("deny", False)])
async def test_permissions_are_read_however_written(
    fake: FakeAppliance, permissions: str, value: str, is_allowed: bool, database: DatabaseThread
) -> None:
    fake.command_body = f"<get_api_info><permissions>{permissions.format(value)}</permissions></get_api_info>".encode()
    account = await fetch_account(fake.appliance(), database)
    assert account.allows("perm_real_time_state") is is_allowed
    assert account.allows("perm_vault") is None


@pytest.mark.parametrize("namespace", ["http://www.bomgar.com/namespaces/API/command", "urn:x", ""])
async def test_namespace_does_not_matter(fake: FakeAppliance, namespace: str, database: DatabaseThread) -> None:
    fake.command_body = API_INFO.replace("https://www.beyondtrust.com/namespaces/API/command", namespace).encode()
    assert (await fetch_account(fake.appliance(), database)).version == "1.24.1"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<error>Login failed</error>", PermissionMissing),
        (200, b'<get_api_info xmlns="urn:x"><error>no</error></get_api_info>', PermissionMissing),
        (200, b"<html><body>", Misconfigured),
        (200, b"", Misconfigured),
        (200, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Misconfigured),
        (200, b"<a>" * (DEPTH_LIMIT + 1) + b"</a>" * (DEPTH_LIMIT + 1), Misconfigured),
        (200, b"<a>" * 200_000, Misconfigured),
        (200, b" " * (LIMIT_BYTES + 1), SourceBusy),
        (403, b"", PermissionMissing),
        (404, b"Document Not Found", PermissionMissing),
        (429, b"", SourceBusy),
        (503, b"", SourceBusy),
    ],
)
async def test_command_errors_say_who_acts(
    fake: FakeAppliance, status: int, body: bytes, kind: type[RealtimeError], database: DatabaseThread
) -> None:
    fake.command_status, fake.command_body = status, body
    error = await account_error(database, fake)
    assert type(error) is kind
    assert "Login failed" not in str(error)


async def test_revoked_token_is_replaced_once(fake: FakeAppliance, database: DatabaseThread) -> None:
    await fetch_account(fake.appliance(), database)
    fake.valid_tokens.clear()
    assert (await fetch_account(fake.appliance(), database)).version == "1.24.1"
    assert (fake.calls, fake.command_calls) == (2, 3)


async def test_account_whose_tokens_are_never_accepted_is_refused(
    fake: FakeAppliance, database: DatabaseThread
) -> None:
    fake.command_status, fake.command_body = 401, b'{"error": "access_denied"}'
    assert type(await account_error(database, fake)) is CredentialsRefused
    assert type(await account_error(database, fake)) is CredentialsRefused
    assert (fake.calls, fake.command_calls) == (2, 2)
