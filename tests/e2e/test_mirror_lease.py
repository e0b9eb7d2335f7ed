"""One mirror at a time: a second one waits and takes over; one that was stopped and continued stands down."""

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.e2e.mirroring import Installation, check_convergence, installed, simulating
from tests.services.process import Process
from tests.services.waiting import wait_until

pytestmark = pytest.mark.usefixtures("valkey")

OPTIONS = ("--reps", "15", "--sessions", "20", "--speed", "3")
TAKEOVER_SECONDS = 40.0  # the lease lives 8 s and is asked for each second; the rest is for a busy machine
END_SECONDS = 5.0  # as docs/operating.md promises


def start_pair(installation: Installation) -> tuple[Process, Process]:
    """Start two mirrors: the first is active, the second waits."""
    active = installation.start_mirror()
    active.wait_for_output("lease taken")
    waiting = installation.start_mirror()
    waiting.wait_for_output("another mirror holds the lease, waiting")
    installation.wait_for_state("live")
    assert owner_of(installation) == str(active.popen.pid)
    return active, waiting


def owner_of(installation: Installation) -> str:
    """Return the process id in the lease's owner."""
    owner: str = installation.link("owner")[0]
    return owner.split(":")[-2] if owner else ""


def wait_for_takeover(installation: Installation, successor: Process) -> None:
    """Wait until another mirror holds the lease."""
    wait_until(lambda: owner_of(installation) == str(successor.popen.pid), TAKEOVER_SECONDS, "the takeover")


def test_killed_mirror_is_followed_by_the_one_that_waits(tmp_path: Path, mirror_database_url: str) -> None:
    with (
        simulating(tmp_path, *OPTIONS) as appliance,
        installed(tmp_path, mirror_database_url, appliance) as installation,
    ):
        active, waiting = start_pair(installation)
        assert appliance.connections == 1
        (fence,) = installation.link("fence")
        active.end(signal.SIGKILL)
        gone = next(iter(appliance.truth["support_session"]))
        appliance.tell("apply", delete={"support_session": [gone]})
        wait_for_takeover(installation, waiting)
        assert installation.link("fence") == (fence + 1,)
        truth = check_convergence(appliance, installation)
        assert gone not in truth["support_session"]
        assert appliance.mints == 1


def test_stopped_and_continued_mirror_stands_down(tmp_path: Path, mirror_database_url: str) -> None:
    with (
        simulating(tmp_path, *OPTIONS) as appliance,
        installed(tmp_path, mirror_database_url, appliance) as installation,
    ):
        active, waiting = start_pair(installation)
        wait_until(lambda: is_stopped_between_commits(active, mirror_database_url), what="a moment without a commit")
        try:
            wait_for_takeover(installation, waiting)
            installation.wait_for_state("live")
        finally:
            active.popen.send_signal(signal.SIGCONT)
        active.wait_for_output("lease lost")
        wait_until(lambda: active.output.count("another mirror holds the lease, waiting"), what="the stand-down")
        check_convergence(appliance, installation)
        assert owner_of(installation) == str(waiting.popen.pid)
        wait_until(lambda: appliance.ask("status")["subscribed"] == 1, what="the end of the old link")
        assert (active.popen.poll(), waiting.popen.poll()) == (None, None)


def is_stopped_between_commits(mirror: Process, url: str) -> bool:
    """Stop a mirror; one that stands within a commit to SQLite goes on again, for nothing can take its lock away."""
    mirror.popen.send_signal(signal.SIGSTOP)
    if not url.startswith("sqlite:"):
        return True
    try:
        with closing(sqlite3.connect(urlsplit(url).path, timeout=0.5)) as connection:
            connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        mirror.popen.send_signal(signal.SIGCONT)
        return False
    return True


def test_a_mirror_stopped_in_mid_transaction_keeps_no_lock(
    tmp_path: Path, postgres_template: Callable[[], str]
) -> None:
    url = postgres_template()
    with simulating(tmp_path, *OPTIONS) as appliance, installed(tmp_path, url, appliance) as installation:
        active, waiting = start_pair(installation)
        with psycopg.connect(url) as server:
            server.execute("LOCK TABLE realtime_supportsession IN EXCLUSIVE MODE")
            wait_until(lambda: is_held_up(url), what="a commit that waits")
            active.popen.send_signal(signal.SIGSTOP)
        try:
            wait_for_takeover(installation, waiting)
            check_convergence(appliance, installation)
        finally:
            active.popen.send_signal(signal.SIGCONT)
        wait_until(lambda: active.output.count("another mirror holds the lease, waiting"), what="the stand-down")
        assert owner_of(installation) == str(waiting.popen.pid)
        assert (active.popen.poll(), waiting.popen.poll()) == (None, None)


def is_held_up(url: str) -> bool:
    """Whether somebody waits for a lock."""
    with psycopg.connect(url) as server:
        count = server.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return count != (0,)


def test_sigterm_ends_within_five_seconds_and_hands_over_at_once(tmp_path: Path, sqlite_url: str) -> None:
    with simulating(tmp_path, *OPTIONS) as appliance, installed(tmp_path, sqlite_url, appliance) as installation:
        active, waiting = start_pair(installation)
        assert active.end(signal.SIGTERM, END_SECONDS) == 0
        assert owner_of(installation) != str(active.popen.pid)
        assert "lease not given back" not in active.output
        wait_for_takeover(installation, waiting)
        check_convergence(appliance, installation)
        assert waiting.end(signal.SIGTERM, END_SECONDS) == 0
        assert installation.link("owner", "lease_expires_at", "state") == ("", None, "stopped")
        assert "Traceback" not in active.output + waiting.output


def test_killed_mirror_started_anew_catches_up(tmp_path: Path, sqlite_url: str) -> None:
    with simulating(tmp_path, *OPTIONS) as appliance, installed(tmp_path, sqlite_url, appliance) as installation:
        mirror = installation.start_mirror()
        installation.wait_for_state("live")
        mirror.end(signal.SIGKILL)
        gone = list(appliance.truth["support_session"])[:5]
        appliance.tell("apply", delete={"support_session": gone})
        installation.start_mirror().wait_for_output("lease taken")
        truth = check_convergence(appliance, installation)
        assert truth["support_session"].keys().isdisjoint(gone)
