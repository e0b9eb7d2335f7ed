"""Database threads: each has a connection of its own."""

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from realtime.database import DatabaseThread
from tests.services.waiting import wait_until

pytestmark = pytest.mark.usefixtures("each_database")


async def test_database_thread_closes_its_own_connection() -> None:
    thread = DatabaseThread("own")

    def use() -> BaseDatabaseWrapper:
        connection.ensure_connection()
        return connections["default"]

    used = await thread.run(use)
    assert used.connection is not None
    thread.close()
    wait_until(lambda: used.connection is None, what="the thread's connection to be given back")
