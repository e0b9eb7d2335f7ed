"""The services that other tests stand on are the real thing."""

import threading

import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from playwright.async_api import Page

from dashboard.models import Team
from tests.services.accessibility import violations
from tests.services.database import default_database, migrate
from tests.services.postgres import PostgresServer, create_database_on
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until


def test_valkey_answers_where_the_settings_say_and_has_no_port(valkey: ValkeyServer) -> None:
    cache.set("greeting", "hello")

    assert cache.get("greeting") == "hello"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.config_get("port", "save", "appendonly") == {"port": "0", "save": "", "appendonly": "no"}


def read_in_thread() -> list[str]:
    """Return the teams' names as a new thread sees them."""
    names: list[str] = []

    def read() -> None:
        names.extend(Team.objects.values_list("name", flat=True))
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(10)
    return names


def test_each_database_is_what_it_says_in_every_thread(each_database: str) -> None:
    assert connection.vendor == each_database
    Team.objects.create(name="leads")

    assert read_in_thread() == ["leads"]


def test_each_database_starts_empty(each_database: str) -> None:
    assert list(Team.objects.values_list("name", flat=True)) == []
    Team.objects.create(name="leads")


async def test_each_database_serves_asynchronous_code(each_database: str) -> None:
    await Team.objects.acreate(name="leads")

    assert await sync_to_async(read_in_thread)() == ["leads"]


def test_sqlite_is_tuned_for_one_writer_and_many_readers(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


async def test_a_browser_draws_a_page(page: Page) -> None:
    await page.set_content("<title>Queues</title><p>12 waiting</p>")

    assert (await page.title(), await page.inner_text("p")) == ("Queues", "12 waiting")


def count_teams() -> int | None:
    """Return how many teams there are, None while the database is away."""
    try:
        return Team.objects.count()
    except (OperationalError, InterfaceError):
        connection.close()
        return None


def test_a_postgresql_that_restarts_is_back_at_once(private_postgres: PostgresServer, transactional_db: None) -> None:
    url = create_database_on(private_postgres.database_url("postgres"), "restarted")
    with default_database(url):
        migrate()
        assert count_teams() == 0
        private_postgres.stop(killed=True)
        assert [count_teams(), count_teams()] == [None, None]  # the pool has begun to back off
        private_postgres.start()

        assert wait_until(lambda: count_teams() == 0, seconds=20, what="PostgreSQL through the pool")


async def test_axe_names_what_a_page_does_wrong(page: Page) -> None:
    picture, pale = '<img src="data:,">', '<p style="color: #ccc; background: #fff">pale</p>'
    await page.set_content(f'<html lang="en"><title>t</title><main><h1>h</h1>{picture}{pale}</main></html>')

    assert await violations(page) == [f"color-contrast: {pale}", f"image-alt: {picture}"]
