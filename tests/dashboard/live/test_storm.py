"""A killed site that comes back while everybody comes back to it."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pytest_django import DjangoDbBlocker

from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer

USERS = 10
SOCKETS_EACH = 50  # a user may hold 100
LIVE_SECONDS = 20.0


async def follow(site: Site, session: str, live: asyncio.Barrier) -> bool:
    """Open a socket and wait until it and all others show their boards; return whether a change came before its end."""
    async with await site.open_socket(session) as socket:
        while 'data-frame="paint"' not in str(await socket.recv()):
            pass
        await live.wait()
        async for said in socket:
            if "<dt>queue</dt>" in str(said):
                return True
    return False


async def come(site: Site, sessions: list[str], then: Callable[[], object]) -> tuple[float, list[bool]]:
    """Open all sockets at once, do something when the last is live; return how long that took and what they saw."""
    live = asyncio.Barrier(USERS * SOCKETS_EACH + 1)
    began = time.monotonic()
    tasks = [asyncio.create_task(follow(site, one, live)) for one in sessions for _ in range(SOCKETS_EACH)]
    async with asyncio.timeout(60):
        await live.wait()
        seconds = time.monotonic() - began
        await asyncio.to_thread(then)
        saw = await asyncio.gather(*tasks, return_exceptions=True)
    return seconds, [one is True for one in saw]


def test_five_hundred_pages_are_live_soon_after_a_killed_site_is_back(
    tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> None:
    with site_environment(tmp_path, django_db_blocker) as environment:
        with serving(environment, tmp_path / "web1.log") as site:
            upstream = Upstream()
            sessions = [site.log_in(f"viewer{number}") for number in range(USERS)]
            _, saw_before = asyncio.run(come(site, sessions, lambda: site.process.end(signal.SIGKILL)))
        with serving(environment, tmp_path / "web2.log") as site:
            seconds, saw = asyncio.run(come(site, sessions, lambda: upstream.add_queue("after")))

    assert not any(saw_before)
    assert all(saw)
    assert seconds < LIVE_SECONDS
