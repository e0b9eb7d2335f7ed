"""Real processes for proofs of polling: simulated vendors, a Celery worker and beat, and a look at what is stored."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from tests.services.loopback import call
from tests.services.process import Process, running

TABLES = {
    "camera": 'vendor = "seeit"\naccess_token = "simulator"\n',
    "remote": 'vendor = "takecontrol"\nprivate_key = "simulator"\n',
    "phones": 'vendor = "evovoice"\nusername = "simulator"\npassword = "simulator"\n',
}
VENDORS = {"camera": "seeit", "remote": "takecontrol", "phones": "evovoice"}


class Vendors:
    """Running simulators and their control addresses."""

    def __init__(self, urls: dict[str, str], process: Process) -> None:
        self.urls = urls
        self.process = process
        parts = urlsplit(urls["seeit"])
        self._base = f"{parts.scheme}://{parts.netloc}/simulator"

    def tell(self, path: str, **body: Any) -> Any:
        """POST to /simulator/<path> and return the answer."""
        return call("POST", f"{self._base}/{path}", json=body).raise_for_status().json()

    def ask(self, path: str) -> Any:
        """Return what GET /simulator/<path> answers."""
        return call("GET", f"{self._base}/{path}").raise_for_status().json()

    def open_cases(self, product: str, count: int) -> set[str]:
        """Let that many sessions be under way, for an hour; return their ids."""
        now = self.ask("status")["now"]
        begun = [now - 60 - number for number in range(count)]
        return {
            self.tell("case", product=product, created_at=at, rung_at=at, answered_at=at, ended_at=now + 3600)["id"]
            for at in begun
        }


class Installation:
    """A database, its sources.toml, and the workers started on them."""

    def __init__(self, folder: Path, database_url: str, vendors: Vendors, sources: tuple[str, ...]) -> None:
        self.database_url = database_url
        self._folder = folder
        self._stack = ExitStack()
        self._count = 0
        self._sources = folder / "sources.toml"
        self._sources.write_text(
            "\n".join(f'[{one}]\n{TABLES[one]}url = "{vendors.urls[VENDORS[one]]}"\ninterval = 5\n' for one in sources)
        )

    def start(self, *arguments: str) -> Process:
        """Start a process of this installation."""
        self._count += 1
        environment = {
            "DATABASE_URL": self.database_url,
            "SOURCES_FILE": str(self._sources),
            "VAR_DIR": str(self._folder),
            "WORKER_PROCESSES": "4",
        }
        log_path = self._folder / f"process{self._count}.log"
        return self._stack.enter_context(running(*arguments, log_path=log_path, environment=environment))

    def start_worker(self) -> Process:
        """Start one more worker."""
        return self.start("-m", "celery", "-A", "dashboard.celery", "worker")

    def start_beat(self) -> Process:
        """Start the clock."""
        return self.start("-m", "celery", "-A", "dashboard.celery", "beat")

    def close(self) -> None:
        """End all of its processes."""
        self._stack.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what is stored."""
        if self.database_url.startswith("sqlite:"):
            with closing(sqlite3.connect(urlsplit(self.database_url).path, timeout=20)) as connection:
                return connection.execute(sql).fetchall()
        with psycopg.connect(self.database_url, connect_timeout=5) as server:
            return server.execute(sql.encode()).fetchall()

    def ids(self, source: str) -> list[str]:
        """Return the ids of a source's stored sessions, as bare hexadecimal digits."""
        sql = f"SELECT external_id FROM realtime_vendorsession WHERE source = '{source}'"  # noqa: S608
        return [str(external_id).replace("-", "") for (external_id,) in self.query(sql)]

    def runs(self, source: str, since: datetime | None = None) -> list[tuple[datetime, str]]:
        """Return when polls began and what went wrong, oldest first."""
        sql = f"SELECT started_at, error FROM dashboard_pollrun WHERE source = '{source}' ORDER BY id"  # noqa: S608
        found = [(as_moment(started_at), error) for started_at, error in self.query(sql)]
        return [run for run in found if since is None or run[0] > since]

    def good_runs(self, source: str, since: datetime | None = None) -> list[datetime]:
        """Return when polls that went well began."""
        return [started_at for started_at, error in self.runs(source, since) if not error]

    def is_polling(self, source: str) -> bool:
        """Say whether a poll is at work."""
        sql = f"SELECT owner FROM realtime_link WHERE source = '{source}'"  # noqa: S608
        return any(owner for (owner,) in self.query(sql))


def as_moment(value: Any) -> datetime:
    """Return a stored time as an aware one."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def kill_children(worker: Process) -> int:
    """Kill every child of a worker with SIGKILL; return how many there were."""
    children = psutil.Process(worker.popen.pid).children()
    for child in children:
        child.kill()
    return len(children)


def kill_worker(worker: Process) -> None:
    """Kill a worker and its children with SIGKILL, as a machine that loses power."""
    os.killpg(worker.popen.pid, signal.SIGKILL)
    worker.popen.wait(10)


@contextmanager
def vendors_simulated(folder: Path) -> Iterator[Vendors]:
    """Run simulators in which nothing happens but what the test wants."""
    arguments = ("manage.py", "simulate", "--control", "--port", "0", "--sessions", "0", "--busy", "0")
    with running(*arguments, log_path=folder / "vendors.log") as process:
        process.wait_for_output("simulator: http://")
        lines = (line.partition(": ") for line in process.output.splitlines())
        yield Vendors({name: url for name, mark, url in lines if mark and url.startswith("http")}, process)
