"""An installation on one machine: the processes of the Procfile, started by honcho, beside nothing else."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx2

from dashboard.demo.environment import source_tables
from dashboard.valkey import is_answering
from realtime.heartbeat import Kind
from tests.e2e.test_demo import processes_of
from tests.services.process import free_port, running
from tests.services.waiting import wait_until

SECRET = "a-secret-of-the-simulator"
PATIENT_HONCHO = "from honcho import command, manager; manager.KILL_WAIT = 40; command.main(['start'])"
"""It kills what has not ended 5 s after the first: too soon for a busy machine."""


def is_serving(port: int) -> bool:
    """Say whether the site answers."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx2.TransportError:
        return False


def kinds_at_work(database: Path) -> set[str]:
    """Return the kinds of processes that have written down that they work."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return {kind for (kind,) in connection.execute("SELECT kind FROM realtime_heartbeat")}


def test_the_procfile_runs_an_installation_with_its_own_valkey(tmp_path: Path) -> None:
    port = free_port()
    folder = tmp_path / "var"
    environment = {
        "VAR_DIR": str(folder),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SOURCES_FILE": str(folder / "sources.toml"),
        "DEMO_CLIENT_SECRET": SECRET,
        "PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    simulate = ("manage.py", "simulate", "--port", "0", "--client-id", "demo", "--client-secret", SECRET)
    with running("manage.py", "migrate", log_path=tmp_path / "migrate.log", environment=environment) as migrating:
        assert migrating.popen.wait(60) == 0, migrating.output
    with running(*simulate, log_path=tmp_path / "simulator.log") as simulator:
        url = simulator.wait_for_output("simulator: ").removeprefix("simulator: ")
        (folder / "sources.toml").write_text(source_tables({"simulator": url}), encoding="utf-8")
        with running("-c", PATIENT_HONCHO, log_path=tmp_path / "honcho.log", environment=environment) as honcho:
            honcho.wait_for_output("state=live", seconds=60)
            wait_until(lambda: is_serving(port), seconds=60, what="the site on PORT")
            wait_until(lambda: kinds_at_work(folder / "dashboard.sqlite3") == set(Kind), 60, "all at work")
            assert is_answering(folder / "valkey.sock")

            assert honcho.end(seconds=60) == 143  # as honcho says SIGTERM
    assert processes_of(folder) == []
    assert [line for line in honcho.output.splitlines() if "stopped (rc=" in line and "rc=0" not in line] == []
