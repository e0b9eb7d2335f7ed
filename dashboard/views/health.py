"""What machines ask: does the process answer, can it serve, how does it do."""

import asyncio
import ipaddress
import secrets
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.operating.metrics import HubFigures, exposition
from dashboard.operating.readiness import look_at_database, look_at_redis, look_at_state

LOOP_SECONDS = 2.0
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Found = TypeVar("Found")


class Served(Protocol):
    """What answers for a serving process: its hub."""

    loop: asyncio.AbstractEventLoop

    async def figures(self) -> HubFigures:
        """Return what it serves."""

    async def is_loaded(self) -> bool:
        """Return whether it holds what the database holds."""


def answer_health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def answer_readiness(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve, part by part; 503 when it cannot."""
    hub = hub_of(request)
    is_loaded = ask(hub, hub.is_loaded) if hub is not None else True  # without one every page reads the database
    parts = (look_at_database(), look_at_redis(), look_at_state(bool(is_loaded)))
    is_ready = all(part.is_ready for part in parts)
    body = {"ready": is_ready, "parts": {one.name: {"ready": one.is_ready, "words": one.words} for one in parts}}
    return JsonResponse(body, status=200 if is_ready else 503)


@require_safe
def answer_metrics(request: HttpRequest) -> HttpResponse:
    """Tell a Prometheus server on this machine, or one that knows METRICS_TOKEN, how it does."""
    if not may_read_metrics(request):
        words = "Ask from this machine and past the proxy, or with METRICS_TOKEN as a bearer token.\n"
        return HttpResponse(words, content_type="text/plain", status=403)
    hub = hub_of(request)
    try:
        return HttpResponse(
            exposition(ask(hub, hub.figures) if hub is not None else None, timezone.now()), content_type=CONTENT_TYPE
        )
    except DatabaseError:
        return HttpResponse("The database does not answer.\n", content_type="text/plain", status=503)


def may_read_metrics(request: HttpRequest) -> bool:
    """Whether the token is right, or the request comes from this machine itself and through no proxy on it."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if any(header in request.META for header in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def hub_of(request: HttpRequest) -> Served | None:
    """Return the hub of the process, None where none runs."""
    hub: Served | None = getattr(request, "scope", {}).get("hub")
    return hub


def ask(hub: Served, question: Callable[[], Awaitable[Found]]) -> Found | None:
    """Return the hub's answer, None when its loop is too busy to give one."""

    async def answer() -> Found:
        return await question()

    try:
        return asyncio.run_coroutine_threadsafe(answer(), hub.loop).result(LOOP_SECONDS)
    except TimeoutError:
        return None
