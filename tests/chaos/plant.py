"""Plant a bug in a copy of the tree and see what catches it: `python -m tests.chaos.plant [name …]`.

A bug is one replaced line. For each, chaos runs with a fixed seed and then the suite's own tests of that part, both in
the copy; the table says which of them failed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.services.process import ROOT

CHAOS = {"SECONDS": "25", "SEED": "5"}
LINKED = (".venv", "node_modules", "staticroot")  # read by the copy, never written
LIMIT_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Bug:
    """A line of a file, what is put in its place, and the tests that should notice."""

    path: str
    line: str
    wrong: str
    tests: str


BUGS = {
    "lost delete on reconnect": Bug(
        "realtime/session.py",
        "return Change(source, deletes=gone, cause=Cause.SWEEP)",
        "return Change(source, deletes={}, cause=Cause.SWEEP)",
        "tests/realtime/test_session.py",
    ),
    "dropped push": Bug(
        "dashboard/live/hub.py",
        "            socket.push(message, now)\n",
        "            _ = message.seq % 7 and socket.push(message, now)\n",
        "tests/dashboard/live/test_hub.py",
    ),
    "double poll": Bug(
        "dashboard/vendors/schedule.py",
        "    free = Q(claimed_until=None) | ",
        "    free = Q(source__in=enabled) | ",
        "tests/dashboard/vendors/test_schedule.py",
    ),
    "two writers": Bug(
        "realtime/store.py",
        '    free = Q(owner="") | Q(lease_expires_at=None) | has_ended\n',
        "    free = ~Q(owner=owner)\n",
        "tests/realtime/test_store.py",
    ),
    "leaked scope": Bug(
        "dashboard/live/scoped.py",
        "lambda sight, row: row if covers(sight, row) else None",
        "lambda sight, row: row",
        "tests/dashboard/live/test_scoped.py",
    ),
    "unbounded queue": Bug(
        "dashboard/live/socket.py",
        "        return self._steps - self._answered_steps >= WINDOW_STEPS or "
        "self._size - self._answered_size >= WINDOW_BYTES\n",
        "        return False\n",
        "tests/dashboard/live/test_socket.py",
    ),
    "slow socket kept": Bug(
        "dashboard/live/socket.py",
        "        return bool(self._questions) and now - self._questions[0].at > ACK_SECONDS\n",
        "        return False\n",
        "tests/dashboard/live/test_socket.py",
    ),
}


def copy_tree(folder: Path) -> None:
    """Copy what the repository holds, and link what is only installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if name in LINKED or not (ROOT / name).is_file():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in LINKED:
        (folder / name).symlink_to((ROOT / name).resolve())


def plant(bug: Bug, folder: Path) -> None:
    """Replace the bug's line, which must stand there once."""
    path = folder / bug.path
    text = path.read_text()
    if text.count(bug.line) != 1:
        raise SystemExit(
            f"{bug.path} holds {bug.line.strip()!r} {text.count(bug.line)} times; mend tests/chaos/plant.py"
        )
    path.write_text(text.replace(bug.line, bug.wrong))


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run Python in the copy; return its exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder, env=os.environ | CHAOS | {"PYTHONPATH": str(folder)}, capture_output=True, text=True,
        timeout=LIMIT_SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def verdict(status: int, output: str) -> str:
    """Return what a run of chaos said: the rules that were broken, or that they held."""
    rules = [line for line in output.splitlines() if "violations; rules: " in line]
    if status == 0:
        return "not caught"
    return rules[0].split("rules: ")[1] if rules else f"the run broke: {output.strip().splitlines()[-1:]}"


def main(names: list[str]) -> None:
    """Plant each bug and print the table."""
    print("| planted | chaos | suite |\n|---|---|---|", flush=True)
    for name in names or BUGS:
        bug = BUGS[name]
        with tempfile.TemporaryDirectory(prefix="plant-") as temporary:
            folder = Path(temporary)
            copy_tree(folder)
            plant(bug, folder)
            chaos = verdict(*run(folder, "tests.chaos"))
            status, _output = run(folder, "pytest", "-q", "-x", bug.tests)
        print(f"| {name} | {chaos} | {'caught by' if status == 1 else 'missed by'} `{bug.tests}` |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
