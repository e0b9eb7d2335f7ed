"""A site that has no file descriptor left: who is there stays live, who comes is turned away and may come again."""

import asyncio
import resource
from contextlib import AsyncExitStack

import psutil
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake

from tests.services.site import Site, Upstream

LEFT = 4
"""Descriptors left to the site beside those it has: fewer than sockets come."""


async def wait_for_words(socket: ClientConnection, words: str) -> None:
    """Read until a message holds some words."""
    async with asyncio.timeout(30):
        while words not in str(await socket.recv()):
            pass


async def is_let_in(site: Site, session: str, stack: AsyncExitStack) -> bool:
    """Try to open a socket that then stays."""
    try:
        async with asyncio.timeout(30):
            await stack.enter_async_context(await site.open_socket(session))
    except (OSError, InvalidHandshake):
        return False
    return True


async def test_a_site_without_descriptors_keeps_its_sockets_live_and_recovers(site: Site) -> None:
    session = await sync_to_async(site.log_in)("viewer")
    upstream = await sync_to_async(Upstream)()
    server = psutil.Process(site.process.popen.pid)
    limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(await site.open_socket(session))
        await wait_for_words(socket, 'data-frame="paint"')
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (server.num_fds() + LEFT, limits[1]))
        came = [await is_let_in(site, session, stack) for _ in range(3 * LEFT)]
        await sync_to_async(upstream.add_queue)("meanwhile")
        await wait_for_words(socket, "<dt>queue</dt>")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        assert await is_let_in(site, session, stack)

    assert not came[-1]
    assert site.process.popen.poll() is None
