"""A browser's websocket: who may open it, what it may say, and when it must end.

It is a plain ASGI application, not a Channels consumer: a consumer would take a channel of its own on the layer, and
nothing is ever sent to one browser alone.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from dashboard.address import network_of
from dashboard.live.admission import Ticket, find_address, is_own_origin, read_session, read_token
from dashboard.live.doorkeeper import Admitted
from dashboard.live.hub import Hub
from dashboard.live.outlet import INBOUND_LIMIT_BYTES, Outlet, Send, open_outlet
from dashboard.live.socket import CloseCode, LiveSocket
from dashboard.live.wall import WALLBOARD
from dashboard.models.display import Display

RATE_LIMIT = 20  # messages a second
ACK = re.compile(r"ack:([0-9]{1,15})")
HEARTBEAT = "hb"

Receive = Callable[[], Awaitable[dict[str, Any]]]


async def serve_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve `/live/<board>/` to a user, until either side ends it."""
    await serve(scope, receive, send, read_session(scope), scope["url_route"]["kwargs"]["board"])


async def serve_display(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve `/display/live/` to a display, until either side ends it."""
    await serve(scope, receive, send, read_token(scope), WALLBOARD)


async def refuse_address(_scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Turn away whoever asks for a socket where none is: no page of ours does."""
    await receive()  # websocket.connect
    await send({"type": "websocket.close"})


async def serve(scope: dict[str, Any], receive: Receive, send: Send, ticket: Ticket, board: str) -> None:
    """Let a page of ours in, if not too many come from its network. It can see close codes only after the accepting."""
    await receive()  # websocket.connect
    outlet = open_outlet(send)
    await send({"type": "websocket.accept"})
    hub: Hub = scope["hub"]
    if not is_own_origin(scope["headers"]):
        await refuse(outlet, CloseCode.NOT_ALLOWED, receive)
        return
    with hub.crowd.seat(network_of(find_address(scope))) as count:
        if count > settings.SOCKETS_PER_ADDRESS:
            await refuse(outlet, CloseCode.TOO_MANY, receive)
        else:
            query = scope["query_string"].decode("latin-1")
            await serve_view(hub, outlet, receive, (ticket, board, query))


async def serve_view(hub: Hub, outlet: Outlet, receive: Receive, asked: tuple[Ticket, str, str]) -> None:
    """Show a page of ours its view, if its viewer may see it and has not too many open."""
    ticket, _board, query = asked
    admitted = await hub.admit(*asked)
    if not isinstance(admitted, Admitted):
        await refuse(outlet, admitted, receive)
        return
    with hub.crowd.seat(admitted.holder) as count:
        if count > settings.SOCKETS_PER_USER:
            await refuse(outlet, CloseCode.TOO_MANY, receive)
        else:
            await watch(hub, LiveSocket(admitted.key, query, ticket, outlet), admitted, receive)


async def refuse(outlet: Outlet, code: int, receive: Receive) -> None:
    """Close a socket that was accepted only so that the page can see why, and wait until it is gone."""
    outlet.close(code)
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def watch(hub: Hub, socket: LiveSocket, admitted: Admitted, receive: Receive) -> None:
    """Show an admitted socket its view until it ends."""
    try:
        if isinstance(admitted.viewer, Display):
            hub.screens.join(socket, admitted.viewer)
        await hub.join(socket)
        hub.doorkeeper.note(socket.ticket, admitted)
        await listen(hub, socket, receive)
    except TimeoutError:
        socket.close(CloseCode.COME_BACK)
    finally:
        hub.screens.leave(socket)
        hub.leave(socket)


async def listen(hub: Hub, socket: LiveSocket, receive: Receive) -> None:
    """Take what the browser says; what we do not know ends the socket."""
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
        return hub.screens.hear(socket, text)
    hub.acknowledge(socket, int(match[1]))
    return True
