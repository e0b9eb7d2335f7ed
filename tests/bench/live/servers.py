"""The three servers beside each other: ours, the textbook's, a bare broadcast. Each in a process of its own."""

import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import psutil
from asgiref.sync import sync_to_async
from django.conf import settings

from tests.bench.line import Side
from tests.bench.live.groups import ALL
from tests.bench.processes import Stage
from tests.services.process import Process, free_port, running
from tests.services.site import Site, serving
from tests.services.waiting import wait_until


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue whose sessions are a view."""

    key: str
    name: str


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return the processor time that processes have spent so far."""
    return sum(float(times.user + times.system) for times in (one.cpu_times() for one in processes))


@dataclass(frozen=True, slots=True)
class Server:
    """A running server of one process or more. `headers` open its sockets; `path` names that of a queue, or of all."""

    port: int
    processes: tuple[psutil.Process, ...]
    path: Callable[[Queue | None], str]
    headers: str = ""

    def cpu_seconds(self) -> float:
        """Return the processor time spent so far."""
        return cpu_seconds(self.processes)

    def rss_mb(self) -> float:
        """Return the resident memory in MB (10^6 bytes)."""
        return sum(float(one.memory_info().rss) for one in self.processes) / 1e6


Start = Callable[[Mapping[str, str], Path], AbstractContextManager[Server]]


def _by_key(queue: Queue | None) -> str:
    return f"/{queue.key if queue else ALL}"


def by_filter(queue: Queue | None) -> str:
    return "/live/sessions/" + (f"?{urlencode({'queue': queue.name})}" if queue else "")


@contextmanager
def our_site(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run the product."""
    with site_on(free_port(), environment, folder) as site:
        yield Server(site.port, process_of(site.process), by_filter, session_header(site))


def site_on(port: int, environment: Mapping[str, str], folder: Path) -> AbstractContextManager[Site]:
    """Run the product on a port, for as many sockets as come."""
    ours = {"PORT": str(port), "SOCKETS_PER_USER": "100000", "SOCKETS_PER_ADDRESS": "100000"}
    return serving({**environment, **ours}, folder / f"site-{port}.log")


def session_header(site: Site) -> str:
    """Return the header of somebody who is logged in."""
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={site.log_in('bench')}\r\n"


@contextmanager
def textbook_site(environment: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Run the textbook's shape under Daphne."""
    port = free_port()
    command = ("-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "tests.bench.live.textbook:application")
    with running(*command, log_path=folder / "textbook.log", environment=environment) as process:
        wait_until(lambda: is_listening(port), what="the textbook's server")
        yield Server(port, process_of(process), _by_key)


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


def process_of(process: Process) -> tuple[psutil.Process, ...]:
    """Return a started process to look at."""
    return (psutil.Process(process.popen.pid),)


def grouped(server: Server) -> Server:
    """Return the textbook's server with the layer's fan-out alone: rendered once, sent to a group of consumers."""
    return replace(server, path=lambda _queue: "/group")


@asynccontextmanager
async def started(start: Start, stage: Stage, folder: Path) -> AsyncIterator[Server]:
    """Run a server beside a stage's mirror; starting waits on a thread, so that the simulator goes on."""
    with ExitStack() as stack:
        enter = sync_to_async(stack.enter_context, thread_sensitive=True)
        yield await enter(start(stage.environment, folder))


STARTS: Mapping[Side, Start] = {
    Side.OURS: our_site,
    Side.TEXTBOOK: textbook_site,
    Side.LIMIT: broadcast_site,
}
