"""A bare appliance over real sockets, with modes for what a healthy one never does."""

import asyncio
import base64
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import WSMsgType, web

from realtime.source import Appliance

CLIENT_ID = "0123456789abcdef"
CLIENT_SECRET = "s3cret-of-the-account"
ENCODED = "ingredi%20state%20api"
DECODED = "ingredi state api"
ROWS = {"queue": {"1": {"name": "Printers", "type": "team"}}, "representative": {"2": {"username": "pat"}}}
API_INFO = """<?xml version="1.0"?>
<get_api_info xmlns="https://www.beyondtrust.com/namespaces/API/command">
  <api_version>1.24.1</api_version><company_name>example</company_name>
  <timestamp timestamp="1767603600">2026-01-05T09:00:00+00:00</timestamp>
  <permissions><permission name="perm_command">read_only</permission>
  <permission name="perm_real_time_state">1</permission></permissions>
</get_api_info>"""

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


@dataclass
class FakeAppliance:
    """Its modes may be changed while it runs; `calls` counts token calls, `valid_tokens` are those it accepts."""

    url: str = ""
    echo: str | None = ENCODED
    token_status: int = 200
    token_body: bytes | None = None
    token_life: object = 3600
    command_status: int = 200
    command_body: bytes = API_INFO.encode()
    upgrade_status: int = 101
    headers: dict[str, str] = field(default_factory=dict)
    answers_pings: bool = True
    talk: Talk | None = None
    clock_offset_seconds: float = 0.0
    may_subscribe: bool = True
    calls: int = 0
    command_calls: int = 0
    connection_headers: list[str] = field(default_factory=list)
    valid_tokens: list[str] = field(default_factory=list)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)  # clear it to hold token answers back

    def __post_init__(self) -> None:
        self.is_open.set()

    def appliance(self, **changes: object) -> Appliance:
        """Return how a client would be configured for this fake."""
        values: dict[str, object] = {
            "name": "helpdesk",
            "url": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        return Appliance(**(values | changes))  # type: ignore[arg-type]

    async def give_token(self, request: web.Request) -> web.Response:
        """POST /oauth2/token."""
        self.calls += 1
        self.connection_headers.append(request.headers.get("Connection", ""))
        await self.is_open.wait()
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.json_response({"error": "invalid_client", "message": "no"}, status=401)
        if (await request.post()).get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if self.token_status != 200 or self.token_body is not None:
            return web.Response(status=self.token_status, body=self.token_body or b"", headers=self.headers)
        self.valid_tokens.append(f"token-{self.calls}")
        return web.json_response(
            {"access_token": self.valid_tokens[-1], "token_type": "bearer", "expires_in": self.token_life}
        )

    async def command(self, request: web.Request) -> web.Response:
        """GET /api/command."""
        self.command_calls += 1
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid_tokens:
            return web.json_response({"error": "access_denied", "message": "denied"}, status=403)
        return web.Response(status=self.command_status, body=self.command_body, headers=self.headers)

    async def upgrade(self, request: web.Request) -> web.StreamResponse:
        """GET /nw."""
        if self.upgrade_status != 101:
            return web.Response(status=self.upgrade_status, headers=self.headers)
        if request.headers.get("Sec-WebSocket-Protocol") != ENCODED:
            return web.Response(status=400)
        socket = web.WebSocketResponse(autoping=self.answers_pings, compress=False, max_msg_size=0)
        if self.echo is not None:
            socket.headers["Sec-WebSocket-Protocol"] = self.echo
        await socket.prepare(request)
        await (self.talk or self.converse)(socket)
        return socket

    async def converse(self, socket: web.WebSocketResponse) -> None:
        """Hold the documented dialogue: authenticate, subscribe, one copy."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            body = orjson.loads(message.data)
            if body["type"] == "authenticate":
                is_valid = body["credentials"]["bearer_token"] in self.valid_tokens
                await self.say(socket, {"type": "authenticate_response", "success": is_valid})
            elif body["type"] == "subscribe":
                timestamp = time.time() + self.clock_offset_seconds
                reason = {} if self.may_subscribe else {"reason": "not allowed"}
                answer = {"type": "subscribe_response", "success": self.may_subscribe, "timestamp": timestamp}
                await self.say(socket, answer | reason)
                await self.say(socket, {"type": "model_update", "insert": ROWS})

    async def say(self, socket: web.WebSocketResponse, message: Mapping[str, object]) -> None:
        """Send one message as the appliance does: binary, ended by a newline."""
        await socket.send_bytes(orjson.dumps(message) + b"\n")

    @asynccontextmanager
    async def serving(self, context: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        """Serve on a free port, with TLS when a context is given; `url` says where."""
        application = web.Application()
        application.router.add_post("/oauth2/token", self.give_token)
        application.router.add_get("/api/command", self.command)
        application.router.add_get("/nw", self.upgrade)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{port}"
        try:
            yield
        finally:
            await runner.cleanup()


async def listen(socket: web.WebSocketResponse) -> None:
    """Read until the client goes, and say nothing."""
    async for _ in socket:
        pass
