"""What lines run in: a private folder, databases, a Valkey, an event loop; each is made when first asked for."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

from tests.services.database import default_database, migrate
from tests.services.postgres import create_database_on, provide_postgres
from tests.services.valkey import ValkeyServer

VENDORS = ("sqlite", "postgresql")
QUICK = os.environ.get("QUICK", "") not in {"", "0"}  # fewer samples, smaller sizes, slow lines left out

Entered = TypeVar("Entered")


def empty_mirror() -> None:
    """Empty the mirror's tables, and no others."""
    tables = [model._meta.db_table for model in apps.get_app_config("realtime").get_models()]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


@dataclass(eq=False)
class Surroundings:
    """One run's surroundings; what they started ends with the stack."""

    folder: Path
    stack: ExitStack
    _databases: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """How many samples of each side a line takes."""
        return 3 if QUICK else 5

    @cached_property
    def runner(self) -> asyncio.Runner:
        """An event loop that outlives a line, so that what one line started can serve others."""
        return self.stack.enter_context(asyncio.Runner())

    def enter(self, manager: AbstractAsyncContextManager[Entered]) -> Entered:
        """Enter something on that loop until the end of the run."""

        async def begin() -> Entered:
            return await manager.__aenter__()

        async def end() -> None:
            await manager.__aexit__(None, None, None)

        runner = self.runner
        entered = runner.run(begin())
        self.stack.callback(lambda: runner.run(end()))
        return entered

    @cached_property
    def valkey(self) -> ValkeyServer:
        """A running Valkey: the one that `REDIS_URL` and the settings name."""
        server = ValkeyServer(self.folder / "valkey.sock")
        server.start()
        self.stack.callback(server.stop)
        return server

    @cached_property
    def postgres_url(self) -> str:
        """A PostgreSQL server on which databases can be made."""
        if given := os.environ.get("TEST_DATABASE_URL"):
            return given
        server = provide_postgres(self.folder / "postgres")
        self.stack.callback(server.stop)
        return server.database_url("postgres")

    def database_url(self, vendor: str, name: str = "bench") -> str:
        """Return the address of a migrated database of ours."""
        if (vendor, name) not in self._databases:
            if vendor == "sqlite":
                url = f"sqlite:///{self.folder}/{name}.sqlite3"
            else:
                url = create_database_on(self.postgres_url, f"dashboard_{self.folder.parent.name}_{name}")
            with default_database(url):
                migrate()
            self._databases[vendor, name] = url
        return self._databases[vendor, name]

    @contextmanager
    def database(self, vendor: str) -> Iterator[str]:
        """Let Django's default database be an empty one of that kind; gives its address."""
        url = self.database_url(vendor)
        with default_database(url):
            empty_mirror()
            yield url
