"""The swarm's process, held by the bench: it is told what to watch and asked what it saw."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from tests.bench.live.swarm import Manner, Report
from tests.bench.report import ROOT
from tests.services.waiting import until

ANSWER_BYTES = 1 << 26
JOIN_SECONDS = 90.0


class Crowd:
    """Many browsers of one server."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._size = 0

    async def watch(self, counts: Mapping[str, int]) -> None:
        """Open so many sockets on each path, and wait until each has its first message."""
        self._size += sum(counts.values())
        self._tell({"watch": list(counts.items())})
        await until(self._have_joined, JOIN_SECONDS, f"{self._size} joined browsers")

    def measure(self) -> None:
        """Forget what was measured so far."""
        self._tell({"measure": True})

    async def ask(self) -> Report:
        """Return what was seen since `measure`."""
        self._tell({"ask": True})
        return Report(**orjson.loads(await self._hear()))

    async def settle(self, quiet_seconds: float, seconds: float) -> None:
        """Wait until no change came for a while, `seconds` at most, without holding the browsers up."""
        before = await self._count()
        for _ in range(round(seconds / quiet_seconds)):
            await asyncio.sleep(quiet_seconds)
            count = await self._count()
            if count == before:
                return
            before = count

    async def _count(self) -> int:
        self._tell({"count": True})
        return int(await self._hear())

    async def _have_joined(self) -> bool:
        return (await self.ask()).joined == self._size

    async def _hear(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.readline()

    def _tell(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps(command) + b"\n")


@asynccontextmanager
async def crowd_at(port: int, headers: str = "", manner: Manner = "reads") -> AsyncIterator[Crowd]:
    """Start a process that can open sockets on a server, and treats them in that manner (`swarm`)."""
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.bench.live.swarm",
            "127.0.0.1",
            str(port),
            headers,
            manner,
        ),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=ANSWER_BYTES,
    )
    try:
        yield Crowd(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
