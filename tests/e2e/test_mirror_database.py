"""The database goes away and comes back under a running mirror: nothing ends, nothing is lost but time."""

import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import migrate
from tests.e2e.mirroring import check_convergence, installed, simulating
from tests.services.postgres import PostgresServer, create_database_on
from tests.services.waiting import wait_until

pytestmark = pytest.mark.usefixtures("valkey")

OPTIONS = ("--reps", "15", "--sessions", "20", "--speed", "3")


@pytest.mark.parametrize("killed", [False, True], ids=["fast", "immediate"])
def test_mirror_survives_a_restarted_postgresql(tmp_path: Path, private_postgres: PostgresServer, killed: bool) -> None:
    url = create_database_on(private_postgres.database_url("postgres"), "restarted")
    migrate(url, tmp_path)
    with simulating(tmp_path, *OPTIONS) as appliance, installed(tmp_path, url, appliance) as installation:
        mirror = installation.start_mirror()
        installation.wait_for_state("live")
        private_postgres.stop(killed=killed)
        try:
            gone = list(appliance.truth["support_session"])[:5]
            appliance.tell("apply", delete={"support_session": gone})
            mirror.wait_for_output("trying again")
        finally:
            private_postgres.start()
        truth = check_convergence(appliance, installation)
        assert truth["support_session"].keys().isdisjoint(gone)
        assert mirror.popen.poll() is None


def test_mirror_survives_a_locked_sqlite(tmp_path: Path, sqlite_url: str) -> None:
    options = (*OPTIONS, "--rate", "20")
    with simulating(tmp_path, *options) as appliance, installed(tmp_path, sqlite_url, appliance) as installation:
        mirror = installation.start_mirror()
        installation.wait_for_copy()
        other = sqlite3.connect(urlsplit(sqlite_url).path, isolation_level=None, timeout=20)
        other.execute("BEGIN IMMEDIATE")
        seq = installation.link("seq")
        before = appliance.ask("status")["changes"]
        wait_until(lambda: appliance.ask("status")["changes"] > before + 20, what="changes")
        assert installation.link("seq") == seq
        other.execute("ROLLBACK")
        other.close()
        check_convergence(appliance, installation)
        assert mirror.popen.poll() is None
