"""Real processes for proofs of the mirror: a simulated appliance, `runmirror`, and a look at what is stored."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from realtime.schema import TABLES
from tests.services.loopback import call
from tests.services.process import Process, free_port, running
from tests.services.waiting import wait_until

SOURCE = "desk"
CONVERGE_SECONDS = 20.0

Tables = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Appliance:
    """A running simulator and its control addresses."""

    url: str
    process: Process

    def ask(self, path: str) -> Any:
        """Return what GET /simulator/<path> answers."""
        return call("GET", f"{self.url}/simulator/{path}").raise_for_status().json()

    def tell(self, path: str, **body: Any) -> None:
        """POST to /simulator/<path>."""
        call("POST", f"{self.url}/simulator/{path}", json=body).raise_for_status()

    def cause(self, name: str, **args: Any) -> None:
        """Cause a fault."""
        self.tell("fault", name=name, args=args)

    @property
    def truth(self) -> Tables:
        """The appliance's tables."""
        return known_part(self.ask("state"))

    @property
    def mints(self) -> int:
        """How many tokens were handed out."""
        return int(self.ask("status")["mints"])

    @property
    def connections(self) -> int:
        """How many websockets were opened."""
        return int(self.ask("status")["connections"])


def known_part(tables: Tables) -> Tables:
    """Return the documented tables, and of their fields those that have a value: the simulator may add others."""
    known = {name: {one.wire_name for one in table.fields} for name, table in TABLES.items()}
    return {
        table: {
            row_id: {name: value for name, value in fields.items() if name in names and value is not None}
            for row_id, fields in tables.get(table, {}).items()
        }
        for table, names in known.items()
    }


@contextmanager
def simulating(folder: Path, *options: str, port: int = 0) -> Iterator[Appliance]:
    """Run a simulator; the same port brings the same appliance back."""
    port = port or free_port()
    arguments = ("manage.py", "simulate", "--control", "--port", str(port), *options)
    with running(*arguments, log_path=folder / f"simulator{port}.log") as process:
        line = process.wait_for_output("simulator: http://")
        yield Appliance(line.partition(": ")[2].strip(), process)


class Installation:
    """A database, its sources.toml, and the mirrors started on them."""

    def __init__(self, folder: Path, database_url: str, appliance_url: str, stack: ExitStack) -> None:
        self.database_url = database_url
        self._folder = folder
        self._stack = stack
        self._count = 0
        self._sources = folder / "sources.toml"
        self._sources.write_text(
            f'[{SOURCE}]\nvendor = "beyondtrust"\nurl = "{appliance_url}"\n'
            'client_id = "simulator"\nclient_secret = "simulator"\n'
        )
        self._sources.chmod(0o600)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        return {"DATABASE_URL": self.database_url, "SOURCES_FILE": str(self._sources)}

    def start_mirror(self) -> Process:
        """Start one more mirror."""
        self._count += 1
        log_path = self._folder / f"mirror{self._count}.log"
        return self._stack.enter_context(
            running("manage.py", "runmirror", log_path=log_path, environment=self.environment)
        )

    def dump(self) -> Tables:
        """Return what `manage.py dumpstate` prints."""
        path = self._folder / "dump.json"
        with running("manage.py", "dumpstate", log_path=path, environment=self.environment) as process:
            assert process.popen.wait(60) == 0, process.output
        dumped: Tables = json.loads(process.output)
        return known_part(dumped)

    def link(self, *columns: str) -> tuple[Any, ...]:
        """Return columns of the source's `Link` row; nothing while there is none or the database is away."""
        return self.query(f"SELECT {', '.join(columns)} FROM realtime_link WHERE source = '{SOURCE}'")  # noqa: S608

    def query(self, sql: str) -> tuple[Any, ...]:
        """Return the first row of what is stored; nothing where there is none."""
        if self.database_url.startswith("sqlite:"):
            with closing(sqlite3.connect(urlsplit(self.database_url).path)) as connection:
                return connection.execute(sql).fetchone() or ()
        with psycopg.connect(self.database_url, connect_timeout=5) as server:
            return server.execute(sql.encode()).fetchone() or ()

    def dump_at_rest(self) -> Tables:
        """Wait until the copy is complete and nothing is being written; then dump, which costs a process."""
        seen: list[tuple[Any, ...]] = []

        def rests() -> bool:
            seen.append(self.link("state", "seq"))
            return seen[-1][:1] == ("live",) and seen[-10:] == [seen[-1]] * 10

        wait_until(rests, CONVERGE_SECONDS, "rest")
        return self.dump()

    def wait_for_state(self, state: str, seconds: float = 60.0) -> None:
        """Wait until the link is in a state."""
        wait_until(lambda: self.link("state") == (state,), seconds, f"the link's state {state!r}")

    def wait_for_copy(self) -> None:
        """Wait until a first copy is stored."""
        wait_until(lambda: (self.link("seq") or (0,))[0] >= 2, 60.0, "a stored copy")


@contextmanager
def installed(folder: Path, database_url: str, appliance: Appliance) -> Iterator[Installation]:
    """Provide an installation; in the end all of its mirrors are dead."""
    with ExitStack() as stack:
        yield Installation(folder, database_url, appliance.url, stack)


def check_convergence(appliance: Appliance, installation: Installation) -> Tables:
    """Freeze the appliance and wait until what is mirrored equals its truth; then let it go on. Returns the truth."""
    appliance.tell("pause")
    truth = appliance.truth
    deadline = time.monotonic() + CONVERGE_SECONDS
    while (mirrored := installation.dump_at_rest()) != truth:
        assert time.monotonic() < deadline, f"the mirror did not converge:\n{differences(truth, mirrored)}"
    appliance.tell("resume")
    assert sum(map(len, truth.values())) > 50
    return truth


def differences(truth: Tables, mirrored: Tables) -> str:
    """Return the first rows that differ, as text."""
    lines = [
        f"{table} {row_id}: is {truth[table].get(row_id)}, mirrored as {mirrored[table].get(row_id)}"
        for table in truth
        for row_id in sorted(truth[table].keys() | mirrored[table].keys())
        if truth[table].get(row_id) != mirrored[table].get(row_id)
    ]
    return "\n".join([f"{len(lines)} rows differ", *lines[:8]])
