"""Sockets of the real site: who may open one, what it gets, and how it ends."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import psutil
import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Origin

from dashboard.permission import give_role
from dashboard.roles import MANAGER, VIEWER, Right
from realtime.status import LinkState
from tests.services.site import Site, Upstream, cookies
from tests.services.valkey import ValkeyServer

PLACE = re.compile(r'data-frame="(\w+)" data-epoch="(\w+)" data-seq="(\d+)"')


async def log_in(site: Site, username: str = "viewer", role: str | None = MANAGER) -> str:
    """Return a session."""
    return await sync_to_async(site.log_in)(username, role)


async def read_until(
    socket: ClientConnection, is_enough: Callable[[str], bool], seconds: float = 10, *, answers: bool = True
) -> str:
    """Read, acknowledging like a browser, until a message is enough; return it."""
    async with asyncio.timeout(seconds):
        while True:
            text = str(await socket.recv())
            place = PLACE.search(text)
            if answers:
                await socket.send(f"ack:{place[3]}" if place else "hb")
            if is_enough(text):
                return text


def is_paint(text: str) -> bool:
    """Say whether a message is a full paint."""
    return 'data-frame="paint"' in text


async def close_code(socket: ClientConnection, seconds: float = 10, *, answers: bool = False) -> int:
    """Read on until the site closes; return its code, 1006 when it just cut the connection.

    Unless it `answers`, a socket that is sent anything meanwhile is closed for that after 5 s.
    """
    async with asyncio.timeout(seconds):
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                place = PLACE.search(str(await socket.recv()))
                if answers and place:
                    await socket.send(f"ack:{place[3]}")
    return ended.value.rcvd.code if ended.value.rcvd else 1006


@pytest.mark.parametrize(
    "origin", ["none", "null", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://evil.example"]
)
async def test_a_foreign_origin_is_not_allowed(site: Site, origin: str) -> None:
    session = await log_in(site)

    async with await site.open_socket(session, origin=origin.format(port=site.port)) as socket:
        assert await close_code(socket) == 4403


@pytest.mark.parametrize("session", ["", "invented-session-key", "x" * 2000, "é"])
async def test_nobody_without_a_session_gets_anything(site: Site, session: str) -> None:
    async with await site.open_socket(session) as socket:
        assert await close_code(socket) == 4401


@pytest.mark.parametrize("path", ["/", "/live/", "/live/%0AError/", "/display/live/more"])
async def test_an_address_without_a_socket_refuses_the_handshake(site: Site, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await site.open_socket(await log_in(site), path)
    assert refused.value.response.status_code == 403


async def test_an_unknown_board_or_query_is_not_allowed(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)

    for path in ("/live/nothing/", "/live/sources/?scope=operator"):
        async with await site.open_socket(session, path) as socket:
            assert await close_code(socket) == 4403


async def test_joining_paints_the_page_s_own_bytes(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)

    async with await site.open_socket(session) as socket:
        first = str(await socket.recv())
        paint = await read_until(socket, is_paint)
        board = paint.partition('<template data-swap="board">')[2].removesuffix("</template></div>")
        page = await sync_to_async(site.get)("/sources/", session)

    assert 'id="light-appliance"' in first
    assert board.startswith('<div class="board" id="board">')
    assert board in page.text


async def test_a_change_reaches_the_socket_as_a_step(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    async with await site.open_socket(session) as socket:
        paint = PLACE.search(await read_until(socket, is_paint))
        await sync_to_async(upstream.add_queue)("step")
        step = PLACE.search(await read_until(socket, lambda text: "<dt>queue</dt>" in text))

    assert paint is not None and step is not None
    assert (step[1], step[2]) == ("step", paint[2])
    assert int(step[3]) > int(paint[3])


async def test_a_lost_link_reaches_the_light_at_once(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    async with await site.open_socket(session) as socket:
        await read_until(socket, is_paint)
        await sync_to_async(upstream.say)(state=LinkState.RETRYING, error="helpdesk: the link was lost")
        light = await read_until(socket, lambda text: "light-appliance" in text and "lost, trying again" in text)
        await sync_to_async(upstream.say)(state=LinkState.LIVE, error="")
        await read_until(socket, lambda text: "light-appliance" in text and "<b>live</b>" in text)

    assert "fresh__leg--critical" in light


async def test_a_reader_without_acknowledgements_is_closed(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)

    async with await site.open_socket(session) as socket:
        assert await close_code(socket, 25) == 4408


@pytest.mark.parametrize("said", ["join:sessions", "ack:", "ack:1;", "{}", "", b"ack:1"])
async def test_whoever_says_anything_else_is_closed(site: Site, upstream: Upstream, said: str | bytes) -> None:
    session = await log_in(site)
    async with await site.open_socket(session) as socket:
        await socket.send(said)

        assert await close_code(socket) == 4403


async def test_a_message_over_4_kb_is_cut_off(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    async with await site.open_socket(session) as socket:
        await socket.send("ack:" + "1" * 5000)

        assert await close_code(socket) == 1006


WIDEST = ClientPerMessageDeflateFactory(client_max_window_bits=True)  # as Chromium offers


async def open_offering(site: Site, session: str, offer: ClientPerMessageDeflateFactory) -> ClientConnection:
    """Open a socket that offers compression."""
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    address, origin = f"ws://127.0.0.1:{site.port}/live/sources/", Origin(site.origin)
    return await connect(address, origin=origin, additional_headers=headers, extensions=[offer], proxy=None)


async def test_a_socket_that_offers_what_chromium_offers_is_sent_compressed_frames(
    site: Site, upstream: Upstream
) -> None:
    session = await log_in(site)
    async with await open_offering(site, session, WIDEST) as socket:
        await read_until(socket, is_paint)
        await sync_to_async(upstream.add_queue)("compressed")
        await read_until(socket, lambda text: 'data-frame="step"' in text)
        answer = socket.response.headers["Sec-WebSocket-Extensions"] if socket.response else ""

    assert answer == "permessage-deflate; client_max_window_bits=9"


async def test_a_socket_that_can_only_inflate_less_is_sent_plain_frames(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    offer = ClientPerMessageDeflateFactory(server_max_window_bits=12)
    async with await open_offering(site, session, offer) as socket:
        await read_until(socket, is_paint)

        assert socket.response is not None
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


async def test_a_message_that_inflates_to_over_4_kb_is_cut_off(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    async with await open_offering(site, session, WIDEST) as socket:
        await socket.send("ack:" + "1" * 5_000_000)

        assert await close_code(socket) == 1006


async def test_whoever_says_too_much_is_closed(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    async with await site.open_socket(session) as socket:
        for _ in range(30):
            await socket.send("hb")

        assert await close_code(socket) == 4403


def end_session(session: str) -> None:
    """Log out."""
    Session.objects.get(session_key=session).delete()


def deactivate(session: str) -> None:
    """Lock out the user of a session."""
    user = User.objects.get(username="leaver")
    user.is_active = False
    user.save()


def change_password(session: str) -> None:
    """Change the password of the user of a session."""
    user = User.objects.get(username="leaver")
    user.set_password("another")
    user.save()


def sign_out_others(session: str) -> None:
    """Sign the user of a session out of it, from another browser."""
    user = User.objects.get(username="leaver")
    client = Client()
    client.force_login(user)
    UserSession.objects.create(user=user, session_key=session, ip="127.0.0.1", user_agent="")
    assert client.post("/account/sessions/").status_code == 302


def sign_out(session: str) -> None:
    """Sign out by the button."""
    assert Client(headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}).post("/logout/").status_code == 302


@pytest.mark.parametrize("end", [end_session, deactivate, change_password, sign_out_others, sign_out])
async def test_a_socket_ends_with_what_it_rests_on(site: Site, upstream: Upstream, end: Callable[[str], None]) -> None:
    await sync_to_async(User.objects.filter(username="leaver").delete)()
    session = await log_in(site, "leaver")
    other = await log_in(site)
    async with await site.open_socket(session) as socket, await site.open_socket(other) as stays:
        await read_until(socket, is_paint)
        await read_until(stays, is_paint)
        await sync_to_async(end)(session)

        assert await close_code(socket, 20, answers=True) == 4401  # before the regular check after 30 s
        await sync_to_async(upstream.add_queue)(end.__name__)
        await read_until(stays, lambda text: "<dt>queue</dt>" in text)


async def test_another_scope_sends_the_socket_back_for_it(site: Site, upstream: Upstream) -> None:
    session = await log_in(site, "promoted", None)
    user = await User.objects.aget(username="promoted")
    async with await site.open_socket(session) as socket:
        before = await read_until(socket, is_paint)
        await sync_to_async(give_role)(user, MANAGER)
        assert await close_code(socket, 20, answers=True) == 4000
    async with await site.open_socket(session) as socket:
        after = await read_until(socket, is_paint)

    assert "Resynchronise" not in before
    assert "Resynchronise" in after


def take_from_group(user: User) -> None:
    """Take the right away that came with a group of the site's own."""
    Group.objects.get(name="Keepers").permissions.clear()


def take_group(user: User) -> None:
    """Take the group away."""
    user.groups.remove(Group.objects.get(name="Keepers"))


@pytest.mark.parametrize("take", [take_group, take_from_group])
async def test_a_right_that_is_taken_ends_at_once(site: Site, upstream: Upstream, take: Callable[[User], None]) -> None:
    session: str = await sync_to_async(site.log_in)(take.__name__, VIEWER)
    user = await User.objects.aget(username=take.__name__)
    group, _ = await Group.objects.aget_or_create(name="Keepers")
    await group.permissions.aadd(await Permission.objects.aget(codename=Right.ACT_ON_SOURCES))
    await user.groups.aadd(group)
    async with await site.open_socket(session) as socket:
        assert "Resynchronise" in await read_until(socket, is_paint)
        await sync_to_async(take)(user)
        assert await close_code(socket, 20, answers=True) == 4000
    async with await site.open_socket(session) as socket:
        assert "Resynchronise" not in await read_until(socket, is_paint)


async def open_mute(
    site: Site, session: str, path: str = "/live/sources/"
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a socket that never reads."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=1024)
    name, value = next(iter(cookies(session).items()))
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: {site.origin}\r\n"
        f"Cookie: {name}={value}\r\n\r\n".encode()
    )
    await writer.drain()
    return reader, writer


async def test_readers_that_never_read_cost_little_and_delay_nobody(site: Site, upstream: Upstream) -> None:
    session = await log_in(site)
    server = psutil.Process(site.process.popen.pid)
    async with await site.open_socket(session) as good:
        await read_until(good, is_paint)
        before = server.memory_info().rss
        mute = [await open_mute(site, session) for _ in range(20)]
        for number in range(30):
            await sync_to_async(upstream.add_queue)(f"mute-{number}")
            await read_until(good, lambda text: "<dt>queue</dt>" in text, 20)
        grown = server.memory_info().rss - before
        for _reader, writer in mute:
            writer.close()

    assert grown <= 20 * 1024 * 1024


async def test_pages_and_sockets_are_for_those_who_logged_in(site: Site) -> None:
    get: Callable[..., Awaitable[object]] = sync_to_async(site.get)
    page = await get("/sources/")

    assert getattr(page, "status_code", 0) == 302
    assert reverse(settings.LOGIN_URL) in getattr(page, "headers", {}).get("Location", "")


async def test_without_redis_changes_come_from_the_database(
    site: Site, upstream: Upstream, valkey: ValkeyServer
) -> None:
    session = await log_in(site)
    async with await site.open_socket(session) as socket:
        await read_until(socket, is_paint)
        valkey.stop()
        try:
            await sync_to_async(upstream.add_queue)("without-redis")
            await read_until(socket, lambda text: "<dt>queue</dt>" in text, 25)
        finally:
            valkey.start()
