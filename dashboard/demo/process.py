"""Child processes that never outlive us: each in its own group, on a leash the kernel holds."""

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 8.0
PRCTL = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only; elsewhere a killed demo leaves its processes behind


class Ended(Exception):
    """A process ended that should have gone on; the text is for a person."""


class Child:
    """One running process, its log file, and its end."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log_path: Path) -> None:
        self.name = name
        self.process = process
        self.log_path = log_path

    def log_lines(self) -> list[str]:
        """Return what the process has printed."""
        return self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()

    async def watch(self) -> None:
        """Wait until the process ends, then raise Ended with its last words."""
        status = await self.process.wait()
        last_words = "\n".join(f"  {line}" for line in self.log_lines()[-15:])
        raise Ended(f"{self.name} ended with status {status}. Its last lines ({self.log_path}):\n{last_words}")

    async def stop(self) -> None:
        """Ask the whole group to end, and kill what does not."""
        self.signal_group(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        self.signal_group(signal.SIGKILL)
        await self.process.wait()

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to every process of the group, if there is one left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


async def start_child(name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Child:
    """Start a process whose output goes to `<folder>/<name>.log` and that dies with us, even if we are killed."""
    log_path = folder / f"{name}.log"
    parent = os.getpid()

    def hold_leash() -> None:
        """In the child, before the program: have the kernel send SIGTERM when our parent is gone."""
        if PRCTL is not None:
            PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it went between the fork and the line above
            os.kill(os.getpid(), signal.SIGKILL)

    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=hold_leash,
        )
    return Child(name, process, log_path)
