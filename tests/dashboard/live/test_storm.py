"""A killed site that comes back while everybody comes back to it, also while other things are broken."""

import asyncio
import random
import re
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from dashboard.live.socket import CloseCode
from dashboard.roles import MANAGER, VIEWER
from tests.services.database import migrate
from tests.services.postgres import PostgresServer, create_database_on
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

USERS = 10
SOCKETS_EACH = 50  # a user may hold 100
LIVE_SECONDS = 20.0
FINAL = {CloseCode.SESSION_GONE, CloseCode.NOT_ALLOWED, CloseCode.TOO_MANY}
SEQ = re.compile(r'data-seq="(\d+)"')
QUEUE = re.compile(r"storm-[a-z]+")


async def open_patiently(site: Site, session: str) -> ClientConnection:
    """Open a socket of a site that has five hundred to open: the handshake may take longer than ten seconds."""
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
    url = f"ws://127.0.0.1:{site.port}/live/sources/"
    return await connect(url, origin=Origin(site.origin), additional_headers=headers, proxy=None, open_timeout=60)


async def follow(site: Site, session: str, live: asyncio.Barrier) -> bool:
    """Open a socket and wait until it and all others show their boards; return whether a change came before its end."""
    async with await open_patiently(site, session) as socket:
        while 'data-frame="paint"' not in (paint := str(await socket.recv())):
            pass
        place = SEQ.search(paint)
        assert place, paint
        await socket.send(f"ack:{place[1]}")  # else it is closed before the last of all is live
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
    async with asyncio.timeout(150):
        await live.wait()
        seconds = time.monotonic() - began
        await asyncio.to_thread(then)
        saw = await asyncio.gather(*tasks, return_exceptions=True)
    return seconds, [one is True for one in saw]


@pytest.mark.timeout(400)
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


@dataclass
class Page:
    """A page of the queues: whether it is open and shows its board now, and which queues it was ever shown."""

    is_open: bool = False
    is_live: bool = False
    boards: set[frozenset[str]] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)

    async def stay(self, site: Site, session: str) -> None:
        """Follow the site until cancelled, coming back as `static/js/socket.js` does; never after a final code."""
        tries = 0
        while True:
            try:
                async with await site.open_socket(session, "/live/queues/") as socket:
                    self.is_open = True
                    async for said in socket:
                        tries = 0
                        self.hear(str(said))
                        if place := SEQ.search(str(said)):
                            await socket.send(f"ack:{place[1]}")
            except (OSError, EOFError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
                code = error.rcvd.code if isinstance(error, ConnectionClosed) and error.rcvd else 0
                assert code not in FINAL, f"sent away for good, with {code}"
            self.is_live = False
            await asyncio.sleep(min(5.0, 0.25 * 2**tries) * random.uniform(0.5, 1))
            tries += 1

    def hear(self, said: str) -> None:
        """Take a message."""
        names = frozenset(QUEUE.findall(said))
        self.heard |= names
        if 'data-frame="paint"' in said:
            self.boards.add(names)
            self.is_live = True


def every(pages: list[Page], holds: Callable[[Page], bool]) -> Callable[[], Awaitable[bool]]:
    """Return what says whether something holds for all pages."""

    async def look() -> bool:
        return all(map(holds, pages))

    return look


@dataclass
class Weather:
    """What is away: Valkey from the beginning, tables that somebody locked, then the whole of PostgreSQL."""

    postgres: PostgresServer
    valkey: ValkeyServer
    upstream: Upstream
    url: str

    async def strike(self, site: Site, sessions: list[str], pages: list[Page]) -> float:
        """Let pages come at once and everything return; return how much later the last page was live."""
        with closing(psycopg.connect(self.url)) as holder:
            holder.execute("LOCK TABLE django_session, realtime_link, realtime_queue")
            async with asyncio.TaskGroup() as tasks:
                coming = [tasks.create_task(page.stay(site, one)) for page, one in zip(pages, sessions, strict=True)]
                await until(every(pages, lambda page: page.is_open), 60, "500 sockets that wait")
                assert not any(page.is_live for page in pages)
                await asyncio.to_thread(self.clear_up)
                began = time.monotonic()
                await until(every(pages, lambda page: page.is_live), 60, "500 live pages")
                seconds = time.monotonic() - began
                await asyncio.to_thread(self.add_queue, "storm-after")
                shown = every(pages, lambda page: not page.heard or "storm-after" in page.heard)
                await until(shown, 30, "the change after the storm")
                for one in coming:
                    one.cancel()
        return seconds

    def clear_up(self) -> None:
        """Break PostgreSQL off, with the lock and all that waits for it, and bring everything back."""
        self.postgres.stop(killed=True)
        self.postgres.start()
        self.valkey.start()

    def add_queue(self, name: str) -> None:
        """Insert a queue, from any thread."""
        try:
            known = {f"helpdesk:team/{name}": {"name": name, "type": "team", "queue_id": f"helpdesk:{name}"}}
            self.upstream.commit(queue={f"helpdesk:{name}": {"name": name, "type": "team"}}, known_queue=known)
        finally:
            connection.close()


@pytest.fixture
def storm_environment(
    tmp_path: Path, private_postgres: PostgresServer, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, str]]:
    """What a site is told whose PostgreSQL and Valkey go away; in the end both are there."""
    url = create_database_on(private_postgres.database_url("postgres"), "storm")
    with site_environment(tmp_path, django_db_blocker, url) as environment:
        migrate()
        yield environment
        for server in (private_postgres, valkey):
            if server.process is None:
                server.start()


@pytest.mark.timeout(400)
def test_five_hundred_pages_that_come_while_all_else_is_broken_are_live_soon_after(
    tmp_path: Path, storm_environment: dict[str, str], private_postgres: PostgresServer, valkey: ValkeyServer
) -> None:
    weather = Weather(private_postgres, valkey, Upstream(), storm_environment["DATABASE_URL"])
    weather.add_queue("storm-before")
    valkey.stop(killed=True)
    with serving(storm_environment, tmp_path / "web.log") as site:
        managers = [site.log_in(f"manager{number}", MANAGER) for number in range(USERS - 2)]
        outsiders = [site.log_in(f"outsider{number}", VIEWER) for number in range(2)]  # of no team: nothing is theirs
        pages = [Page() for _ in range(USERS * SOCKETS_EACH)]
        seconds = asyncio.run(weather.strike(site, (managers + outsiders) * SOCKETS_EACH, pages))

    for number, page in enumerate(pages):
        is_manager = number % USERS < len(managers)
        assert all(("storm-before" in board) is is_manager for board in page.boards)
        assert page.heard == ({"storm-before", "storm-after"} if is_manager else set())
    assert seconds < LIVE_SECONDS
