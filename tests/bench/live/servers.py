"""The three servers beside each other: ours, the textbook's, a bare broadcast. Each in a process of its own."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil
from django.conf import settings

from tests.bench.line import Side
from tests.bench.live.groups import ALL
from tests.services.process import Process, free_port, running
from tests.services.site import Site, serving
from tests.services.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue whose sessions are a view."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `headers` open its sockets; `path` names the one of a queue, or of all sessions."""

    port: int
    process: psutil.Process
    path: Callable[[Queue | None], str]
    headers: str = ""

    def cpu_seconds(self) -> float:
        """Return the processor time spent so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


Start = Callable[[Mapping[str, str], Path], AbstractContextManager[Server]]


def _by_key(queue: Queue | None) -> str:
    return f"/{queue.key if queue else ALL}"


def _by_filter(queue: Queue | None) -> str:
    return "/live/sessions/" + (f"?{urlencode({'queue': queue.name})}" if queue else "")


@contextmanager
def our_site(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run the product."""
    ours = {
        **environment,
        "PORT": str(free_port()),
        "DEBUG": "1",
        "SOCKETS_PER_USER": "100000",
        "SOCKETS_PER_ADDRESS": "100000",
    }
    with serving(ours, folder / "site.log") as site:
        yield Server(site.port, process_of(site.process), _by_filter, session_header(site))


def session_header(site: Site) -> str:
    """Return the header of somebody who is logged in."""
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={site.log_in('bench')}\r\n"


@contextmanager
def textbook_site(
    environment: Mapping[str, str], folder: Path, path: Callable[[Queue | None], str] = _by_key
) -> Iterator[Server]:
    """Run the textbook's shape under Daphne."""
    port = free_port()
    command = ("-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "tests.bench.live.textbook:application")
    with running(*command, log_path=folder / "textbook.log", environment=environment) as process:
        wait_until(lambda: is_listening(port), what="the textbook's server")
        yield Server(port, process_of(process), path)


@contextmanager
def broadcast_site(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run the bare broadcast."""
    port = free_port()
    command = ("-m", "tests.bench.live.broadcast", str(port))
    with running(*command, log_path=folder / "broadcast.log", environment=environment) as process:
        process.wait_for_output("serving")
        yield Server(port, process_of(process), _by_key)


def is_listening(port: int) -> bool:
    """Say whether somebody takes connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def process_of(process: Process) -> psutil.Process:
    """Return a started process to look at."""
    return psutil.Process(process.popen.pid)


def group_site(environment: Mapping[str, str], folder: Path) -> AbstractContextManager[Server]:
    """Run the layer's fan-out alone: rendered once, sent to a group of consumers."""
    return textbook_site(environment, folder, lambda _queue: "/group")


STARTS: Mapping[Side, Start] = {
    Side.OURS: our_site,
    Side.TEXTBOOK: textbook_site,
    Side.LIMIT: broadcast_site,
}
