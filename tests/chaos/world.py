"""A whole installation on loopback that chaos may break: every process of it, the services below, the vendors above."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User
from psycopg.rows import dict_row

from dashboard.models import Team
from dashboard.roles import LEAD
from tests.e2e.mirroring import Appliance, Tables, known_part, simulating
from tests.e2e.polling import TABLES, VENDORS, Vendors, vendors_simulated
from tests.services.database import default_database, migrate
from tests.services.postgres import PostgresServer, create_database_on, provide_postgres
from tests.services.process import Process, free_port, running
from tests.services.site import Site
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

POLLED = ("camera", "remote")
INTERVAL_SECONDS = 5
QUEUES = {"a": "chaos_queue_a", "b": "chaos_queue_b"}
COMMANDS = {
    "web": ("-m", "dashboard.serve"),
    "mirror1": ("manage.py", "runmirror"),
    "mirror2": ("manage.py", "runmirror"),
    "worker": ("-m", "celery", "-A", "dashboard.celery", "worker"),
    "beat1": ("-m", "celery", "-A", "dashboard.celery", "beat"),
    "beat2": ("-m", "celery", "-A", "dashboard.celery", "beat"),
}
PATIENCE = "-c lock_timeout=1000"  # ms: whoever holds a lock in a run waits for us to end it
TRACES = (Path(__file__).parent / "traces.sql").read_text()


@dataclass
class World:
    """Everything that runs. `processes` is name -> the one that runs now under that name."""

    folder: Path
    postgres: PostgresServer
    valkey: ValkeyServer
    appliance: Appliance
    vendors: Vendors
    environment: dict[str, str]
    site_port: int
    stack: ExitStack
    processes: dict[str, Process] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    @property
    def database_url(self) -> str:
        """The address of the database."""
        return self.environment["DATABASE_URL"]

    def start(self, name: str) -> None:
        """Start a process, unless it runs."""
        old = self.processes.get(name)
        if old is not None and old.popen.poll() is None:
            return
        self._count += 1
        own = self.folder / name
        own.mkdir(exist_ok=True)
        log_path = self.folder / f"{name}-{self._count}.log"
        environment = self.environment | {"VAR_DIR": str(own)}
        self.processes[name] = self.stack.enter_context(
            running(*COMMANDS[name], log_path=log_path, environment=environment)
        )

    def start_all(self) -> None:
        """Start what does not run."""
        for name in COMMANDS:
            self.start(name)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and all of its children."""
        process = self.processes[name]
        if process.popen.poll() is None:
            os.killpg(process.popen.pid, number)

    def active_mirror(self) -> str:
        """Return the name of the mirror that holds the lease, else of either."""
        owner = next((row["owner"] for row in self.query("SELECT owner FROM realtime_link WHERE source = 'desk'")), "")
        holding = [name for name in ("mirror1", "mirror2") if f":{self.processes[name].popen.pid}:" in f":{owner}:"]
        return (holding or ["mirror1"])[0]

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Return rows of the database. Raises psycopg.Error while it is away or locked."""
        with psycopg.connect(
            self.database_url, connect_timeout=3, row_factory=dict_row, autocommit=True, options=PATIENCE
        ) as server:
            return list(server.execute(sql.encode()))

    def execute(self, sql: str) -> None:
        """Change something in the database."""
        with psycopg.connect(self.database_url, connect_timeout=3, autocommit=True) as server:
            server.execute(sql.encode())

    def stored(self) -> Tables:
        """Return the appliance's tables as `manage.py dumpstate` tells them."""
        arguments = ("manage.py", "dumpstate", "--source", "desk")
        with running(*arguments, log_path=self.folder / "dump.json", environment=self.environment) as process:
            assert process.popen.wait(30) == 0, process.output
        tables: Tables = json.loads(process.output)
        return known_part(tables)

    def address(self, path: str) -> str:
        """Return a websocket's address."""
        return f"ws://127.0.0.1:{self.site_port}{path}"

    def cookie(self, username: str) -> str:
        """Return the header of somebody who is signed in."""
        return f"{settings.SESSION_COOKIE_NAME}={self.cookies[username]}"


@contextmanager
def chaotic_world(folder: Path, valkey: ValkeyServer, seed: int) -> Iterator[World]:
    """Provide an installation in which everything runs, two queues and two marked sessions in it."""
    options = ("--sessions", "14", "--reps", "12", "--speed", "2", "--rate", "8", "--seed", str(seed))
    with standing_world(folder, valkey, options) as world:
        world.execute(TRACES)
        add_marked_sessions(world.appliance)
        add_users(world)
        world.start_all()
        wait_for_start(world)
        yield world


@contextmanager
def standing_world(folder: Path, valkey: ValkeyServer, options: tuple[str, ...]) -> Iterator[World]:
    """Provide a center with these options, vendors with no work of their own, and an installation that does not run."""
    with ExitStack() as stack:
        postgres = provide_postgres(folder / "chaosdb")
        stack.callback(shutil.rmtree, postgres.folder, ignore_errors=True)
        stack.callback(lambda: postgres.stop(killed=True))
        url = create_database_on(postgres.database_url("postgres"), "chaos")
        appliance, vendors = simulate(folder, options, stack)
        port = free_port()
        sources = write_sources(folder, appliance, vendors)
        environment = {
            "DATABASE_URL": url, "REDIS_URL": valkey.url, "SOURCES_FILE": str(sources),
            "PORT": str(port), "DEBUG": "1", "WORKER_PROCESSES": "3",
        }  # fmt: skip
        world = World(folder, postgres, valkey, appliance, vendors, environment, port, stack)
        with default_database(url):
            migrate()
            yield world


def simulate(folder: Path, options: tuple[str, ...], stack: ExitStack) -> tuple[Appliance, Vendors]:
    """Start the appliance, and vendors whose clocks are ours."""
    return stack.enter_context(simulating(folder, *options)), stack.enter_context(vendors_simulated(folder))


def write_sources(folder: Path, appliance: Appliance, vendors: Vendors) -> Path:
    """Write the configuration."""
    path = folder / "sources.toml"
    desk = f'[desk]\nvendor = "beyondtrust"\nurl = "{appliance.url}"\nclient_id = "simulator"\n'
    polled = [
        f'[{one}]\n{TABLES[one]}url = "{vendors.urls[VENDORS[one]]}"\ninterval = {INTERVAL_SECONDS}\n' for one in POLLED
    ]
    path.write_text("\n".join([f'{desk}client_secret = "simulator"\n', *polled]))
    path.chmod(0o600)
    return path


def add_marked_sessions(appliance: Appliance) -> None:
    """Insert two queues and a session in each, whose names the run will count up together."""
    created = {"created_timestamp": int(appliance.ask("status").get("now", 0)) or 1_700_000_000}
    queues = {
        f"90{number}": {"name": f"Queue {name}", "code_name": code, "type": "team"} | created
        for number, (name, code) in enumerate(QUEUES.items(), start=1)
    }
    sessions = {
        f"91{number}": {"customer_name": f"chaos-{name} 0", "lsid": f"chaos-{name}", "queue_id": f"90{number}"}
        | created
        for number, name in enumerate(QUEUES, start=1)
    }
    appliance.tell("apply", insert={"queue": queues, "support_session": sessions})


def add_users(world: World) -> None:
    """Add a manager, and a lead who sees the first queue only."""
    site = Site(world.site_port, world.appliance.process)
    world.cookies["manager"] = site.log_in("manager")
    world.cookies["lead"] = site.log_in("lead", LEAD)
    team = Team.objects.create(name="First", queues=[f"desk:team/{QUEUES['a']}"])
    team.members.add(User.objects.get(username="lead"))


def wait_for_start(world: World) -> None:
    """Wait until the first copy is stored, the site answers and every vendor was polled."""
    with closing(psycopg.connect(world.database_url, autocommit=True)) as server:

        def stands() -> bool:
            live = server.execute("SELECT count(*) FROM realtime_link WHERE state = 'live'").fetchone()
            return live == (1 + len(POLLED),)

        wait_until(stands, 90, "a live appliance and every vendor polled")
    site = Site(world.site_port, world.processes["web"])
    wait_until(site.is_answering, 60, "the site")
