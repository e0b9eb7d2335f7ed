"""The simulated appliance's public addresses: /oauth2/token, /api/command, /check_health, /nw."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import orjson
from aiohttp import hdrs, web

from realtime.simulator.command_api import render_error
from realtime.simulator.dialect import Freedom
from realtime.simulator.subscriber import LONGEST_REQUEST_BYTES, Subscriber

if TYPE_CHECKING:
    from realtime.simulator.server import Simulator

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

SIMULATOR: "web.AppKey[Simulator]" = web.AppKey("simulator")
ENCODED_PROTOCOL = "ingredi%20state%20api"
RAW_PROTOCOL = "ingredi state api"


@web.middleware
async def hang_when_half_open(request: web.Request, handler: Answer) -> web.StreamResponse:
    """Let a request wait as long as the appliance is half open; the control addresses stay reachable."""
    if not request.path.startswith("/simulator/"):
        await request.app[SIMULATOR].writable.wait()
    return await handler(request)


async def mint_token(request: web.Request) -> web.Response:
    """POST /oauth2/token."""
    simulator = request.app[SIMULATOR]
    refused = refuse_call(simulator, simulator.troubles.token_status)
    if refused is not None:
        return refused
    authorization = request.headers.get(hdrs.AUTHORIZATION, "")
    if simulator.troubles.refuse_credentials or not simulator.account.accepts(authorization):
        return refuse(401, "invalid_client", "The client credentials are invalid.")
    if await read_grant_type(request) != "client_credentials":
        return refuse(400, "unsupported_grant_type", "The grant type is not supported.")
    token = simulator.account.mint(asyncio.get_running_loop().time())
    expires_in = int(simulator.options.token_seconds)
    return with_limits(simulator, {"access_token": token, "token_type": "Bearer", "expires_in": expires_in})


async def run_command(request: web.Request) -> web.Response:
    """GET or POST /api/command: XML, errors too."""
    simulator = request.app[SIMULATOR]
    refused = refuse_call(simulator, simulator.troubles.command_status)
    if refused is not None:
        return refused
    now = asyncio.get_running_loop().time()
    if not simulator.account.knows_bearer(request.headers.get(hdrs.AUTHORIZATION, ""), now):
        return refuse(401, "access_denied", "The resource owner or authorization server denied the request.")
    form = await request.post() if request.method == "POST" else {}
    wanted = {**request.query, **form}
    if simulator.troubles.command_error:
        return web.Response(body=render_error("An internal error occurred."), content_type="text/xml", charset="utf-8")
    body = simulator.commands.answer(
        str(wanted.get("action", "")),
        wanted.get("showmembers") == "1",
        simulator.clock(),
        may_use_state=not simulator.troubles.missing_permission,
    )
    return web.Response(body=body, content_type="text/xml", charset="utf-8", headers=limit_headers(simulator))


async def check_health(request: web.Request) -> web.Response:
    """GET /check_health: 200, or 500 when the appliance is unwell. Needs no token."""
    unwell = request.app[SIMULATOR].troubles.command_status
    return web.Response(text="0" if unwell else "1", status=500 if unwell else 200)


async def connect_integration(request: web.Request) -> web.StreamResponse:
    """GET /nw: the real-time state websocket."""
    simulator = request.app[SIMULATOR]
    status = simulator.troubles.websocket_status
    if status:
        return web.Response(status=status, text="unavailable", headers=retry_header(status, 1))
    offered = offered_protocol(request)
    if offered is None:
        return web.Response(status=400, text="The sub-protocol is not supported.")
    echo = choose_echo(simulator, offered)
    protocols = (offered,) if echo == offered else ()
    socket = web.WebSocketResponse(
        autoping=False, compress=False, max_msg_size=LONGEST_REQUEST_BYTES, protocols=protocols, timeout=1.0
    )
    if echo is not None:
        socket.headers[hdrs.SEC_WEBSOCKET_PROTOCOL] = echo
    await socket.prepare(request)
    subscriber = Subscriber(simulator, socket, simulator.options.backlog_limit_bytes)
    subscriber.transport = request.transport
    simulator.subscribers[subscriber] = None
    simulator.connections += 1
    try:
        await subscriber.serve()
    finally:
        simulator.subscribers.pop(subscriber, None)
    return socket


def offered_protocol(request: web.Request) -> str | None:
    """Return the spelling of the sub-protocol the integration offers, None if it offers another or none."""
    offers = [offer.strip() for offer in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",")]
    return next((offer for offer in offers if offer in (ENCODED_PROTOCOL, RAW_PROTOCOL)), None)


def choose_echo(simulator: "Simulator", offered: str) -> str | None:
    """Return the sub-protocol to answer with: as offered, or as the freedoms say."""
    decoded, silent = Freedom.ECHO_DECODED in simulator.freedoms, Freedom.ECHO_NONE in simulator.freedoms
    if decoded and silent:
        return (RAW_PROTOCOL, None)[simulator.connections % 2]
    return None if silent else RAW_PROTOCOL if decoded else offered


async def read_grant_type(request: web.Request) -> str:
    """Return the grant type from the form, the query or a JSON body: all three are seen in the wild."""
    if "grant_type" in request.query:
        return request.query["grant_type"]
    if request.content_type == "application/json":
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return ""
        return str(body.get("grant_type", "")) if isinstance(body, dict) else ""
    return str((await request.post()).get("grant_type", ""))


def refuse_call(simulator: "Simulator", status: int) -> web.Response | None:
    """Count a call against the account's limits; return a refusal if it is over one or the appliance is in trouble."""
    if status:
        return refuse(status, "server_error", "The appliance is in trouble.", 1)
    wait_seconds = simulator.account.call(asyncio.get_running_loop().time())
    if wait_seconds:
        return refuse(429, "rate_limited", "The request limit is reached.", math.ceil(wait_seconds))
    return None


def refuse(status: int, error: str, message: str, retry_after_seconds: int = 0) -> web.Response:
    """Return an error as JSON."""
    body = orjson.dumps({"error": error, "message": message})
    headers = retry_header(status, retry_after_seconds)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


def retry_header(status: int, seconds: int) -> dict[str, str]:
    """Say when to come back, where that helps."""
    return {hdrs.RETRY_AFTER: str(seconds)} if seconds and status in (429, 503) else {}


def limit_headers(simulator: "Simulator") -> dict[str, str]:
    """Return the vendor's rate limit headers."""
    account = simulator.account
    return {"X-RateLimit-Limit": str(account.per_hour), "X-RateLimit-Remaining": str(account.remaining)}


def with_limits(simulator: "Simulator", body: dict[str, object]) -> web.Response:
    """Return JSON with the rate limit headers."""
    return web.Response(body=orjson.dumps(body), content_type="application/json", headers=limit_headers(simulator))


ROUTES = [
    web.post("/oauth2/token", mint_token),
    web.get("/api/command", run_command),
    web.post("/api/command", run_command),
    web.get("/check_health", check_health),
    web.get("/nw", connect_integration),
]
