"""Django's `flush`, which ends each test with real transactions.

Django's own empties every table and has all content types and permissions made anew, the same ones each time. Here they
stay; only the roles are put right, because tests change groups.
"""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connections

from dashboard.permission import ensure_roles

KEPT = {Permission._meta.db_table, ContentType._meta.db_table}


class Command(flush.Command):
    """Empty the tables of a test's database."""

    def handle(self, **options: Any) -> None:
        """Delete all rows but those that every `migrate` makes."""
        connection = connections[options["database"]]
        tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
        connection.ops.execute_sql_flush(
            connection.ops.sql_flush(self.style, sorted(tables), reset_sequences=options.get("reset_sequences", True))
        )
        ensure_roles()
