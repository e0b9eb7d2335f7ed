"""Invariant 1 with real processes, on both databases: what is stored equals the appliance's tables."""

import signal
from pathlib import Path

import pytest

from tests.e2e.mirroring import check_convergence, installed, simulating
from tests.services.waiting import wait_until

pytestmark = pytest.mark.usefixtures("valkey")

BUSY = ("--reps", "20", "--sessions", "30", "--rate", "30", "--speed", "20", "--rows-per-message", "40")


def test_mirror_equals_an_appliance_with_every_freedom(tmp_path: Path, mirror_database_url: str) -> None:
    options = (*BUSY, "--freedom", "all", "--ids", "edge")
    with (
        simulating(tmp_path, *options) as appliance,
        installed(tmp_path, mirror_database_url, appliance) as installation,
    ):
        mirror = installation.start_mirror()
        installation.wait_for_copy()
        before = appliance.ask("status")["changes"]
        wait_until(lambda: appliance.ask("status")["changes"] > before + 100, what="changes")
        check_convergence(appliance, installation)
        appliance.cause("drop")
        wait_until(lambda: appliance.connections >= 2, what="a second connection")
        check_convergence(appliance, installation)
        assert installation.link("illegal_count") == (0,)
        assert mirror.end(signal.SIGTERM, seconds=5) == 0
        assert installation.link("owner", "state") == ("", "stopped")


def test_appliance_killed_and_started_anew_is_mirrored_anew(tmp_path: Path, mirror_database_url: str) -> None:
    with simulating(tmp_path, *BUSY, "--seed", "1") as appliance:
        port = int(appliance.url.rpartition(":")[2])
        with installed(tmp_path, mirror_database_url, appliance) as installation:
            installation.start_mirror()
            installation.wait_for_copy()
            first = check_convergence(appliance, installation)
            appliance.process.end(signal.SIGKILL)
            installation.wait_for_state("retrying")
            with simulating(tmp_path, *BUSY, "--seed", "2", port=port) as successor:
                wait_until(lambda: successor.connections, what="a connection")
                second = check_convergence(successor, installation)
                assert second != first
