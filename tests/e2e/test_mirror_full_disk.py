"""A full disk costs time, no rows and no process; on a small disk that only this test's processes see."""

import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.services.process import ROOT

ON_A_SMALL_DISK = 'mount -t tmpfs -o size=64m none "$1" && shift && exec "$@"'


def on_a_small_disk(disk: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a program that finds a disk of 64 MB in a folder; nobody else sees it, and it goes with the program."""
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", disk, *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


@pytest.mark.usefixtures("valkey")
def test_mirror_survives_a_full_disk(tmp_path: Path, sqlite_url: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not shutil.which("unshare") or on_a_small_disk(disk, "true").returncode:
        # The machine's to allow and nothing to install, so that CI may lack it too.
        pytest.skip("processes may not have file systems of their own here (unshare -rm)")
    done = on_a_small_disk(
        disk, sys.executable, "-m", "tests.e2e.full_disk", str(disk), str(tmp_path), urlsplit(sqlite_url).path
    )
    assert done.returncode == 0, done.stdout + done.stderr
