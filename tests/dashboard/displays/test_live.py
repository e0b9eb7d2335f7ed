"""A display's socket on the real site: who gets one, what it shows and hears, and how soon it ends."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from dashboard.displays.tokens import TOKEN
from dashboard.live.signals import ring_all
from dashboard.live.socket import CloseCode
from dashboard.models import Display
from dashboard.models.wallboard import Wallboard
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from tests.services.displays import make_wallboard, pair, somebody
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

SOON = 20.0  # less than the 30 s of the regular check
PATH = "/display/live/"
PLACE = re.compile(r'data-frame="\w+" data-epoch="\w+" data-seq="(\d+)"')


@pytest.fixture(scope="module")
def site(site: Site) -> Site:
    """The same, with a source."""
    Upstream().say()
    return site


@pytest.fixture
def wallboard(site: Site) -> Iterator[Wallboard]:
    """A wallboard, the only one."""
    yield make_wallboard()
    Wallboard.objects.all().delete()


@pytest.fixture
def paired(wallboard: Wallboard) -> Iterator[tuple[Display, str]]:
    """A display, the only one, and its token."""
    yield pair(wallboard=wallboard)
    Display.objects.all().delete()


@asynccontextmanager
async def opened(site: Site, token: str, path: str = PATH, origin: str = "") -> AsyncIterator[ClientConnection]:
    """Open a websocket as a screen with a token does."""
    address = f"ws://127.0.0.1:{site.port}{path}"
    given = None if origin == "none" else Origin(origin or site.origin)
    headers = {"Cookie": f"{TOKEN}={token}"}
    async with connect(address, origin=given, additional_headers=headers, proxy=None, max_size=2**24) as socket:
        yield socket


async def read_until(socket: ClientConnection, is_enough: Callable[[str], bool], seconds: float = SOON) -> str:
    """Read and acknowledge, until a message is enough; return it."""
    async with asyncio.timeout(seconds):
        while True:
            text = str(await socket.recv())
            place = PLACE.search(text)
            await socket.send(f"ack:{place[1]}" if place else "hb")
            if is_enough(text):
                return text


async def shown(socket: ClientConnection) -> str:
    """Return the first whole picture."""
    return await read_until(socket, lambda text: 'data-frame="paint"' in text, 15)


async def end_of(socket: ClientConnection, seconds: float = SOON) -> int:
    """Read on and acknowledge, until the site closes; return its code."""
    async with asyncio.timeout(seconds):
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                if place := PLACE.search(str(await socket.recv())):
                    await socket.send(f"ack:{place[1]}")
    return ended.value.rcvd.code if ended.value.rcvd else 1006


def post(name: str, display: Display, given: dict[str, Any] | None = None) -> int:
    """Do what the page of the displays does, as somebody who may."""
    user = somebody()
    give_role(user, MANAGER)
    client = Client()
    client.force_login(user)
    return client.post(reverse(name, args=[display.pk]), given or {}).status_code


async def do(name: str, display: Display, **given: Any) -> None:
    """The same, off the event loop."""
    assert await sync_to_async(post)(name, display, given) == 302


async def change(display: Display, **fields: Any) -> None:
    """Change a display, and have the sockets looked at."""
    await Display.objects.filter(pk=display.pk).aupdate(**fields)
    await sync_to_async(ring_all)()


def order_of(kind: str) -> Callable[[str], bool]:
    """Say whether a message is an order."""
    return lambda text: 'id="order"' in text and f'data-order="{kind}"' in text


async def test_a_display_sees_its_wallboard_and_what_changes(site: Site, paired: tuple[Display, str]) -> None:
    async with opened(site, paired[1]) as socket:
        standing = await read_until(socket, lambda text: 'id="standing"' in text)
        assert 'data-wallboard="queue-wall"' in standing
        await read_until(socket, lambda text: ">Queue wall<" in text)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "none"])
async def test_a_token_from_a_foreign_page_is_refused(site: Site, paired: tuple[Display, str], origin: str) -> None:
    async with opened(site, paired[1], origin=origin) as socket:
        assert await end_of(socket) == CloseCode.NOT_ALLOWED


async def test_only_a_display_s_token_opens_its_socket_and_it_opens_no_other(
    site: Site, paired: tuple[Display, str], wallboard: Wallboard
) -> None:
    session = await sync_to_async(site.log_in)("petra", MANAGER)
    refused = {
        PATH: f"{settings.SESSION_COOKIE_NAME}={session}",
        "/live/sources/": f"{TOKEN}={paired[1]}",
        f"/live/wallboard/?slug={wallboard.slug}": f"{TOKEN}={paired[1]}",
    }
    for path, cookie in refused.items():
        address = f"ws://127.0.0.1:{site.port}{path}"
        headers = {"Cookie": cookie}
        async with connect(address, origin=Origin(site.origin), additional_headers=headers, proxy=None) as socket:
            assert await end_of(socket) == CloseCode.SESSION_GONE
    async with opened(site, "a token that nobody has") as socket:
        assert await end_of(socket) == CloseCode.SESSION_GONE


@pytest.mark.parametrize("query", ["?slug=other", "?draft=1"])
async def test_a_display_cannot_ask_for_anything_else(site: Site, paired: tuple[Display, str], query: str) -> None:
    async with opened(site, paired[1], PATH + query) as socket:
        assert await end_of(socket) == CloseCode.NOT_ALLOWED


async def test_a_display_taken_away_ends_at_once_and_its_token_is_of_no_use(
    site: Site, paired: tuple[Display, str]
) -> None:
    display, token = paired
    async with opened(site, token) as socket:
        await shown(socket)
        await do("revoke-display", display)
        assert await end_of(socket) == CloseCode.SESSION_GONE
    async with opened(site, token) as stolen:
        assert await end_of(stolen) == CloseCode.SESSION_GONE


@pytest.mark.parametrize("fields", [{"networks": ["192.0.2.0/24"]}, {"expires_at": timezone.now() - timedelta(days=1)}])
async def test_a_display_whose_terms_no_longer_fit_ends(
    site: Site, paired: tuple[Display, str], fields: dict[str, Any]
) -> None:
    async with opened(site, paired[1]) as socket:
        await shown(socket)
        await change(paired[0], **fields)
        assert await end_of(socket) == CloseCode.SESSION_GONE


async def test_another_wallboard_is_told_before_the_screen_comes_back_for_it(
    site: Site, paired: tuple[Display, str]
) -> None:
    display, token = paired
    other = await sync_to_async(make_wallboard)("executive")
    async with opened(site, token) as socket:
        await shown(socket)
        await do("switch-wallboard", display, wallboard=str(other.pk))
        assert await end_of(socket) == CloseCode.COME_BACK
    async with opened(site, token) as socket:
        assert 'data-wallboard="executive"' in await read_until(socket, lambda text: 'id="standing"' in text)
        await read_until(socket, lambda text: ">Executive<" in text)
        await do("switch-wallboard", display, wallboard="")
        assert await end_of(socket) == CloseCode.COME_BACK
    async with opened(site, token) as socket:
        assert await end_of(socket) == CloseCode.NOT_ALLOWED


@pytest.mark.parametrize("kind", ["identify", "reload"])
async def test_orders_reach_that_display_alone(
    site: Site, paired: tuple[Display, str], wallboard: Wallboard, kind: str
) -> None:
    display, token = paired
    other, other_token = await sync_to_async(pair)("<b>Floor 3", wallboard)
    async with opened(site, token) as socket, opened(site, other_token) as another:
        await shown(socket)
        await shown(another)
        await do(f"{kind}-display", other)
        assert "&lt;b&gt;Floor 3" in await read_until(another, order_of(kind))
        await do(f"{kind}-display", display)
        assert "Floor 2" in await read_until(socket, order_of(kind))


async def test_a_message_reaches_the_screen_stays_for_who_comes_and_goes(
    site: Site, paired: tuple[Display, str]
) -> None:
    display, token = paired
    async with opened(site, token) as socket:
        await shown(socket)
        await do("send-message", display, text="<b>Fire drill", minutes="5")
        assert " hidden" not in await read_until(socket, lambda text: "&lt;b&gt;Fire drill" in text)
        async with opened(site, token) as late:
            assert "Fire drill" in await read_until(late, lambda text: 'id="standing"' in text)
        await do("send-message", display, text="", minutes="5")
        assert " hidden" in await read_until(socket, lambda text: 'id="standing"' in text)


async def test_what_a_screen_tells_is_written_down(site: Site, paired: tuple[Display, str]) -> None:
    display, token = paired

    async def is_written() -> bool:
        await display.arefresh_from_db()
        return display.last_seen_at is not None and display.width is not None

    async with opened(site, token) as socket:
        await shown(socket)
        await socket.send("screen:3840x2160:7:0123456789ab")
        await until(is_written, 10, "what the screen told")
    assert (display.width, display.height, display.reconnects) == (3840, 2160, 7)
    assert (display.build, display.address, display.frames_behind) == ("0123456789ab", "127.0.0.1", 0)


@pytest.mark.parametrize("text", ["screen:1x1", "screen:999999x1:0:", "identify", "screen:1x1:0:<b>"])
async def test_what_a_screen_never_says_ends_it(site: Site, paired: tuple[Display, str], text: str) -> None:
    async with opened(site, paired[1]) as socket:
        await shown(socket)
        await socket.send(text)
        assert await end_of(socket) == CloseCode.NOT_ALLOWED


async def test_nobody_but_a_display_tells_of_a_screen(site: Site) -> None:
    session = await sync_to_async(site.log_in)("petra", MANAGER)
    async with await site.open_socket(session) as socket:
        await socket.recv()
        await socket.send("screen:1x1:0:")
        assert await end_of(socket) == CloseCode.NOT_ALLOWED


@pytest.fixture
def environment(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """An empty database, where a source has been read and a display is paired."""
    with site_environment(tmp_path, django_db_blocker) as environment:
        Upstream().say()
        yield environment | {"TOKEN": pair(wallboard=make_wallboard())[1]}


async def test_a_token_outlives_the_server(environment: dict[str, str], tmp_path: Path) -> None:
    token = environment.pop("TOKEN")
    with serving(environment, tmp_path / "first.log") as first:
        async with opened(first, token) as socket:
            await shown(socket)
            await asyncio.to_thread(first.process.end, signal.SIGTERM, 20)
            assert await end_of(socket) not in (CloseCode.SESSION_GONE, CloseCode.NOT_ALLOWED)
    with serving(environment, tmp_path / "second.log") as second:
        async with opened(second, token) as socket:
            assert "Queue wall" in await shown(socket)
