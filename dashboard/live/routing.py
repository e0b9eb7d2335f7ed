"""Addresses of sockets, and the hub that every request and socket of a process can reach as `scope["hub"]`."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from channels.routing import URLRouter
from django.urls import path, re_path
from structlog.contextvars import bound_contextvars

from dashboard.live.consumers import Receive, refuse_address, serve_display, serve_socket
from dashboard.live.hub import Hub
from dashboard.live.outlet import Send

Application = Callable[..., Awaitable[None]]  # Channels' types of scopes and events are stricter than ASGI's

socket_router = URLRouter(
    [  # typed for views
        path("live/<slug:board>/", serve_socket),  # type: ignore[arg-type, list-item]
        path("display/live/", serve_display),  # type: ignore[arg-type, list-item]
        re_path("", refuse_address),  # type: ignore[arg-type, list-item]
    ]
)


def with_request_id(send: Send, request: str) -> Send:
    """Name the request in its answer as its log lines name it."""

    async def send_named(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            event["headers"] = [*event.get("headers", ()), (b"x-request-id", request.encode())]
        await send(event)

    return send_named


class LiveApplication:
    """Starts the hub of the running loop with the first scope that comes: Daphne has no lifespan to start it with."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._running: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Hub, asyncio.Task[None]]] = (
            WeakKeyDictionary()
        )

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            hub = self.hub()  # before the id is bound: the hub's own tasks belong to no request
            request = secrets.token_hex(8)
            with bound_contextvars(request_id=request):
                answer = send if scope["type"] == "websocket" else with_request_id(send, request)
                await self._inner(scope | {"hub": hub}, receive, answer)

    def hub(self) -> Hub:
        """Return this loop's hub, running."""
        loop = asyncio.get_running_loop()
        running = self._running.get(loop)
        if running is None or running[1].done():
            hub = Hub()
            running = self._running[loop] = (hub, loop.create_task(hub.run()))
        return running[0]

    async def stop(self) -> None:
        """End this loop's hub."""
        running = self._running.pop(asyncio.get_running_loop(), None)
        if running is not None:
            running[1].cancel()
            await asyncio.wait([running[1]])

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.hub()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})
