"""The first full copy and the copy after a reconnect, from bytes to committed rows, on both databases."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path

import orjson
import psycopg
from django.db import transaction
from psycopg.sql import SQL, Identifier

from realtime import store
from realtime.models import Link
from realtime.rows import Oddities, RowDecoder
from realtime.schema import TABLES
from tests.bench.appliance import SOURCE, Listener, Tables, changed_tables, copy_messages, count_rows, full_tables
from tests.bench.line import Bar, Line, Measure, Sample, Side, Stopwatch
from tests.bench.surroundings import QUICK, VENDORS, Surroundings, empty_mirror

QUICK_SAMPLES = 2
FIRST = None if QUICK else Bar(2.0)  # seconds for 62,000 rows
TEXTBOOK_SHARE = 200  # the textbook writes one row in so many, and its time is multiplied: whole, it takes a minute


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """Two lines for each database."""
    samples = QUICK_SAMPLES if QUICK else None
    for vendor in VENDORS:
        with surroundings.database(vendor) as url:
            raw = write_sqlite if vendor == "sqlite" else write_postgresql
            target = str(surroundings.folder / "limit.sqlite3") if vendor == "sqlite" else url
            yield Line(
                f"first copy, {count_rows(full_tables()):,} rows, {vendor}",
                "s",
                "ours: session, State, store; textbook: update_or_create a row; limit: orjson and the bare driver",
                {Side.OURS: copy_anew, Side.TEXTBOOK: update_or_create, Side.LIMIT: partial(write_bare, raw, target)},
                FIRST,
                samples,
            )
            yield Line(
                f"copy after a reconnect, 1 % changed, {vendor}",
                "s",
                "ours: the same way, only what differs is written; textbook: all written anew, as our first copy is; "
                "limit: orjson.loads alone",
                {Side.OURS: Reconnects().take, Side.TEXTBOOK: copy_anew, Side.LIMIT: parse_only},
                Bar(0.2, Measure.TO_TEXTBOOK),
                samples,
            )


def acquire() -> store.Lease:
    """Return the lease, whoever had it."""
    Link.objects.update(owner="")
    lease = store.acquire_lease(SOURCE, "bench")
    if lease is None:
        raise RuntimeError("the lease is free, yet cannot be taken")
    return lease


def copy_anew() -> Sample:
    """Take a full copy into an empty State and an empty database."""
    messages = copy_messages(full_tables)
    empty_mirror()
    lease = acquire()
    with Stopwatch() as watch:
        store.commit(lease, Listener().hear(messages), "first")
    return watch.sample


@dataclass
class Reconnects:
    """A mirror that holds one copy and gets another in which every hundredth row differs, there and back."""

    listener: Listener = field(default_factory=Listener)
    copies: Iterator[Callable[[], Tables]] = field(default_factory=lambda: cycle([changed_tables, full_tables]))

    def take(self) -> Sample:
        """Take the next copy in."""
        empty_mirror()  # a copy written by the other side
        lease = acquire()
        if not any(self.listener.state.tables.values()):
            self.listener.hear(copy_messages(full_tables))
        rows = self.listener.state.tables
        store.commit(lease, Listener().state.difference(SOURCE, rows), "before")
        messages = copy_messages(next(self.copies))
        with Stopwatch() as watch:
            store.commit(lease, self.listener.hear(messages), "reconnect")
        return watch.sample


def parse_only() -> Sample:
    """Parse the copy and forget it."""
    messages = copy_messages(full_tables)
    with Stopwatch() as watch:
        for message in messages:
            orjson.loads(message)
    return watch.sample


def update_or_create() -> Sample:
    """Write rows one by one through the ORM, in one transaction."""
    decoder = RowDecoder(SOURCE, Oddities())
    empty_mirror()
    with Stopwatch() as watch, transaction.atomic():
        for table, rows in decoder.rows(full_tables()).items():
            for key in list(rows)[::TEXTBOOK_SHARE]:
                store.MODELS[table]._default_manager.update_or_create(key=key, defaults={"source": SOURCE, **rows[key]})
    return Sample(watch.seconds * TEXTBOOK_SHARE, watch.cpu_seconds * TEXTBOOK_SHARE)


Write = Callable[[str, Tables], None]


def write_bare(write: Write, target: str) -> Sample:
    """Parse the copy and hand it to the bare driver, without a look at what it holds."""
    messages = copy_messages(full_tables)
    Path(target).unlink(missing_ok=True)
    with Stopwatch() as watch:
        tables: Tables = {name: {} for name in TABLES}
        for message in messages:
            for table, rows in orjson.loads(message)["insert"].items():
                tables[table].update(rows)
        write(target, tables)
    return watch.sample


def columns(table: str) -> list[str]:
    """Return a table's columns beside its key."""
    return [one.wire_name for one in TABLES[table].fields]


def write_sqlite(target: str, tables: Tables) -> None:
    """Insert by executemany."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("BEGIN")
        for table, rows in tables.items():
            names = columns(table)
            connection.execute(f"CREATE TABLE {table} (key TEXT PRIMARY KEY, {', '.join(names)})")
            marks = ", ".join("?" * (len(names) + 1))
            values = ([key, *map(row.get, names)] for key, row in rows.items())
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608
        connection.execute("COMMIT")


def write_postgresql(target: str, tables: Tables) -> None:
    """Insert by COPY."""
    with psycopg.connect(target) as connection, connection.cursor() as cursor:
        for table, rows in tables.items():
            names = columns(table)
            declared = SQL(", ").join(SQL("{} text").format(Identifier(name)) for name in names)
            made = Identifier(f"limit_{table}")
            cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(made))
            cursor.execute(SQL("CREATE TABLE {} (key text PRIMARY KEY, {})").format(made, declared))
            with cursor.copy(SQL("COPY {} FROM STDIN").format(made)) as copy:
                for key, row in rows.items():
                    copy.write_row([key, *map(row.get, names)])
