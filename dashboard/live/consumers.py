"""A browser's websocket: who may open it, what it may say, and when it must end.

It is a plain ASGI application, not a Channels consumer: a consumer would take a channel of its own on the layer, and
nothing is ever sent to one browser alone.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from dashboard.live.admission import is_own_origin, read_session_key
from dashboard.live.hub import Hub
from dashboard.live.outlet import INBOUND_LIMIT_BYTES, Outlet, Send, open_outlet
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey

RATE_LIMIT = 20  # messages a second
ACK = re.compile(r"ack:([0-9]{1,15})")
HEARTBEAT = "hb"

Receive = Callable[[], Awaitable[dict[str, Any]]]


async def serve_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve `/live/<board>/` until either side ends it. A page can see close codes only after the accepting."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    outlet = open_outlet(send)
    hub: Hub = scope["hub"]
    headers = scope["headers"]
    if not is_own_origin(headers):
        await refuse(outlet, CloseCode.NOT_ALLOWED, receive)
        return
    session_key, query = read_session_key(headers), scope["query_string"].decode("latin-1")
    key = await hub.doorkeeper.admit(session_key, scope["url_route"]["kwargs"]["board"], query)
    if not isinstance(key, ViewKey):
        await refuse(outlet, key, receive)
        return
    await watch(hub, LiveSocket(key, query, session_key, outlet), receive)


async def refuse(outlet: Outlet, code: int, receive: Receive) -> None:
    """Close a socket that was accepted only so that the page can see why, and wait until it is gone."""
    outlet.close(code)
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def watch(hub: Hub, socket: LiveSocket, receive: Receive) -> None:
    """Show an admitted socket its view until it ends."""
    try:
        await hub.join(socket)
        await listen(hub, socket, receive)
    except TimeoutError:
        socket.close(CloseCode.COME_BACK)
    finally:
        hub.leave(socket)


async def listen(hub: Hub, socket: LiveSocket, receive: Receive) -> None:
    """Take what the browser says; anything but acknowledgements and heartbeats ends the socket."""
    loop = asyncio.get_running_loop()
    second, count = 0.0, 0
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        now = loop.time()
        second, count = (now, 1) if now - second >= 1.0 else (second, count + 1)
        text = event.get("text")
        if socket.is_closed:
            continue
        if count > RATE_LIMIT or not isinstance(text, str) or not obey(hub, socket, text):
            socket.close(CloseCode.NOT_ALLOWED)


def obey(hub: Hub, socket: LiveSocket, text: str) -> bool:
    """Carry out one message; return whether it is one we know."""
    if len(text) > INBOUND_LIMIT_BYTES:
        return False
    if text == HEARTBEAT:
        return True
    match = ACK.fullmatch(text)
    if match is None:
        return False
    hub.acknowledge(socket, int(match[1]))
    return True
