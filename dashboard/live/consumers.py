"""A browser's websocket: who may open it, what it may say, and when it must end.

It is a plain ASGI application, not a Channels consumer: a consumer would take a channel of its own on the layer, and
nothing is ever sent to one browser alone.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import Error as DatabaseError

from dashboard.live.admission import find_viewers, is_own_origin, read_session_key
from dashboard.live.hub import Hub
from dashboard.live.outlet import INBOUND_LIMIT_BYTES, Send, open_outlet
from dashboard.live.registry import choose_view
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.view import ViewKey

RATE_LIMIT = 20  # messages a second
ACK = re.compile(r"ack:([0-9]{1,15})")
HEARTBEAT = "hb"

log = structlog.get_logger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]


async def serve_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve `/live/<board>/` until either side ends it. Close codes can be seen by a page only after accepting."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    session_key = read_session_key(scope["headers"])
    refusal_or_key = await admit(scope, session_key)
    outlet = open_outlet(send)
    if not isinstance(refusal_or_key, ViewKey):
        outlet.close(refusal_or_key)
        return
    hub: Hub = scope["hub"]
    socket = LiveSocket(refusal_or_key, session_key, outlet)
    try:
        await hub.join(socket)
        await listen(hub, socket, receive)
    except TimeoutError:
        socket.close(CloseCode.COME_BACK)
    finally:
        hub.leave(socket)


async def admit(scope: dict[str, Any], session_key: str) -> ViewKey | int:
    """Return the view that a handshake gets, or the close code that refuses it."""
    if not is_own_origin(scope["headers"]):
        return CloseCode.NOT_ALLOWED
    try:
        viewers = await sync_to_async(find_viewers)([session_key]) if session_key else {}
    except DatabaseError as error:
        log.warning("a socket was sent away, the database does not answer", error=type(error).__name__)
        return CloseCode.COME_BACK
    viewer = viewers.get(session_key)
    if viewer is None:
        return CloseCode.SESSION_GONE
    board = scope["url_route"]["kwargs"]["board"]
    return choose_view(board, viewer) or CloseCode.NOT_ALLOWED


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
        if count > RATE_LIMIT or not isinstance(text, str) or not obey(hub, socket, text):
            socket.close(CloseCode.NOT_ALLOWED)
            return


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
