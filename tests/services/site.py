"""The real site in a process of its own, on a database that the test writes to, and somebody who acts as the mirror."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self

import httpx2
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from dashboard.permission import give_role
from dashboard.roles import MANAGER
from realtime import feed, store
from realtime.change import Change
from realtime.feed import Published
from realtime.status import LinkState, LinkStatus
from tests.services.database import default_database, make_sqlite
from tests.services.loopback import call
from tests.services.process import Process, free_port, running
from tests.services.waiting import wait_until

START_SECONDS = 60.0  # to answer, on a machine that has much else to do
TALK_SECONDS = 2.0  # between two words of a mirror whose link is as it was


@dataclass(frozen=True, slots=True)
class Site:
    """A running site. Cookies are those of a user who is logged in."""

    port: int
    process: Process

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def log_in(self, username: str, role: str | None = MANAGER) -> str:
        """Return the session of a user, who is made when there is none."""
        user, is_new = User.objects.get_or_create(username=username)
        if is_new:
            give_role(user, role)
        client = Client()
        client.force_login(user)
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def get(self, path: str, session: str = "") -> httpx2.Response:
        """Fetch a page."""
        return call("GET", self.origin + path, cookies=cookies(session))

    async def open_socket(
        self, session: str, path: str = "/live/sources/", origin: str = "", address: str = ""
    ) -> ClientConnection:
        """Open a websocket as a page of ours would; `origin` may be another, "none" sends none.

        `address` is whose a proxy says that it is, for a site that trusts one.
        """
        given = None if origin == "none" else Origin(origin or self.origin)
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"} if session else {}
        headers |= {"X-Forwarded-For": address} if address else {}
        url = f"ws://127.0.0.1:{self.port}{path}"
        return await connect(url, origin=given, additional_headers=headers, proxy=None, max_size=2**24)

    def is_answering(self) -> bool:
        """Say whether the site answers."""
        try:
            return self.get("/healthz").is_success
        except httpx2.TransportError:
            return False


def cookies(session: str) -> dict[str, str]:
    """Return the cookie of a session."""
    return {settings.SESSION_COOKIE_NAME: session} if session else {}


@contextmanager
def site_environment(folder: Path, blocker: DjangoDbBlocker, url: str = "") -> Iterator[dict[str, str]]:
    """Make an empty database the test's own, and give the environment of a site that uses it.

    `url` names another database, whose tables are the caller's to make; without it SQLite is used, with its tables.
    """
    if not url:
        url = f"sqlite:///{folder / 'site.sqlite3'}"
        with blocker.unblock():
            make_sqlite(folder / "site.sqlite3")
    with blocker.unblock(), default_database(url):
        yield {
            "DATABASE_URL": url,
            "PORT": str(free_port()),
            "SOURCES_FILE": str(folder / "sources.toml"),
            "DEBUG": "1",
        }


@contextmanager
def serving(environment: dict[str, str], log_path: Path) -> Iterator[Site]:
    """Run the site."""
    with running("-m", "dashboard.serve", log_path=log_path, environment=environment) as process:
        site = Site(int(environment["PORT"]), process)
        process.wait_for_output("serving", START_SECONDS)
        wait_until(site.is_answering, START_SECONDS, "the site")
        yield site


class Upstream:
    """Acts as the mirror of one source: it commits and publishes as the real one does."""

    def __init__(self, source: str = "helpdesk") -> None:
        lease = store.acquire_lease(source, "tests")
        assert lease is not None, "somebody else mirrors the source"
        self._lease = lease
        self._turn = Lock()
        now = datetime.now(UTC)
        self.status = LinkStatus(source, state=LinkState.LIVE, state_since=now, last_contact_at=now)

    def say(self, **fields: Any) -> None:
        """Write down and publish how the link is."""
        with self._turn:
            self._say(**fields)

    @contextmanager
    def talking(self) -> Iterator[Self]:
        """Go on saying how the link is, as a mirror does: what is said once is old after the seconds of a lease."""
        is_over = Event()
        speaker = Thread(target=self._go_on, args=(is_over,))
        speaker.start()
        try:
            yield self
        finally:
            is_over.set()
            speaker.join()

    def _go_on(self, is_over: Event) -> None:
        try:
            while not is_over.wait(TALK_SECONDS):
                with self._turn:
                    is_live = self.status.state is LinkState.LIVE
                    self._say(**({} if is_live else {"last_contact_at": self.status.last_contact_at}))
        finally:
            connection.close()

    def _say(self, **fields: Any) -> None:
        now = datetime.now(UTC)
        state_since = now if fields.get("state", self.status.state) != self.status.state else self.status.state_since
        self.status = replace(self.status, **{"last_contact_at": now, "state_since": state_since, **fields})
        store.renew_lease(self._lease, self.status)
        asyncio.run(feed.publish_status(self.status))

    def commit(self, **rows: dict[str, dict[str, Any]]) -> None:
        """Insert rows, by table and key, as one batch."""
        self._commit(Change(self._lease.source, inserts=rows))

    def remove(self, **keys: list[str]) -> None:
        """Delete rows, by table, as one batch."""
        self._commit(Change(self._lease.source, deletes=keys))

    def _commit(self, change: Change) -> None:
        with self._turn:
            seq = store.commit(self._lease, change, "tests")
            asyncio.run(feed.publish_change(Published(self._lease.source, store.Position("tests", seq), change)))

    def add_queue(self, name: str) -> None:
        """Insert one queue."""
        self.commit(queue={f"{self._lease.source}:{name}": {"name": name, "type": "team"}})
