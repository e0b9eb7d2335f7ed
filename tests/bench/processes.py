"""A real mirror process against a simulator that runs in ours, and what it publishes."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psutil
from asgiref.sync import sync_to_async

from realtime import feed, store
from realtime.feed import Published
from realtime.schema import TABLES
from realtime.simulator.options import Options
from realtime.simulator.server import Simulator
from realtime.status import LinkState, LinkStatus
from tests.bench.appliance import SOURCE, count_rows
from tests.bench.report import ROOT
from tests.bench.surroundings import Surroundings
from tests.services.waiting import until

STOP_SECONDS = 10
COPY_SECONDS = 180  # for the largest of all centers


@dataclass
class Stage:
    """A simulator whose center stands still, a mirror process that follows it, and our ear at its feed.

    `environment` says which database, Valkey and sources a site beside them uses.
    """

    simulator: Simulator
    process: psutil.Process
    environment: dict[str, str]
    status: LinkStatus | None = None
    on_published: list[Callable[[Published], None]] = field(default_factory=list)

    async def live(self, connections: int = 1) -> None:
        """Wait until so many connections were made and the last one's copy is settled."""
        await until(lambda: self._is_live(connections), COPY_SECONDS, "a live mirror")

    async def _is_live(self, connections: int) -> bool:
        status = self.status
        return status is not None and status.state is LinkState.LIVE and status.connection_count >= connections

    async def is_written(self) -> bool:
        """Whether the database, which must be Django's default one, holds the whole copy."""
        return await sync_to_async(count_written)() >= count_rows(self.simulator.center.tables)

    def rss_mb(self) -> float:
        """Return the mirror's resident memory in MB (10^6 bytes)."""
        return float(self.process.memory_info().rss) / 1e6

    def cpu_seconds(self) -> float:
        """Return the processor time the mirror has spent so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    async def listen(self) -> None:
        """Hear the feed until cancelled."""
        async for told in feed.follow():
            if isinstance(told, LinkStatus):
                self.status = told
            else:
                for hear in self.on_published:
                    hear(told)


def count_written() -> int:
    """Return how many rows of the source the database holds."""
    return sum(store.MODELS[table]._default_manager.filter(source=SOURCE).count() for table in TABLES)


@asynccontextmanager
async def mirrored(
    surroundings: Surroundings, database_url: str, sessions: int, reps: int, more_sources: str = ""
) -> AsyncIterator[Stage]:
    """Start a simulator of that size and a mirror; go on once the mirror is live."""
    valkey_url = surroundings.valkey.url
    async with Simulator(Options(sessions=sessions, reps=reps)) as simulator:
        simulator.pause()
        sources = surroundings.folder / f"sources-{simulator.port}.toml"
        sources.write_text(
            f'[{SOURCE}]\nvendor = "beyondtrust"\nurl = "{simulator.url}"\n'
            f'client_id = "{simulator.options.client_id}"\nclient_secret = "{simulator.options.client_secret}"\n'
            + more_sources
        )
        sources.chmod(0o600)
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": valkey_url,
            "SOURCES_FILE": str(sources),
        }
        own = os.environ | environment | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}
        with (surroundings.folder / "mirror.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220  # forking takes a millisecond, and nothing is measured yet
                [sys.executable, "manage.py", "runmirror"], cwd=ROOT, env=own, stdout=log, stderr=log
            )
        stage = Stage(simulator, psutil.Process(process.pid), environment)
        ear = asyncio.create_task(stage.listen())
        try:
            await stage.live()
            await until(stage.is_written, COPY_SECONDS, "the first copy in the database")
            yield stage
        finally:
            ear.cancel()
            await asyncio.gather(ear, return_exceptions=True)
            process.terminate()
            await asyncio.to_thread(process.wait, STOP_SECONDS)
