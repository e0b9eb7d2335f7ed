"""What lines run in: a private folder, databases of both kinds, a Valkey; each is made when first asked for."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

from tests.services.database import default_database, migrate
from tests.services.postgres import create_database_on, provide_postgres
from tests.services.valkey import ValkeyServer

VENDORS = ("sqlite", "postgresql")


def empty_mirror() -> None:
    """Empty the mirror's tables, and no others."""
    tables = [model._meta.db_table for model in apps.get_app_config("realtime").get_models()]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables))


@dataclass
class Surroundings:
    """One run's surroundings. `quick` lines may be smaller; `samples` is how many each line takes."""

    folder: Path
    quick: bool
    stack: ExitStack
    _databases: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """How many samples of each side a line takes."""
        return 3 if self.quick else 5

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

    def database_url(self, vendor: str) -> str:
        """Return the address of a migrated database of ours."""
        if vendor not in self._databases:
            if vendor == "sqlite":
                url = f"sqlite:///{self.folder}/bench.sqlite3"
            else:
                url = create_database_on(self.postgres_url, f"dashboard_{self.folder.parent.name}_bench")
            with default_database(url):
                migrate()
            self._databases[vendor] = url
        return self._databases[vendor]

    @contextmanager
    def database(self, vendor: str) -> Iterator[str]:
        """Let Django's default database be an empty one of that kind; gives its address."""
        url = self.database_url(vendor)
        with default_database(url):
            empty_mirror()
            yield url
