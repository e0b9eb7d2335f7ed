"""Start the product's real processes in tests, and be sure that they end."""

import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.services.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST_PORT, PORTS, WORKERS = 20_000, 1000, 12  # below 32768: from there on Linux gives them to whoever wants any
NUMBERS = itertools.count(os.getpid())  # another run on this machine begins elsewhere


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on now and no other worker is given, for it is used later."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    ports = (FIRST_PORT + worker * PORTS + number % PORTS for number in itertools.islice(NUMBERS, PORTS))
    return next(port for port in ports if is_free(port))


def is_free(port: int) -> bool:
    """Say whether a port of loopback can be listened on."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Process:
    """A running process of ours and what it prints."""

    def __init__(self, popen: "subprocess.Popen[bytes]", log_path: Path) -> None:
        self.popen = popen
        self.log_path = log_path

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def wait_for_output(self, text: str, seconds: float = 90) -> str:
        """Wait until a line with this text is printed, and return the line."""
        return wait_until(lambda: self._line_with(text), seconds, f"{text!r} in the output of {self.popen.args!r}")

    def _line_with(self, text: str) -> str:
        output = self.output
        ended = self.popen.poll()
        if text not in output and ended is not None:
            raise AssertionError(f"{self.popen.args!r} ended with {ended}: {output[-2000:]}")
        return next((line for line in output.splitlines() if text in line), "")

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 10) -> int:
        """Send a signal and return the exit status."""
        self.popen.send_signal(number)
        return self.popen.wait(seconds)


@contextmanager
def running(*arguments: str, log_path: Path, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run `python <arguments>` in the repository with the tests' settings; afterwards its whole group is dead."""
    settings = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "PYTHONUNBUFFERED": "1"}
    with log_path.open("wb") as log:
        popen = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **settings, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Process(popen, log_path)
    finally:
        if popen.poll() is None:
            os.killpg(popen.pid, signal.SIGKILL)
            popen.wait(10)
