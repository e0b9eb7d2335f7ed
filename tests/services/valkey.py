"""A real Valkey for tests, on a private unix socket; it can be stopped and started again."""

import subprocess
from pathlib import Path

from dashboard.valkey import is_answering, server_command
from tests.services.waiting import wait_until


class ValkeyServer:
    """The server and its address."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path
        self.url = f"unix://{socket_path}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.socket_path.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(server_command(self.socket_path), stdout=log, stderr=log)
        wait_until(lambda: is_answering(self.socket_path), what="Valkey's socket")

    def stop(self, *, killed: bool = False) -> None:
        """End it, politely or not."""
        if self.process is not None:
            self.process.kill() if killed else self.process.terminate()
            self.process.wait(10)
            self.process = None
