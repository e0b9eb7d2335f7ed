"""What needs a site of its own: limits, what comes before the first word of a link, and the end."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest
from asgiref.sync import sync_to_async
from pytest_django import DjangoDbBlocker
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.bench.live.swarm import client_frame
from tests.dashboard.live.test_site import PLACE, is_paint, log_in, open_mute, read_until
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer


@pytest.fixture
def own_site(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """A site with a database of its own."""
    with (
        site_environment(tmp_path, django_db_blocker) as environment,
        serving(environment, tmp_path / "web.log") as own,
    ):
        yield own


@pytest.fixture
def narrow_site(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """A site behind a proxy where one user holds three sockets at most, and one address five."""
    limits = {"SOCKETS_PER_USER": "3", "SOCKETS_PER_ADDRESS": "5", "TRUSTED_PROXIES": "1"}
    with (
        site_environment(tmp_path, django_db_blocker) as environment,
        serving(environment | limits, tmp_path / "web.log") as own,
    ):
        yield own


async def outcome(site: Site, session: str, stack: AsyncExitStack, address: str = "") -> int:
    """Open a socket that stays, and return 0 when it shows its board, else its close code."""
    socket = await stack.enter_async_context(await site.open_socket(session, address=address))
    try:
        await read_until(socket, is_paint)
    except ConnectionClosed as ended:
        return ended.rcvd.code if ended.rcvd else 1006
    return 0


async def test_one_user_and_one_address_hold_so_many_sockets_at_most(narrow_site: Site) -> None:
    ann, bob = await log_in(narrow_site, "ann"), await log_in(narrow_site, "bob")

    async with AsyncExitStack() as stack:
        anns = [await outcome(narrow_site, ann, stack) for _ in range(4)]
        bobs = [await outcome(narrow_site, bob, stack) for _ in range(3)]
    async with AsyncExitStack() as stack:
        after = await outcome(narrow_site, ann, stack)

    assert anns == [0, 0, 0, 4429]
    assert bobs == [0, 0, 4429]  # the sixth from this address
    assert after == 0


async def test_one_network_of_ipv6_holds_no_more_sockets_than_one_address(narrow_site: Site) -> None:
    users = [await log_in(narrow_site, name) for name in ("ann", "ann", "ann", "bob", "bob", "zoe", "zoe")]
    addresses = [*(f"2001:db8:0:1::{number}" for number in range(6)), "2001:db8:0:2::1"]

    async with AsyncExitStack() as stack:
        outcomes = [await outcome(narrow_site, *one) for one in zip(users, [stack] * 7, addresses, strict=True)]

    assert outcomes == [0, 0, 0, 0, 0, 4429, 0]


def test_the_site_ends_cleanly_with_its_hub_running(own_site: Site) -> None:
    session = own_site.log_in("viewer")
    assert own_site.get("/sources/", session).status_code == 200
    status = own_site.process.end(seconds=20)

    assert status == 0
    assert "Traceback" not in own_site.process.output
    assert "Task was destroyed" not in own_site.process.output


async def test_a_state_nobody_saw_begin_is_bounded_once_the_link_says_since_when_it_looks(own_site: Site) -> None:
    session = await log_in(own_site)
    upstream = await sync_to_async(Upstream)()
    await sync_to_async(upstream.commit)(representative={"helpdesk:1": {"username": "zoe", "type": "normal"}})
    async with await own_site.open_socket(session, "/live/representatives/") as socket:
        early = await read_until(socket, lambda text: "zoe" in text)
        await sync_to_async(upstream.say)()
        late = await read_until(socket, lambda text: "zoe" in text and "rep__time" in text)

    assert '<span class="rep__time">–</span>' in early
    assert '<span class="rep__time"><span class="ge"' in late


def company(number: int, turn: int) -> str:
    """Return a name that is another one each time, and does not compress."""
    return random.Random(f"{number} {turn}").randbytes(400).hex()


async def place_that_shows(socket: ClientConnection, words: str) -> str:
    """Read like a browser until something is shown; return the number of the step that shows it."""
    place = PLACE.search(await read_until(socket, lambda text: words in text))
    assert place is not None
    return place[3]


async def test_whoever_acknowledges_what_they_do_not_read_is_cut_off(own_site: Site) -> None:
    """A second page tells them the numbers; nothing else stops the server from keeping all that it sends them."""
    upstream, session = await sync_to_async(Upstream)(), await log_in(own_site)
    server = psutil.Process(own_site.process.popen.pid)

    @sync_to_async
    def change(turn: int) -> None:
        rows = {f"helpdesk:{key}": {"lsid": f"{key}", "customer_name": company(key, turn)} for key in range(500)}
        upstream.commit(support_session=rows)

    await change(0)
    async with await own_site.open_socket(session, "/live/sessions/") as good:
        await read_until(good, is_paint)
        _reader, writer = await open_mute(own_site, session, "/live/sessions/")
        before = largest = server.memory_info().rss
        with pytest.raises(ConnectionError):
            for turn in range(1, 200):
                await change(turn)
                writer.write(client_frame(f"ack:{await place_that_shows(good, company(0, turn))}".encode()))
                await writer.drain()
                largest = max(largest, server.memory_info().rss)
        writer.close()

    assert largest - before < 64e6
