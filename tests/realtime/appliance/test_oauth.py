"""One token for everybody: minting over real HTTP, the row in a real database, several tasks and processes."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from channels.db import database_sync_to_async
from django.db import connection
from django.utils import timezone

from realtime.appliance import oauth
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, LinkLost, Misconfigured, RealtimeError, SourceBusy, Transient
from realtime.models import AccessToken
from realtime.outbound import http
from realtime.source import Appliance
from tests.fakes.appliance import CLIENT_SECRET, FakeAppliance
from tests.services.postgres import PostgresServer
from tests.services.waiting import until

ASKER = """
import asyncio, sys, django
django.setup()
from realtime.appliance import oauth
from realtime.database import DatabaseThread
from realtime.outbound import http
from realtime.source import Appliance
http.TIMEOUT = http.WHOLE_REQUEST_SECONDS = 60  # the first of two waits for the second interpreter to start
print("asking", flush=True)
appliance = Appliance("helpdesk", sys.argv[1], sys.argv[2], sys.argv[3])
database = DatabaseThread("asker")
print(asyncio.run(oauth.token(appliance, database)))
database.close()
"""


async def in_database(function: Callable[[float], None], seconds: float) -> None:
    """Run a change of the test where the database may be used."""
    await database_sync_to_async(function)(seconds)


async def token_error(database: DatabaseThread, appliance: Appliance) -> RealtimeError:
    """Return what asking for a token raises."""
    with pytest.raises(RealtimeError) as raised:
        await oauth.token(appliance, database)
    return raised.value


async def test_token_is_minted_once_for_a_hundred_callers(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    given = await asyncio.gather(*(oauth.token(fake.appliance(), database) for _ in range(100)))
    assert (fake.calls, set(given)) == (1, {"token-1"})
    assert fake.connection_headers == ["close"]


async def test_token_is_shared_by_processes(
    each_database: str, fake: FakeAppliance, database_environment: dict[str, str], database: DatabaseThread
) -> None:
    fake.is_open.clear()
    account = fake.appliance()
    arguments = (sys.executable, "-c", ASKER, account.url, account.client_id, account.client_secret)
    pipe = asyncio.subprocess.PIPE
    both = [await asyncio.create_subprocess_exec(*arguments, stdout=pipe, env=database_environment) for _ in range(2)]
    for one in both:
        assert one.stdout is not None
        assert await asyncio.wait_for(one.stdout.readline(), 60) == b"asking\n"
    await until(lambda: was_called(fake), what="the token call")
    fake.is_open.set()
    outputs = [(await asyncio.wait_for(one.communicate(), 60))[0] for one in both]
    assert (outputs, fake.calls) == ([b"token-1\n", b"token-1\n"], 1)


@pytest.fixture
def database_environment(each_database: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a process that uses this test's database."""
    url = f"sqlite:///{connection.settings_dict['NAME']}"
    if each_database != "sqlite":
        url = request.getfixturevalue("migrated_postgres_url")
    root = Path(__file__).parents[3]
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "dashboard.settings", "PYTHONPATH": str(root)}


async def was_called(fake: FakeAppliance) -> bool:
    """Whether somebody asked the appliance for a token."""
    return fake.calls > 0


async def test_token_survives_restart_without_a_call(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    first = await oauth.token(fake.appliance(), database)
    second = await asyncio.to_thread(
        asyncio.run, oauth.token(fake.appliance(), database)
    )  # another loop, nothing in memory
    assert (first, second, fake.calls) == ("token-1", "token-1", 1)


async def test_token_is_renewed_before_it_ends(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    await oauth.token(fake.appliance(), database)
    await in_database(age, 3301)
    assert await oauth.token(fake.appliance(), database) == "token-2"


def age(seconds: float) -> None:
    """Let time pass for the stored row."""
    row = AccessToken.objects.get()
    for field in ("expires_at", "minted_at", "refused_at", "minting_until"):
        if moment := getattr(row, field):
            setattr(row, field, moment - timedelta(seconds=seconds))
    row.save()


async def test_token_rejected_is_replaced_once_then_credentials_are_refused(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    appliance = fake.appliance()
    assert await oauth.reject(appliance, database, await oauth.token(appliance, database)) is True
    assert await oauth.token(appliance, database) == "token-2"
    assert await oauth.reject(appliance, database, "token-2") is False
    error = await token_error(database, appliance)
    assert type(error) is CredentialsRefused
    assert fake.calls == 2
    await in_database(age, 61)
    assert await oauth.token(appliance, database) == "token-3"


async def test_token_of_others_is_not_rejected(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    appliance = fake.appliance()
    await oauth.token(appliance, database)
    assert await oauth.reject(appliance, database, "an older one") is True
    assert (await oauth.token(appliance, database), fake.calls) == ("token-1", 1)


async def test_refused_credentials_are_tried_once_in_30_seconds(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    appliance = fake.appliance(client_secret="wrong")
    errors = [await token_error(database, appliance) for _ in range(20)]
    assert {type(error) for error in errors} == {CredentialsRefused}
    assert fake.calls == 1
    await in_database(age, 31)
    assert type(await token_error(database, appliance)) is CredentialsRefused
    assert fake.calls == 2
    assert "wrong" not in "".join(map(str, errors))


async def test_mended_credentials_give_a_token(
    each_database: str, fake: FakeAppliance, database: DatabaseThread
) -> None:
    await token_error(database, fake.appliance(client_secret="wrong"))
    await in_database(age, 31)
    assert await oauth.token(fake.appliance(), database) == "token-2"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", Misconfigured),
        (200, b"[]", Misconfigured),
        (200, b'{"access_token": ""}', Misconfigured),
        (200, b'{"access_token": "a\\r\\nb"}', Misconfigured),
        (200, b'{"error": "invalid_client"}', CredentialsRefused),
        (200, b" " * (1024 * 1024 + 1), SourceBusy),
        (302, b"", Misconfigured),
        (400, b"{}", CredentialsRefused),
        (403, b"", CredentialsRefused),
        (404, b"", Misconfigured),
        (429, b"", SourceBusy),
        (500, b'{"error": "server_error"}', SourceBusy),
    ],
)
async def test_token_answers_say_who_acts(
    transactional_db: None,
    fake: FakeAppliance,
    status: int,
    body: bytes,
    kind: type[RealtimeError],
    database: DatabaseThread,
) -> None:
    fake.token_status, fake.token_body = status, body
    assert type(await token_error(database, fake.appliance())) is kind


@pytest.mark.parametrize(("life", "seconds"), [(1799, 1799), ("1799", 1799), (None, 3600), (-1, 3600), (1e12, 86400)])
async def test_token_life_is_read_with_care(
    transactional_db: None, fake: FakeAppliance, life: object, seconds: int, database: DatabaseThread
) -> None:
    fake.token_life = life
    await oauth.token(fake.appliance(), database)
    row = await AccessToken.objects.aget()
    assert row.expires_at is not None
    assert abs((row.expires_at - timezone.now()).total_seconds() - seconds) < 10


async def test_unreachable_appliance_costs_no_turn(transactional_db: None, database: DatabaseThread) -> None:
    appliance = Appliance("helpdesk", "http://127.0.0.1:9", "id", "secret")
    assert [type(await token_error(database, appliance)) for _ in range(4)] == [LinkLost] * 4


async def test_answer_that_trickles_is_cut_off(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, database: DatabaseThread
) -> None:
    monkeypatch.setattr(http, "WHOLE_REQUEST_SECONDS", 0.3)

    ended = asyncio.Event()

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.02)  # the fault itself: a byte now and then
        writer.close()
        ended.set()

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await token_error(database, Appliance("helpdesk", f"http://127.0.0.1:{port}", "id", "secret"))
        await asyncio.wait_for(ended.wait(), 10)
    assert type(error) is LinkLost


async def test_third_call_in_a_minute_is_put_off(
    transactional_db: None, fake: FakeAppliance, database: DatabaseThread
) -> None:
    fake.token_status = 503
    errors = [await token_error(database, fake.appliance()) for _ in range(2)]
    await in_database(age, 31)  # else the third would wait for the second to end its turn
    errors.append(await token_error(database, fake.appliance()))
    assert [type(error) for error in errors] == [SourceBusy] * 3
    assert fake.calls == 2
    assert isinstance(errors[2], SourceBusy)
    assert errors[2].retry_after_seconds is not None
    assert 20 < errors[2].retry_after_seconds <= 29


async def test_cancelled_mint_ends_its_turn(
    transactional_db: None, fake: FakeAppliance, database: DatabaseThread
) -> None:
    fake.is_open.clear()
    asking = asyncio.create_task(oauth.token(fake.appliance(), database))
    await until(lambda: was_called(fake), what="the token call")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    fake.is_open.set()
    assert await oauth.token(fake.appliance(), database) == "token-2"


async def test_secrets_are_in_no_log_and_no_error(
    transactional_db: None, fake: FakeAppliance, caplog: pytest.LogCaptureFixture, database: DatabaseThread
) -> None:
    caplog.set_level(logging.DEBUG)
    await oauth.token(fake.appliance(), database)
    wrong = await token_error(database, fake.appliance(name="other", client_secret="another-secret"))
    row = await AccessToken.objects.aget(source="helpdesk")
    text = caplog.text + str(wrong) + repr(wrong) + row.token_sealed
    assert [word for word in ("token-1", CLIENT_SECRET, "another-secret") if word in text] == []


async def test_token_survives_a_database_restart(
    own_postgres: PostgresServer, fake: FakeAppliance, database: DatabaseThread
) -> None:
    assert await oauth.token(fake.appliance(), database) == "token-1"
    await asyncio.to_thread(own_postgres.stop)
    away = await token_error(database, fake.appliance())
    assert type(away) is Transient
    assert str(away) == "helpdesk: the database does not answer; the token is kept there."
    await asyncio.to_thread(own_postgres.start)

    async def stored() -> str:
        with suppress(Transient):  # a new connection may take longer than it may
            return await oauth.token(fake.appliance(), database)
        return ""

    assert await until(stored, what="the stored token") == "token-1"
    assert fake.calls == 1
