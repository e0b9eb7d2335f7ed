"""A small integration of its own: speaks to an appliance and keeps the tables, sharing no code with the mirror."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from realtime.schema import TABLES, Field, Kind
from realtime.simulator.server import Simulator

Tables = dict[str, dict[str, dict[str, Any]]]

ENCODED = Subprotocol("ingredi%20state%20api")
PATIENCE_SECONDS = 60.0
FIELDS = {table: {field.wire_name: field for field in declared.fields} for table, declared in TABLES.items()}


def read_value(field: Field, value: Any) -> Any:
    """Read a value in whatever way the appliance wrote it."""
    if value is None:
        return None
    match field.kind:
        case Kind.FLAG:
            return {"1": True, "0": False, "True": True, "False": False}[str(value)]
        case Kind.NUMBER | Kind.TIMESTAMP:
            return int(value)
        case _:
            return str(value)


def read_row(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Read the known fields of a row."""
    return {name: read_value(FIELDS[table][name], value) for name, value in row.items() if name in FIELDS[table]}


class Reader:
    """What arrived (`frames`, `messages`) and what it amounts to (`tables`)."""

    def __init__(self) -> None:
        self.frames: list[bytes | str] = []
        self.messages: list[dict[str, Any]] = []
        self.tables: Tables = {table: {} for table in TABLES}
        self.raw: bytearray | None = None
        """Set, it collects what arrives instead of reading it."""
        self._received = b""

    def take(self, frame: bytes | str) -> None:
        """Read a frame, wherever it begins and ends."""
        self.frames.append(frame)
        received = frame.encode() if isinstance(frame, str) else frame
        if self.raw is not None:
            self.raw += received
            return
        *lines, self._received = (self._received + received).split(b"\n")
        for line in lines:
            message = json.loads(line)
            self.messages.append(message)
            self._apply(message)

    def kinds(self) -> list[str]:
        """The types of the messages so far."""
        return [message["type"] for message in self.messages]

    def _apply(self, message: dict[str, Any]) -> None:
        if message["type"] == "truncate_model":
            for rows in self.tables.values():
                rows.clear()
        if message["type"] not in ("model_update", "update_model"):
            return
        for part in ("insert", "update"):
            for name, rows in (message.get(part) or {}).items():
                self._put(name, rows or {}, anew=part == "insert")
        for name, row_ids in (message.get("delete") or {}).items():
            for row_id in row_ids or []:
                self.tables.get(table_name(name), {}).pop(str(row_id), None)

    def _put(self, name: str, rows: dict[str, dict[str, Any]], anew: bool) -> None:
        table = table_name(name)
        for row_id, row in rows.items() if table in self.tables else ():
            held = {} if anew else self.tables[table].get(row_id, {})
            self.tables[table][row_id] = held | read_row(table, row)


class Integration(Reader):
    """A Reader at the end of a websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        super().__init__()
        self.connection = connection
        self._news = asyncio.Condition()

    async def send(self, *requests: dict[str, Any]) -> None:
        """Send requests in one websocket message."""
        await self.connection.send("".join(json.dumps(request) + "\n" for request in requests))

    async def subscribe(self, token: str, tables: str | list[str] = "all") -> None:
        """Authenticate and subscribe without waiting in between."""
        await self.send(
            {"type": "authenticate", "credentials": {"bearer_token": token}}, {"type": "subscribe", "tables": tables}
        )

    async def follow(self) -> None:
        """Keep the tables until the connection ends."""
        async for frame in self.connection:
            self.take(frame)
            async with self._news:
                self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(condition)


def table_name(name: str) -> str:
    """Return a table's real name."""
    return "attendee" if name == "attende" else name


def without_nulls(tables: Tables) -> Tables:
    """Leave out fields the appliance does not have."""
    return {
        table: {
            row_id: {name: value for name, value in row.items() if value is not None} for row_id, row in rows.items()
        }
        for table, rows in tables.items()
    }


def basic_authorization(simulator: Simulator, secret: str | None = None) -> dict[str, str]:
    """Return the header with the client's credentials."""
    chosen = simulator.options.client_secret if secret is None else secret
    return {"Authorization": aiohttp.encode_basic_auth(simulator.options.client_id, chosen)}


async def mint(simulator: Simulator) -> str:
    """Return a fresh token."""
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        form = {"grant_type": "client_credentials"}
        answer = await http.post(f"{simulator.url}/oauth2/token", data=form, headers=basic_authorization(simulator))
        return str((await answer.json())["access_token"])


def socket_url(simulator: Simulator) -> str:
    """Return the address of the real-time state websocket."""
    return simulator.url.replace("http", "ws", 1) + "/nw"


@contextlib.asynccontextmanager
async def connected(simulator: Simulator, ping_interval: float | None = None) -> AsyncIterator[Integration]:
    """Connect, and follow in the background."""
    async with connect(
        socket_url(simulator), subprotocols=[ENCODED], max_size=None, proxy=None, ping_interval=ping_interval,
        close_timeout=1,
    ) as connection:  # fmt: skip
        integration = Integration(connection)
        following = asyncio.create_task(integration.follow())
        try:
            yield integration
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


@contextlib.asynccontextmanager
async def subscribed(simulator: Simulator) -> AsyncIterator[Integration]:
    """Connect, subscribe to everything, follow."""
    async with connected(simulator) as integration:
        await integration.subscribe(await mint(simulator))
        yield integration


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something holds that tells nobody."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - bounded; the simulator's state has no event to wait for
            await asyncio.sleep(0.01)


async def assert_mirrors(integration: Integration, simulator: Simulator) -> None:
    """Let the center stand still; what the socket carried must come to equal the truth."""
    simulator.pause()
    truth = simulator.truth()
    try:
        await integration.until(lambda: without_nulls(integration.tables) == truth)
    except TimeoutError:
        assert without_nulls(integration.tables) == truth
