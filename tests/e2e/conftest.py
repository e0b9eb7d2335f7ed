"""Migrated, empty databases for real processes. They are migrated once and then copied."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import Page, Request
from psycopg.sql import SQL, Identifier
from pytest_django import DjangoDbBlocker

from tests.e2e.center import Center, running_center
from tests.services.database import make_sqlite
from tests.services.postgres import create_database_on
from tests.services.process import running
from tests.services.site import Upstream
from tests.services.valkey import ValkeyServer

LEFT = "net::ERR_ABORTED"  # how a fetch ends whose page is left before it was answered


def migrate(url: str, folder: Path) -> None:
    """Create the tables of a database, in a process of its own."""
    log_path = folder / "migrate.log"
    with running("manage.py", "migrate", log_path=log_path, environment={"DATABASE_URL": url}) as process:
        assert process.popen.wait(60) == 0, process.output


@pytest.fixture
def sqlite_url(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> str:
    """A migrated SQLite database of the test's own."""
    with django_db_blocker.unblock():
        make_sqlite(tmp_path / "mirror.sqlite3")
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


@pytest.fixture(scope="module")
def upstream(upstream: Upstream) -> Iterator[Upstream]:
    """The mirror of `helpdesk`, live for as long as the tests of a module take."""
    with upstream.talking():
        yield upstream


@pytest.fixture(scope="module")
def center(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Center]:
    """A center in which nothing happens by itself, shared by the tests of a module."""
    with running_center(tmp_path_factory.mktemp("center"), django_db_blocker) as center:
        yield center


@pytest.fixture
def session(center: Center) -> str:
    """Somebody who is signed in at the center."""
    return center.log_in()


@pytest_asyncio.fixture(loop_scope="session")
async def faults(page: Page) -> list[str]:
    """What goes wrong on the page, in the order in which it does."""
    faults: list[str] = []

    def fail(request: Request) -> None:
        if request.failure != LEFT:
            faults.append(f"{request.url}: {request.failure}")

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: faults.append(f"a dialog: {dialog.message}"))
    page.on("requestfailed", fail)
    return faults


@pytest_asyncio.fixture(loop_scope="session")
async def loads(page: Page) -> list[str]:
    """The path of every load of the page; what is pushed needs none."""
    loads: list[str] = []
    page.on("load", lambda one: loads.append(urlsplit(one.url).path))
    return loads
