"""A mirror whose disk is full for a while: `python -m tests.e2e.full_disk DISK FOLDER DATABASE`, DISK a small one."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path

from tests.e2e.mirroring import check_convergence, installed, simulating

OPTIONS = ("--reps", "15", "--sessions", "20", "--rate", "20")


def fill(path: Path) -> None:
    """Write a file until nothing more fits on its disk."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def main(disk: Path, folder: Path, template: Path) -> None:
    """Fill the disk under a running mirror, read what is stored, make room again, and compare with the appliance."""
    shutil.copy(template, disk / "mirror.sqlite3")
    url = f"sqlite:///{disk / 'mirror.sqlite3'}"
    with simulating(folder, *OPTIONS) as appliance, installed(folder, url, appliance) as installation:
        mirror = installation.start_mirror()
        installation.wait_for_state("live")
        fill(disk / "filler")
        mirror.wait_for_output("commit failed, trying again", 60)
        assert installation.dump()["representative"]
        (disk / "filler").unlink()
        check_convergence(appliance, installation)
        assert mirror.popen.poll() is None


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
