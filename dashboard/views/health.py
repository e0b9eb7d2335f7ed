"""What machines ask: does the process answer, can it serve, how does it do."""

import ipaddress
import secrets

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.live.asking import ask, hub_of
from dashboard.live.hub import Hub
from dashboard.operating.metrics import HubFigures, exposition
from dashboard.operating.readiness import look_at_database, look_at_redis, look_at_state

LOOP_SECONDS = 2.0
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def answer_health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def answer_readiness(request: HttpRequest) -> HttpResponse:
    """Say whether this process can serve, part by part; 503 when it cannot."""
    hub = hub_of(request)
    is_loaded = hub is None or is_loaded_in(hub)  # without one every page reads the database
    parts = (look_at_database(), look_at_redis(), look_at_state(is_loaded))
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
        return HttpResponse(exposition(figures_of(hub) if hub else None, timezone.now()), content_type=CONTENT_TYPE)
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


def is_loaded_in(hub: Hub) -> bool:
    """Say whether a hub holds what the database holds; one whose loop is too busy to answer counts as if not."""
    try:
        return ask(hub, hub.is_loaded(), LOOP_SECONDS)
    except TimeoutError:
        return False


def figures_of(hub: Hub) -> HubFigures | None:
    """Return what a hub serves now, None when its loop is too busy to answer."""
    try:
        return ask(hub, hub.figures(), LOOP_SECONDS)
    except TimeoutError:
        return None
