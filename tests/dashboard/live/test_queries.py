"""What looking costs the database: nothing per row, neither for a page, nor for a socket, nor for a change."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from dashboard.boards.catalogue import LISTS
from dashboard.live.admission import Ticket
from dashboard.live.doorkeeper import Admitted
from dashboard.live.hub import Hub
from dashboard.live.socket import LiveSocket
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from tests.fakes.outlet import FakeOutlet
from tests.services.site import Upstream
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

BOARDS = ("overview", *LISTS)
SOURCE = "helpdesk"
HEARD = 7  # messages, says a status that only the feed brings
COMPARISON = 'FROM "realtime_link"'  # each process asks every 2 s whether it missed something
HUB_THREADS = ("replica", "doorkeeper")
REGULAR_THREADS = ("heartbeat", "attendance")  # ask every few seconds, whatever happens

pytestmark = pytest.mark.usefixtures("transactional_db", "valkey")


def rows(first: int, count: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return sessions with all that belongs to them, each in a queue of its own, with its representative."""
    made: dict[str, dict[str, dict[str, Any]]] = {}
    now = datetime.now(UTC)
    for number in range(first, first + count):
        key = f"{SOURCE}:{number}"
        both = {"representative_id": key, "support_session_id": key}
        fields: dict[str, dict[str, Any]] = {
            "queue": {"name": f"Queue {number}", "code_name": f"q{number}", "type": "team"},
            "known_queue": {"name": f"Queue {number}", "type": "team", "queue_id": key},
            "representative": {"private_display_name": f"Rep {number}", "routing_available": True},
            "representative_queue": {"representative_id": key, "queue_id": key, "role": "lead"},
            "support_session": {"customer_name": f"Customer {number}", "queue_id": key, "lsid": f"l{number}"},
            "customer_client": {"support_session_id": key, "client_type": "desktop"},
            "representative_support_session": both,
            "presentation_session": {"presentation_name": f"Talk {number}"},
            "presenter": {"representative_id": key, "presentation_session_id": key},
            "attendee": {"presentation_session_id": key, "name": f"Guest {number}"},
        }
        for table, one in fields.items():
            made.setdefault(table, {})[key] = one | ({} if table == "known_queue" else {"created_at": now})
    return made


class Queries:
    """Every query of this process, by the thread that asked it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Take note of a query and run it."""
        self.asked.append((threading.current_thread().name, sql))
        return execute(sql, params, many, context)

    def attach(self, **opened: Any) -> None:
        """Listen to a connection: the one just opened, or this thread's."""
        wrappers = opened.get("connection", connection).execute_wrappers
        if self.note not in wrappers:
            wrappers.append(self.note)

    def take(self, *, of_hub: bool) -> list[str]:
        """Return what the hub's threads asked beside what is asked regularly, or what all others did; forget all."""
        asked, self.asked = self.asked, []
        asked = [one for one in asked if not one[0].startswith(REGULAR_THREADS)]
        return [sql for thread, sql in asked if thread.startswith(HUB_THREADS) == of_hub and COMPARISON not in sql]


@pytest.fixture
def queries() -> Iterator[Queries]:
    """The queries of connections opened from now on."""
    queries = Queries()
    connection_created.connect(queries.attach)
    yield queries
    connection_created.disconnect(queries.attach)


@pytest.fixture
async def upstream() -> Upstream:
    """The mirror of one source with one row in each table."""
    upstream = await sync_to_async(Upstream)(SOURCE)
    await sync_to_async(upstream.say)()
    await sync_to_async(upstream.commit)(**rows(1, 1))
    return upstream


@pytest.fixture
async def lead() -> User:
    """Somebody who may see every board."""
    lead = await User.objects.acreate_user("lead")
    await sync_to_async(give_role)(lead, MANAGER)
    return lead


@pytest.fixture
async def ticket(lead: User) -> Ticket:
    """What a socket of theirs rests on."""
    client = AsyncClient()
    await client.aforce_login(lead)
    return Ticket(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.fixture
async def hub(
    upstream: Upstream, ticket: Ticket, queries: Queries, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hub]:
    """A whole hub, at work, that hears no news of who may see what: all of it was before.

    It compares itself with the database once: a change that is on its way just then would be read again, with queries.
    """
    monkeypatch.setattr("realtime.replica.COMPARE_SECONDS", 3600.0)
    hub = Hub()
    running = asyncio.create_task(hub.run())

    async def is_at_work() -> bool:
        if not (await hub.is_loaded() and hub._history.loaded.is_set()):
            return False
        await sync_to_async(upstream.say)(message_count=HEARD)
        return hub._replica.statuses[SOURCE].message_count == HEARD

    await until(is_at_work, what="a hub that has read everything and hears the feed")
    yield hub
    running.cancel()
    await asyncio.wait([running])


async def open_socket(hub: Hub, ticket: Ticket, board: str) -> FakeOutlet:
    """Watch a board."""
    outlet = FakeOutlet()
    admitted = await hub.admit(ticket, board, "")
    assert isinstance(admitted, Admitted)
    await hub.join(LiveSocket(admitted.key, "", ticket, outlet))
    hub.doorkeeper.note(ticket, admitted)
    return outlet


class HubClient(AsyncClient):
    """Asks for pages in a process with a hub."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub

    async def request(self, **request: Any) -> Any:
        """Send a request that finds the hub where the server puts it."""
        return await super().request(hub=self._hub, **request)


@contextmanager
def own_connection(queries: Queries) -> Iterator[None]:
    """Listen to this thread's connection for a while."""
    queries.attach()
    yield
    connection.execute_wrappers.remove(queries.note)


async def count_for_page(hub: Hub, queries: Queries, user: User, board: str) -> list[str]:
    """Return the queries of one request for a page."""
    client = HubClient(hub)
    await client.aforce_login(user)
    listening = own_connection(queries)
    await sync_to_async(listening.__enter__)()
    try:
        queries.take(of_hub=False)
        response = await client.get(f"/{board}/")
        assert response.status_code == 200
        return queries.take(of_hub=False)
    finally:
        await sync_to_async(listening.__exit__)(None, None, None)


@pytest.mark.parametrize("board", BOARDS)
async def test_a_live_page_costs_no_query_per_row(
    hub: Hub, upstream: Upstream, queries: Queries, lead: User, ticket: Ticket, board: str
) -> None:
    for_one = await count_for_page(hub, queries, lead, board)
    outlet = await open_socket(hub, ticket, board)
    await sync_to_async(upstream.commit)(**rows(2, 2))

    async def shows_three() -> bool:
        return any(b"helpdesk%3A3" in payload or b"Customer 3" in payload for payload in outlet.payloads)

    await until(shows_three, what="three rows")
    for_three = await count_for_page(hub, queries, lead, board)

    assert len(for_one) > 0
    assert for_three == for_one
    assert [sql for sql in for_three if "realtime_" in sql] == []


@pytest.mark.parametrize("board", BOARDS)
async def test_a_change_costs_no_query_at_all(
    hub: Hub, upstream: Upstream, queries: Queries, ticket: Ticket, board: str
) -> None:
    outlet = await open_socket(hub, ticket, board)
    queries.take(of_hub=True)
    for first, count in ((2, 1), (3, 3)):
        before = len(outlet.payloads)
        await sync_to_async(upstream.commit)(**rows(first, count))

        async def has_step(before: int = before) -> bool:
            return any(b'data-frame="step"' in payload for payload in outlet.payloads[before:])

        await until(has_step, what="a step")

    assert queries.take(of_hub=True) == []


async def test_the_hub_s_own_queries_are_seen(hub: Hub, queries: Queries) -> None:
    assert any("realtime_supportsession" in sql for sql in queries.take(of_hub=True))


@pytest.mark.parametrize("board", BOARDS)
def test_a_page_from_the_database_costs_no_query_per_row(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, board: str
) -> None:
    upstream = Upstream(SOURCE)
    upstream.say()
    upstream.commit(**rows(1, 1))
    user = User.objects.create_user("lead")
    give_role(user, MANAGER)
    client.force_login(user)
    client.get(f"/{board}/")
    with CaptureQueriesContext(connection) as for_one:
        client.get(f"/{board}/")
    upstream.commit(**rows(2, 2))

    with django_assert_num_queries(len(for_one)):
        client.get(f"/{board}/")
