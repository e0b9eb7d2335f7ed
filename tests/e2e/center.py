"""A support center whose every row a test decides, mirrored for real and shown by the real site."""

import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from playwright.async_api import Browser, Locator, Page, WebSocket, expect
from pytest_django import DjangoDbBlocker

from tests.e2e.mirroring import SOURCE, Appliance, Installation, installed, simulating
from tests.services.process import Process
from tests.services.site import Site, serving, site_environment

BUSY = 30_000
"""Milliseconds that a change may take to reach a page on a machine with much else to do."""

Rows = dict[str, dict[str, dict[str, Any]]]


def key_of(row_id: str) -> str:
    """Return the key under which the mirror holds an appliance's row."""
    return f"{SOURCE}:{row_id}"


def selector(list_name: str, row_id: str) -> str:
    """Return the selector of a list's row."""
    return f'[id="{list_name}-{quote(key_of(row_id), safe="")}"]'


@dataclass
class Center:
    """The appliance's truth, changed by hand, and the site that shows it."""

    appliance: Appliance
    installation: Installation
    site: Site
    site_environment: dict[str, str]
    folder: Path
    mirror: Process
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def give_id(self) -> str:
        """Return a row id that was never used."""
        return str(next(self._ids))

    def insert(self, table: str, **fields: Any) -> str:
        """Insert a row and return its id."""
        row_id = self.give_id()
        self.insert_all({table: {row_id: fields}})
        return row_id

    def insert_all(self, rows: Rows) -> None:
        """Insert rows as one change."""
        now = int(time.time())
        for table in rows.values():
            for fields in table.values():
                fields.setdefault("created_timestamp", now)
        self.appliance.tell("apply", insert=rows)

    def change(self, table: str, row_id: str, **fields: Any) -> None:
        """Change fields of a row."""
        self.appliance.tell("apply", update={table: {row_id: fields}})

    def change_all(self, table: str, rows: dict[str, dict[str, Any]]) -> None:
        """Change several rows as one change."""
        self.appliance.tell("apply", update={table: rows})

    def remove(self, table: str, *row_ids: str) -> None:
        """Delete rows."""
        self.appliance.tell("apply", delete={table: list(row_ids)})

    def add_queue(self, name: str) -> str:
        """Insert a team's queue."""
        return self.insert("queue", name=name, code_name=f"q{name}", type="team")

    def begin_session(self, queue: str, customer: str, priority: int = 2, seconds_ago: int = 5, **fields: Any) -> str:
        """Let a customer wait in a queue; the client has the session's id."""
        row_id = self.give_id()
        began_at = int(time.time()) - seconds_ago
        session = {
            "created_timestamp": began_at,
            "customer_name": customer,
            "lsid": f"lsid-{row_id}",
            "priority": priority,
            "queue_entry_timestamp": began_at,
            "queue_id": queue,
            "start_method": "issue_submission",
            **fields,
        }
        client = {"client_type": "desktop", "hostname": f"PC-{row_id}", "support_session_id": row_id}
        self.insert_all({"support_session": {row_id: session}, "customer_client": {row_id: client}})
        return row_id

    def end_session(self, row_id: str) -> None:
        """Let a session end."""
        self.appliance.tell("apply", delete={"support_session": [row_id], "customer_client": [row_id]})

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Let nobody listen for a while."""
        self.mirror.end()
        yield
        self.mirror = self.installation.start_mirror()

    def log_in(self, username: str = "lead") -> str:
        """Return the session of somebody who is signed in."""
        return self.site.log_in(username)


@contextmanager
def running_center(folder: Path, blocker: DjangoDbBlocker, *options: str) -> Iterator[Center]:
    """Run an appliance, its mirror and the site, until the first copy is stored."""
    with ExitStack() as stack:
        environment = stack.enter_context(site_environment(folder, blocker))
        appliance = stack.enter_context(simulating(folder, *(options or ("--sessions", "0", "--reps", "0"))))
        installation = stack.enter_context(installed(folder, environment["DATABASE_URL"], appliance))
        mirror = installation.start_mirror()
        site = stack.enter_context(serving(environment, folder / "web.log"))
        installation.wait_for_state("live")
        yield Center(appliance, installation, site, environment, folder, mirror)


async def show(page: Page, center: Center, session: str, path: str, origin: str = "") -> None:
    """Open an address of the site as somebody who is signed in, and wait until it is live."""
    origin = origin or center.site.origin
    await visit(page, session, origin, path)
    await expect_live(page)


async def visit(page: Page, session: str, origin: str, path: str) -> None:
    """Open an address as somebody who is signed in; a page that failed fails the test with what it says."""
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    response = await page.goto(origin + path)
    if response is not None and response.status >= 500:
        raise AssertionError(f"{path} answered {response.status}: {(await page.inner_text('body'))[:3000]}")


async def expect_live(page: Page) -> None:
    """Wait until the page follows the server."""
    await expect(page.locator("html")).to_have_attribute("data-live", "live", timeout=BUSY)


def rows_of(page: Page, list_name: str = "sessions") -> Locator:
    """Return a list's rows, without the headings of bands."""
    return page.locator(f"#{list_name} > :not(.band-row)")


async def expect_order(page: Page, *row_ids: str, list_name: str = "sessions") -> None:
    """Wait until a list shows exactly these rows in this order."""
    rows = rows_of(page, list_name)
    await expect(rows).to_have_count(len(row_ids), timeout=BUSY)
    for place, row_id in enumerate(row_ids):
        await expect(rows.nth(place)).to_have_id(f"{list_name}-{quote(key_of(row_id), safe='')}", timeout=BUSY)


class Wire:
    """Every websocket of a page, and what came over it."""

    def __init__(self, page: Page) -> None:
        self.sockets: list[WebSocket] = []
        self.heard: dict[WebSocket, list[str]] = {}
        page.on("websocket", self._take)

    def _take(self, socket: WebSocket) -> None:
        heard: list[str] = []
        self.sockets.append(socket)
        self.heard[socket] = heard
        socket.on("framereceived", lambda payload: heard.append(str(payload)))

    @property
    def open(self) -> list[WebSocket]:
        """Sockets that the server answered and that nobody closed."""
        return [socket for socket in self.sockets if self.heard[socket] and not socket.is_closed()]

    def paints(self, first: int = 0) -> int:
        """Return how many whole boards came, over the sockets from `first` on."""
        texts = [text for socket in self.sockets[first:] for text in self.heard[socket]]
        return sum('data-frame="paint"' in text for text in texts)


@asynccontextmanager
async def plain_page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page of a browser that runs no JavaScript."""
    context = await browser.new_context(java_script_enabled=False)
    yield await context.new_page()
    await context.close()
