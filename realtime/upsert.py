"""Writes many rows of one table at once.

Django's bulk_create leads each value through a model instance and its field, 55 µs a row and most of what a full copy
costs. Rows that come here are already of the kinds their columns hold, so they go to the database as they are: to
SQLite as parameters, to PostgreSQL as one JSON document that the server takes apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.db import connection

from realtime.change import Fields
from realtime.models import MirroredRow
from realtime.schema import Table

CHUNK_ROWS = 2000
"""Rows per statement: bounds what a full copy needs in memory beside its rows."""


@dataclass(frozen=True, slots=True)
class Upsert:
    """A statement that inserts or replaces rows, and the model's attributes in the order of its parameters."""

    sql: str
    attributes: tuple[str, ...]


def upsert_rows(table: Table, model: type[MirroredRow], source: str, rows: Mapping[str, Fields]) -> None:
    """Insert whole rows, or replace those held under their keys."""
    upsert = _statement(connection.vendor, model)
    keys = list(rows)
    with connection.cursor() as cursor:
        for start in range(0, len(keys), CHUNK_ROWS):
            stored = [_stored_form(table, source, key, rows[key]) for key in keys[start : start + CHUNK_ROWS]]
            if connection.vendor == "sqlite":
                values = [[_as_sqlite(row.get(name)) for name in upsert.attributes] for row in stored]
                cursor.executemany(upsert.sql, values)
            else:
                cursor.execute(upsert.sql, [orjson.dumps(stored).decode()])


def _stored_form(table: Table, source: str, key: str, held: Fields) -> Fields:
    """Return a row by attribute. A column cannot tell "sent as null" from "never sent", so `extra` says it."""
    extra = held.get("extra") or {}
    if None in held.values():
        extra = {one.wire_name: None for one in table.fields if held.get(one.name, "") is None} | extra
    return held | {"key": key, "source": source, "extra": extra or None}


def _as_sqlite(value: Any) -> Any:
    """Return a value in the form in which Django reads it back: times without their offset, JSON as text."""
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


@cache
def _statement(vendor: str, model: type[MirroredRow]) -> Upsert:
    fields = model._meta.concrete_fields
    names = [one.attname for one in fields]  # what the columns are called too
    columns = ", ".join(map(_quoted, names))
    if vendor == "sqlite":
        values = f"VALUES ({', '.join(['%s'] * len(names))})"
    else:
        declared = ", ".join(f"{_quoted(one.attname)} {one.db_type(connection)}" for one in fields)
        values = f"SELECT {columns} FROM json_to_recordset(%s::json) AS stored({declared})"  # noqa: S608
    replaced = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in names if name != "key")
    target = _quoted(model._meta.db_table)
    sql = f"INSERT INTO {target} ({columns}) {values} ON CONFLICT ({_quoted('key')}) DO UPDATE SET {replaced}"
    return Upsert(sql, tuple(names))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
