"""Migrated, empty databases for real processes. They are migrated once and then copied."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.services.postgres import create_database_on
from tests.services.process import running


def migrate(url: str, folder: Path) -> None:
    """Create the tables of a database, in a process of its own."""
    log_path = folder / "migrate.log"
    with running("manage.py", "migrate", log_path=log_path, environment={"DATABASE_URL": url}) as process:
        assert process.popen.wait(60) == 0, process.output


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database that nobody writes to."""
    folder = tmp_path_factory.mktemp("template")
    migrate(f"sqlite:///{folder / 'template.sqlite3'}", folder)
    return folder / "template.sqlite3"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    shutil.copy(sqlite_template, tmp_path / "mirror.sqlite3")
    return f"sqlite:///{tmp_path / 'mirror.sqlite3'}"


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server_url: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Make migrated PostgreSQL databases, each of them dropping the one before."""
    template = f"dashboard_{folder.name}_template"
    migrate(create_database_on(postgres_server_url, template), tmp_path_factory.mktemp("template"))

    def copied() -> str:
        name = f"dashboard_{folder.name}_mirror"
        url = create_database_on(postgres_server_url, name)
        with psycopg.connect(postgres_server_url, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {}").format(Identifier(name)))
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        return url

    return copied


@pytest.fixture(params=["sqlite", "postgresql"])
def mirror_database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        return url
    copied: Callable[[], str] = request.getfixturevalue("postgres_template")
    return copied()
