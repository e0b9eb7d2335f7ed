"""Fixtures: the real services that tests run against. Each is private to a worker and starts when first asked for."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from realtime.database import DatabaseThread
from tests.services.browser import Launcher, launching
from tests.services.database import default_database, empty, forget_audit, migrate
from tests.services.postgres import PostgresServer, create_database_on, provide_postgres
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer

expect.set_options(timeout=30_000)  # milliseconds; on a busy machine five seconds are not enough
hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")


def pytest_configure() -> None:
    """Make this worker's folder. Other users may pass through it, because PostgreSQL does not run as root."""
    settings.TEST_FOLDER.mkdir(mode=0o711, exist_ok=True)
    settings.FOLDER.mkdir(mode=0o711, exist_ok=True)


def pytest_unconfigure() -> None:
    """Remove the folders of all workers, once the last has ended."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(settings.TEST_FOLDER, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all tests of a page run on one event loop, which the browser that they share stands on."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def folder() -> Path:
    """A short private folder, fit for unix sockets; it is removed in the end."""
    path: Path = settings.FOLDER
    return path


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[ValkeyServer]:
    """The Valkey that `settings.REDIS_URL` names, running. A test that stops it must start it again."""
    server = ValkeyServer(folder / "valkey.sock")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def private_postgres(folder: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL of our own, which tests may stop and start."""
    server = provide_postgres(folder / "postgres")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server_url(request: pytest.FixtureRequest) -> str:
    """A PostgreSQL on which databases can be made: the one that TEST_DATABASE_URL names, else a private one."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return given
    server: PostgresServer = request.getfixturevalue("private_postgres")
    return server.database_url("postgres")


@pytest.fixture
def postgres_url(postgres_server_url: str, folder: Path) -> str:
    """An empty PostgreSQL database, for the `DATABASE_URL` of real processes."""
    return create_database_on(postgres_server_url, f"dashboard_{folder.name}_processes")


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_server_url: str, folder: Path, django_db_blocker: DjangoDbBlocker) -> str:
    """A PostgreSQL database with our tables."""
    url = create_database_on(postgres_server_url, f"dashboard_{folder.name}_tests")
    with django_db_blocker.unblock(), default_database(url):
        migrate()
    return url


@pytest.fixture(autouse=True)
def forgotten_audit(request: pytest.FixtureRequest) -> Iterator[None]:
    """Empty the audit log before the tables of a test with real transactions are: only so the database lets it."""
    marker = request.node.get_closest_marker("django_db")
    is_marked = marker is not None and bool(marker.kwargs.get("transaction"))
    if not is_marked and "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    forget_audit()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """Run the test on SQLite and on PostgreSQL, with real transactions; gives the vendor's name.

    Threads that the test starts see the right database too.
    """
    if request.param == "sqlite":
        yield request.param
        return
    url: str = request.getfixturevalue("migrated_postgres_url")
    with default_database(url):
        yield request.param
        empty()


@pytest.fixture
def database() -> Iterator[DatabaseThread]:
    """A thread for the database, as whoever uses it from an event loop has one."""
    thread = DatabaseThread("test")
    yield thread
    thread.close()


@pytest.fixture
def own_postgres(
    private_postgres: PostgresServer, folder: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[PostgresServer]:
    """Run the test on a PostgreSQL that it may stop, whatever TEST_DATABASE_URL names."""
    url = create_database_on(private_postgres.database_url("postgres"), f"dashboard_{folder.name}_restarts")
    with django_db_blocker.unblock(), default_database(url):
        migrate()
        yield private_postgres
        if private_postgres.process is None:
            private_postgres.start()


@pytest.fixture(scope="module")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the site of a module keeps its database, its sources.toml and its log."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site_variables() -> dict[str, str]:
    """What the site of a module is told beside its own; modules override it."""
    return {}


@pytest.fixture(scope="module")
def site(
    site_folder: Path, site_variables: dict[str, str], valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Site]:
    """The running site that the tests of a module share, on a database of its own, which is the tests' meanwhile."""
    with (
        site_environment(site_folder, django_db_blocker) as environment,
        serving(environment | site_variables, site_folder / "web.log") as site,
    ):
        yield site


@pytest.fixture(scope="module")
def upstream(site: Site) -> Upstream:
    """The mirror of `helpdesk`, live."""
    upstream = Upstream()
    upstream.say()
    return upstream


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Launcher]:
    """Starts this worker's Chromium, and again should it crash: a start costs as much as most tests of a page."""
    async with launching() as launcher:
        yield launcher


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Launcher) -> AsyncIterator[Browser]:
    """A Chromium without a page. What the test opens, with its cookies and storage, ends with it."""
    browser = await chromium.browser()
    yield browser
    for context in browser.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page. The test fails if anything on it throws, or breaks the content security policy."""
    faults: list[str] = []
    page = await browser.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert faults == []
