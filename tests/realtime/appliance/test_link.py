"""The websocket over real sockets: the sub-protocol's echoes, silence, refusals, TLS."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from realtime.appliance import link as link_module
from realtime.appliance.link import Link, TimeLimits, open_link
from realtime.errors import (
    BudgetSpent,
    CredentialsRefused,
    IllegalMessage,
    LinkLost,
    Misconfigured,
    PermissionMissing,
    RealtimeError,
    SourceBusy,
    Transient,
)
from realtime.outbound import endpoint
from realtime.source import Appliance
from tests.fakes.appliance import CLIENT_SECRET, DECODED, ENCODED, FakeAppliance, listen
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

BRISK = TimeLimits(opening=5.0, between_pings=0.05, answer=0.5, closing=0.5)


async def open_error(appliance: Appliance, limits: TimeLimits = BRISK) -> RealtimeError:
    """Return what opening a link raises."""
    with pytest.raises(RealtimeError) as raised:
        async with open_link(appliance, limits):
            pytest.fail("the link opened")
    return raised.value


@pytest.mark.parametrize("echo", [ENCODED, DECODED, None])
async def test_link_accepts_echo_encoded_decoded_and_absent(fake: FakeAppliance, echo: str | None) -> None:
    fake.echo = echo
    async with open_link(fake.appliance(), BRISK) as link:
        assert link.subprotocol == echo


async def test_link_refuses_another_subprotocol(fake: FakeAppliance) -> None:
    fake.echo = "mqtt"
    error = await open_error(fake.appliance())
    assert type(error) is Misconfigured
    assert str(error) == (
        f"helpdesk: {fake.url} answers, but not as the appliance does (while opening the websocket); check url."
    )


async def test_link_hands_over_frames_as_they_came(fake: FakeAppliance) -> None:
    frames: list[bytes | str] = ["één\n".encode()[:1], "één\n".encode()[1:], "text\n", b"a\nb\n", b""]

    async def talk(server: web.WebSocketResponse) -> None:
        for frame in frames:
            await (server.send_bytes(frame) if isinstance(frame, bytes) else server.send_str(frame))
        await listen(server)

    fake.talk = talk
    async with open_link(fake.appliance(), BRISK) as link:
        got = [await link.receive() for _ in frames]
    assert got == [frame if isinstance(frame, bytes) else frame.encode() for frame in frames]


async def test_link_sends_text_frames(fake: FakeAppliance) -> None:
    async def talk(server: web.WebSocketResponse) -> None:
        message = await server.receive()
        await server.send_str(f"{message.type.name} {message.data}")
        await listen(server)

    fake.talk = talk
    async with open_link(fake.appliance(), BRISK) as link:
        await link.send(b'{"type":"subscribe"}\n')
        assert await link.receive() == b'TEXT {"type":"subscribe"}\n'


async def test_link_that_falls_silent_is_lost(fake: FakeAppliance) -> None:
    fake.answers_pings, fake.talk = False, listen
    async with open_link(fake.appliance(), BRISK) as link:
        with pytest.raises(LinkLost) as raised:
            await link.receive()
    assert str(raised.value) == "helpdesk: 127.0.0.1 fell silent: no answer to a ping within 0.5 s."


async def test_link_without_pongs_lives_while_messages_come(fake: FakeAppliance) -> None:
    async def talk(server: web.WebSocketResponse) -> None:
        for number in range(60):  # 7.2 s: more than twice what silence may last
            await asyncio.sleep(0.12)
            await server.send_str(str(number))
        await listen(server)

    fake.answers_pings, fake.talk = False, talk
    async with open_link(fake.appliance(), replace(BRISK, answer=3.0)) as link:
        assert [await link.receive() for _ in range(60)] == [str(number).encode() for number in range(60)]


async def test_link_notes_contact_by_pongs_alone(fake: FakeAppliance) -> None:
    fake.talk = listen
    async with open_link(fake.appliance(), BRISK) as link:
        opened = link.last_contact
        await until(lambda: heard_after(link, opened), what="a pong")
        assert datetime.now(UTC) - link.last_contact_at < timedelta(seconds=5)


async def heard_after(link: Link, moment: float) -> bool:
    """Whether bytes came since."""
    return link.last_contact > moment


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011])
async def test_link_closed_by_appliance_is_lost(fake: FakeAppliance, code: int) -> None:
    async def talk(server: web.WebSocketResponse) -> None:
        await server.close(code=code)

    fake.talk = talk
    async with open_link(fake.appliance(), BRISK) as link:
        with pytest.raises(LinkLost) as raised:
            await link.receive()
    assert str(raised.value) == f"helpdesk: the appliance closed the websocket (code {code})."


async def test_link_cut_off_is_lost(fake: FakeAppliance) -> None:
    async def talk(server: web.WebSocketResponse) -> None:
        assert server._req is not None and server._req.transport is not None
        server._req.transport.abort()

    fake.talk = talk
    async with open_link(fake.appliance(), BRISK) as link:
        with pytest.raises(LinkLost) as raised:
            await link.receive()
        with pytest.raises(LinkLost):
            await link.send(b"x\n")
    assert str(raised.value) == "helpdesk: the connection to 127.0.0.1 was lost."


async def test_link_refuses_a_frame_beyond_the_limit(fake: FakeAppliance, monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(server: web.WebSocketResponse) -> None:
        await server.send_bytes(b"x" * 1001)
        await listen(server)

    monkeypatch.setattr(link_module, "MAX_FRAME_BYTES", 1000)
    fake.talk = talk
    async with open_link(fake.appliance(), BRISK) as link:
        with pytest.raises(IllegalMessage):
            await link.receive()


async def test_link_closes_within_a_second_when_nobody_answers(fake: FakeAppliance) -> None:
    never = asyncio.Event()

    async def talk(_: web.WebSocketResponse) -> None:
        await never.wait()

    fake.talk = talk
    async with open_link(fake.appliance()):
        began = time.monotonic()
    assert TimeLimits().closing <= 1.0
    assert time.monotonic() - began < 8  # the library's own limit is 10 s


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, CredentialsRefused),
        (403, PermissionMissing),
        (404, Misconfigured),
        (302, Misconfigured),
        (418, Misconfigured),
        (429, SourceBusy),
        (500, SourceBusy),
        (503, SourceBusy),
    ],
)
async def test_link_refused_by_http_says_who_acts(fake: FakeAppliance, status: int, kind: type[RealtimeError]) -> None:
    fake.upgrade_status = status
    fake.headers = {"Retry-After": "17", "Location": "/elsewhere"}
    error = await open_error(fake.appliance())
    assert type(error) is kind
    assert str(error).startswith(f"helpdesk: HTTP {status} while opening the websocket: ")
    if isinstance(error, Transient):
        assert error.retry_after_seconds == 17


def leave_unknown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Have DNS know nothing of a name: not every network has a DNS that says so, or says it soon."""
    ask = socket.getaddrinfo

    def answer(host: Any, *arguments: Any, **options: Any) -> Any:
        if host in (name, name.encode()):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


async def test_link_to_an_unknown_name_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unknown(monkeypatch, "no-such-host.invalid")
    error = await open_error(Appliance("helpdesk", "https://no-such-host.invalid", "id", "secret"))
    assert type(error) is LinkLost
    assert str(error) == 'helpdesk: the name "no-such-host.invalid" was not found by DNS; is it spelled right?'


async def test_link_to_a_closed_port_is_transient() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = await open_error(Appliance("helpdesk", f"http://127.0.0.1:{port}", "id", "secret"))
    assert type(error) is LinkLost
    assert str(error) == f"helpdesk: the connection was refused while opening the websocket at 127.0.0.1:{port}."


async def test_link_to_a_name_with_several_closed_addresses_is_transient(monkeypatch: pytest.MonkeyPatch) -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))
    other = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 9))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address, other])
    error = await open_error(Appliance("helpdesk", "http://localhost:9", "id", "secret"))
    assert type(error) is LinkLost
    assert str(error) == (
        "helpdesk: none of the host's addresses took the connection while opening the websocket at localhost:9."
    )


async def test_link_to_a_mute_server_times_out() -> None:
    async with mute_server() as url:
        error = await open_error(Appliance("helpdesk", url, "id", "secret"), TimeLimits(opening=0.2))
    assert type(error) is LinkLost
    assert str(error) == "helpdesk: no answer from 127.0.0.1 in time while opening the websocket."


@asynccontextmanager
async def mute_server() -> AsyncIterator[str]:
    """Accept connections and never say anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_link_over_tls_trusts_the_bundle(secure_fake: FakeAppliance, ca_bundle: Path) -> None:
    async with open_link(secure_fake.appliance(ca_bundle=ca_bundle), BRISK) as link:
        assert isinstance(link, Link)


async def test_link_refuses_an_unknown_authority(secure_fake: FakeAppliance, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    for bundle, trust in ((None, "this machine's certificate authorities"), (other, "ca_bundle")):
        error = await open_error(secure_fake.appliance(ca_bundle=bundle))
        assert type(error) is Misconfigured
        assert str(error).startswith(f"helpdesk: the certificate of 127.0.0.1 is not trusted by {trust} (")
        assert str(error).endswith("; set ca_bundle to the file with the certificate authority that issued it.")


async def test_link_refuses_a_certificate_for_another_name(authority: trustme.CA, ca_bundle: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    fake = FakeAppliance()
    async with fake.serving(context):
        error = await open_error(fake.appliance(ca_bundle=ca_bundle))
    assert type(error) is Misconfigured
    assert str(error) == (
        'helpdesk: the certificate is for another name than "127.0.0.1"; use in url the name it was issued for.'
    )


async def test_link_refuses_an_expired_certificate(authority: trustme.CA, ca_bundle: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    authority.issue_cert("127.0.0.1", not_after=long_ago).configure_cert(context)
    fake = FakeAppliance()
    async with fake.serving(context):
        error = await open_error(fake.appliance(ca_bundle=ca_bundle))
    assert type(error) is Misconfigured
    assert str(error) == "helpdesk: the appliance's certificate has expired; it has to be renewed there."


async def test_link_by_https_to_a_plain_port_is_misconfigured(fake: FakeAppliance) -> None:
    error = await open_error(fake.appliance(url=fake.url.replace("http:", "https:")))
    assert type(error) is Misconfigured
    assert "does not speak TLS" in str(error)


async def test_link_refuses_a_bundle_that_vanished(secure_fake: FakeAppliance, tmp_path: Path) -> None:
    error = await open_error(secure_fake.appliance(ca_bundle=tmp_path / "gone.pem"))
    assert type(error) is Misconfigured
    assert "gone.pem cannot be read as certificates" in str(error)


async def test_link_logs_no_token_at_any_level(fake: FakeAppliance, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake.valid_tokens.append("the-token")
    async with open_link(fake.appliance(), BRISK) as link:
        await link.send(b'{"type":"authenticate","credentials":{"bearer_token":"the-token"}}\n')
        assert await link.receive() == b'{"type":"authenticate_response","success":true}\n'
    assert "the-token" not in caplog.text
    assert CLIENT_SECRET not in caplog.text + repr(fake.appliance())


async def test_attempt_to_open_a_link_spends_the_budget(
    valkey: ValkeyServer, fake: FakeAppliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Appliance, "pace", endpoint.Pace(per_second=15, per_hour=1))
    async with open_link(fake.appliance()):
        pass
    with pytest.raises(BudgetSpent):
        async with open_link(fake.appliance()):
            pytest.fail("the link opened")
