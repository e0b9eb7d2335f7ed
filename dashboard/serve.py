"""Serve the site: `python -m dashboard.serve`. Daphne, with the settings and the ending that long-lived sockets need.

Stock Daphne closes each websocket after 24 hours, cannot say "the server restarts" (1012) and, under Python 3.11, can
crash when it is stopped with sockets open. Here sockets are told, and gone, before the loop ends.
"""

import asyncio
import os
import sys
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server  # before anything of Twisted: it chooses the event loop
from daphne.ws_protocol import WebSocketProtocol
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.template import engines
from django.template.loader import get_template
from django.utils.module_loading import import_string
from jinja2 import Environment
from structlog.stdlib import get_logger
from twisted.internet.defer import Deferred

from dashboard.operating.readiness import unapplied_migrations

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

APPLICATION = "dashboard.asgi.application"  # importing it sets Django up, which can be refused
DRAIN_SECONDS = 3.0  # for sockets and requests to end by themselves
CANCEL_SECONDS = 1.0  # for what had to be cancelled after that
SERVICE_RESTART = 1012

log = get_logger("dashboard.serve")


class DrainingServer(Server):  # type: ignore[misc]  # Daphne ships no types
    """Daphne that stops listening, tells its sockets and waits for them before it ends."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.connections: dict[Any, dict[str, Any]] = {}
        self.ports: list[Any] = []
        self.listen_failure = ""

    def listen_success(self, port: Any) -> None:
        """Remember the port, so that it can be closed first."""
        super().listen_success(port)
        self.ports.append(port)

    def listen_error(self, failure: Any) -> None:
        """Remember why, for the exit status."""
        self.listen_failure = failure.getErrorMessage()
        self.stop()

    def kill_all_applications(self) -> Deferred[None]:
        """Twisted calls this before it shuts down and waits for the answer."""
        return Deferred.fromFuture(asyncio.ensure_future(self.drain()))

    async def drain(self) -> None:
        """Close everything in order; never longer than the two time limits together."""
        for port in self.ports:
            port.stopListening()
        sockets = [connection for connection in self.connections if isinstance(connection, WebSocketProtocol)]
        for each in sockets:
            if each.state == each.STATE_OPEN:
                each.sendCloseFrame(code=SERVICE_RESTART, reasonUtf8=b"restart", isReply=False)
        left = await self.wait_for(self.running(), DRAIN_SECONDS)
        for task in left:
            task.cancel()
        await self.wait_for(left, CANCEL_SECONDS)
        log.info("drained", sockets=len(sockets), cancelled=len(left))

    def running(self) -> set[asyncio.Task[Any]]:
        """Return the application tasks that have not ended."""
        tasks = [details.get("application_instance") for details in self.connections.values()]
        return {task for task in tasks if task is not None and not task.done()}

    async def wait_for(self, tasks: set[asyncio.Task[Any]], seconds: float) -> set[asyncio.Task[Any]]:
        """Wait for tasks to end, at most so long; return those that have not."""
        if not tasks:
            return set()
        _done, left = await asyncio.wait(tasks, timeout=seconds)
        return left


def refusal() -> str | None:
    """Return why the site cannot be served, with the mend, or None."""
    try:
        missing = unapplied_migrations()
    except DatabaseError as error:
        return f"The database does not answer: {str(error).strip()}. See DATABASE_URL."
    finally:
        connection.close()
    if missing:
        return f"The database lacks {len(missing)} migration(s), first {missing[0]}. Run `manage.py migrate`."
    return None


def load_templates() -> None:
    """Read every template now: later there may be no file descriptor left, or files of the next version in their place.

    Both engines keep what they have read.
    """
    environment: Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # what only this engine has
    for name in environment.list_templates():
        environment.get_template(name)
    for folder in settings.TEMPLATES[0]["DIRS"]:
        for path in folder.rglob("*.html"):
            get_template(path.relative_to(folder).as_posix())


def build_server(application: Any, host: str, port: int) -> DrainingServer:
    """Return the server, ready to run."""
    return DrainingServer(
        application=application,
        endpoints=build_endpoint_description_strings(host=host, port=port),
        ping_interval=20,
        ping_timeout=20,
        websocket_timeout=-1,  # a wallboard stays for weeks
        websocket_connect_timeout=10,
        server_name="",
        ready_callable=lambda: log.info("serving", host=host, port=port),
    )


def run() -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    try:
        application = import_string(APPLICATION)
    except ImproperlyConfigured as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    if reason := refusal():
        print(f"web: {reason}", file=sys.stderr)
        return 1
    load_templates()
    server = build_server(application, settings.HOST, settings.PORT)
    server.run()
    if server.listen_failure:
        print(f"web: cannot listen on {settings.HOST}:{settings.PORT}: {server.listen_failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
