"""Polling with a real Celery worker, beat and Valkey: killed, restarted, hung upon; nothing is lost, nothing twice."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.polling import Installation, Vendors, kill_children, kill_worker, vendors_simulated
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

pytestmark = pytest.mark.usefixtures("valkey")

COUNT = 150  # more than one page


@pytest.fixture
def vendors(tmp_path: Path) -> Iterator[Vendors]:
    """Simulated vendors with sessions under way."""
    with vendors_simulated(tmp_path) as running:
        yield running


def installed(tmp_path: Path, database_url: str, vendors: Vendors, *sources: str) -> Installation:
    """Return an installation that polls these sources every 5 s."""
    return Installation(tmp_path, database_url, vendors, sources)


def wait_for(installation: Installation, source: str, ids: set[str]) -> None:
    """Wait until exactly these sessions are stored, each once."""

    def holds() -> bool:
        found = installation.ids(source)
        return len(found) == len(set(found)) and set(found) == ids

    wait_until(holds, 60, f"{len(ids)} sessions of {source}")


@pytest.mark.parametrize("whole", [False, True], ids=["children", "whole worker"])
def test_killed_in_the_middle_of_a_poll(
    tmp_path: Path, mirror_database_url: str, vendors: Vendors, whole: bool
) -> None:
    ids = vendors.open_cases("seeit", COUNT)
    vendors.tell("fault", vendor="seeit", fault="time-out", skip=1, count=1)  # the second page never comes
    with closing(installed(tmp_path, mirror_database_url, vendors, "camera")) as installation:
        worker = installation.start_worker()
        installation.start_beat()
        wait_until(lambda: installation.ids("camera"), 60, "the first page")
        wait_until(lambda: installation.is_polling("camera"), what="a poll at work")
        if whole:
            kill_worker(worker)
            installation.start_worker()
        else:
            assert kill_children(worker) == 4
        killed_at = datetime.now(UTC)
        wait_for(installation, "camera", ids)
        wait_until(lambda: installation.good_runs("camera", killed_at), what="a poll that went well")
        ids |= vendors.open_cases("seeit", 1)
        wait_for(installation, "camera", ids)


def test_restarted_valkey(tmp_path: Path, sqlite_url: str, vendors: Vendors, valkey: ValkeyServer) -> None:
    ids = vendors.open_cases("takecontrol", 5)
    with closing(installed(tmp_path, sqlite_url, vendors, "remote")) as installation:
        installation.start_worker()
        installation.start_beat()
        wait_until(lambda: len(installation.ids("remote")) == len(ids), 60, "the first sessions")
        valkey.stop(killed=True)
        ids |= vendors.open_cases("takecontrol", 3)
        valkey.start()
        wait_until(lambda: len(installation.ids("remote")) == len(ids), 60, "what came meanwhile")


def test_vendor_that_hangs_delays_no_other(tmp_path: Path, sqlite_url: str, vendors: Vendors) -> None:
    vendors.tell("fault", vendor="seeit", fault="time-out")
    phoning = vendors.open_cases("evovoice", 3)
    with closing(installed(tmp_path, sqlite_url, vendors, "camera", "phones", "remote")) as installation:
        installation.start_worker()
        installation.start_beat()
        wait_until(lambda: installation.is_polling("camera"), 60, "the hanging poll")
        wait_until(lambda: installation.runs("camera"), 60, "the end of the hanging poll")
        ended = datetime.now(UTC)
        (began, error), *_ = installation.runs("camera")
        assert error == "camera: no answer from 127.0.0.1 in time while listing its sessions."
        for source in ("phones", "remote"):
            polls = [at for at in installation.good_runs(source, began) if at < ended]
            assert polls, f"{source} was not polled while camera hung"
        assert len(installation.ids("phones")) == len(phoning)
