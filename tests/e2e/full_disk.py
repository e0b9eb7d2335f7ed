"""A mirror whose disk is full for a while: `python -m tests.e2e.full_disk DISK FOLDER DATABASE`, DISK a small one."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path

from tests.e2e.mirroring import Appliance, check_convergence, installed, simulating
from tests.services.waiting import wait_until

OPTIONS = ("--reps", "15", "--sessions", "20")
EXPIRED = "lease_expires_at < STRFTIME('%Y-%m-%d %H:%M:%f', 'now')"


def fill(path: Path) -> None:
    """Write a file until nothing more fits on its disk."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def insert_much(appliance: Appliance) -> None:
    """Let the appliance have 10 MB more, twice what SQLite's log takes before it begins anew in the room it has."""
    created = {"created_timestamp": 1_700_000_000, "issue_description": "x" * 5000}
    for start in range(1, 2000, 100):
        appliance.tell("apply", insert={"support_session": {str(start + number): created for number in range(100)}})


def main(disk: Path, folder: Path, template: Path) -> None:
    """Fill the disk under a running mirror until pages call it stale, make room again, and compare what is stored."""
    shutil.copy(template, disk / "mirror.sqlite3")
    url = f"sqlite:///{disk / 'mirror.sqlite3'}"
    with simulating(folder, *OPTIONS) as appliance, installed(folder, url, appliance) as installation:
        mirror = installation.start_mirror()
        installation.wait_for_state("live", 60)
        fill(disk / "filler")
        insert_much(appliance)
        mirror.wait_for_output("commit failed, trying again", 60)
        wait_until(lambda: installation.link(EXPIRED) == (1,), 60, "the end of the lease")
        assert installation.dump()["representative"]
        (disk / "filler").unlink()
        check_convergence(appliance, installation)
        assert mirror.popen.poll() is None


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
