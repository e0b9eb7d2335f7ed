"""The services that other tests stand on are the real thing."""

import threading

import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from playwright.async_api import Page

from tests.services.valkey import ValkeyServer


def test_valkey_answers_where_the_settings_say_and_has_no_port(valkey: ValkeyServer) -> None:
    cache.set("greeting", "hello")

    assert cache.get("greeting") == "hello"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.config_get("port", "save", "appendonly") == {"port": "0", "save": "", "appendonly": "no"}


def read_in_thread() -> list[str]:
    """Return the groups' names as a new thread sees them."""
    names: list[str] = []

    def read() -> None:
        names.extend(Group.objects.values_list("name", flat=True))
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(10)
    return names


def test_each_database_is_what_it_says_in_every_thread(each_database: str) -> None:
    assert connection.vendor == each_database
    Group.objects.create(name="leads")

    assert read_in_thread() == ["leads"]


def test_each_database_starts_empty(each_database: str) -> None:
    assert list(Group.objects.values_list("name", flat=True)) == []
    Group.objects.create(name="leads")


async def test_each_database_serves_asynchronous_code(each_database: str) -> None:
    await Group.objects.acreate(name="leads")

    assert await sync_to_async(read_in_thread)() == ["leads"]


def test_sqlite_is_tuned_for_one_writer_and_many_readers(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


async def test_a_browser_draws_a_page(page: Page) -> None:
    await page.set_content("<title>Queues</title><p>12 waiting</p>")

    assert (await page.title(), await page.inner_text("p")) == ("Queues", "12 waiting")
