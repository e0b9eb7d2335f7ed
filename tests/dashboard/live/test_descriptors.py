"""A site that has no file descriptor left: who is there stays live, who comes is turned away and may come again."""

import asyncio
import resource
from contextlib import AsyncExitStack, suppress

import psutil
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.dashboard.live.test_site import is_paint, read_until
from tests.services.site import Site, Upstream

LEFT = 4
"""Descriptors left to the site beside those it has: fewer than sockets come."""


async def is_let_in(site: Site, session: str, stack: AsyncExitStack) -> bool:
    """Try to open a socket that then stays."""
    try:
        async with asyncio.timeout(30):
            socket = await stack.enter_async_context(await site.open_socket(session))
    except (OSError, InvalidHandshake):
        return False
    stack.callback(asyncio.create_task(stay(socket)).cancel)
    return True


async def stay(socket: ClientConnection) -> None:
    """Acknowledge as a browser does: who says nothing is closed after 5 s, and gives its descriptor back."""
    with suppress(ConnectionClosed):
        await read_until(socket, lambda _text: False, 100)


async def test_a_site_without_descriptors_keeps_its_sockets_live_and_recovers(site: Site) -> None:
    session = await sync_to_async(site.log_in)("viewer")
    upstream = await sync_to_async(Upstream)()
    server = psutil.Process(site.process.popen.pid)
    limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(await site.open_socket(session))
        await read_until(socket, is_paint, 30)
        shows_queue = asyncio.create_task(read_until(socket, lambda text: "<dt>queue</dt>" in text, 100))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (server.num_fds() + LEFT, limits[1]))
        came = [await is_let_in(site, session, stack) for _ in range(3 * LEFT)]
        await sync_to_async(upstream.add_queue)("meanwhile")
        await shows_queue
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        assert await is_let_in(site, session, stack)

    assert not came[-1]
    assert site.process.popen.poll() is None
