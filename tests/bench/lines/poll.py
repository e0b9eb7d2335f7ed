"""What a polled listing costs: parsed, compared, stored; and the same listing again, of which nothing is new."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from django.db import transaction

from dashboard.models import VendorRecord
from dashboard.vendors import storing
from dashboard.vendors.rows import Stored, stored_form
from dashboard.vendors.seeit_records import read_session
from realtime import store
from realtime.change import Cause
from realtime.models import Link, VendorSession
from tests.bench.line import Bar, LeftOut, Line, Measure, Sample, Side, Stopwatch, already_taken
from tests.bench.surroundings import QUICK, VENDORS, Surroundings, empty_mirror

SOURCE = "camera"
ROWS = 2_000 if QUICK else 10_000
PAGE = 100
TEXTBOOK_SHARE = 20  # the textbook takes one page in so many, and its time is multiplied
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """Two lines for each database."""
    for vendor in VENDORS:
        if QUICK and vendor == "sqlite":
            yield LeftOut(f"listed sessions, {vendor}")
            continue
        with surroundings.database(vendor):
            turns = [take_turns() for _ in range(surroundings.samples)]
        new, again, textbook, limit = zip(*turns, strict=True)
        yield Line(
            f"{ROWS:,} listed sessions, all new, {vendor}",
            "s",
            "ours: parse, normalise, compare, store with the verbatim records, a commit a page of 100; "
            "textbook: update_or_create a session; limit: orjson.loads alone",
            {
                Side.OURS: already_taken(new),
                Side.TEXTBOOK: already_taken(textbook),
                Side.LIMIT: already_taken(limit),
            },
            None if QUICK else Bar(5.0),
            samples=len(turns),
        )
        yield Line(
            f"{ROWS:,} listed sessions, none new, {vendor}",
            "s",
            "ours: the same again, no row is written; textbook: all written anew, as our first listing is",
            {Side.OURS: already_taken(again), Side.TEXTBOOK: already_taken(new)},
            Bar(0.6, Measure.TO_TEXTBOOK),
            samples=len(turns),
        )


def take_turns() -> tuple[Sample, Sample, Sample, Sample]:
    """Take one sample of each: a listing that is new, the same again, the textbook's way, and parsing alone."""
    textbook = update_or_create()
    return store_anew(), list_again(), textbook, parse_only()


@cache
def pages() -> tuple[bytes, ...]:
    """Return a listing as a vendor answers it, page by page."""
    return tuple(orjson.dumps([session(number) for number in range(at, at + PAGE)]) for at in range(0, ROWS, PAGE))


def session(number: int) -> dict[str, Any]:
    """Return one session's details."""
    created = 1_772_000_000_000 + number * 1000
    return {
        "uuid": str(uuid.UUID(int=number)),
        "supportKey": f"{number:09d}",
        "sessionStatus": "FINISHED" if number % 3 else "JOINED",
        "sessionCreateTime": created,
        "sessionStartTime": created + 5000,
        "sessionJoinTime": created + 60_000,
        "sessionEndTime": created + 600_000,
        "sessionNotes": f"Printer {number} says PC LOAD LETTER",
        "sessionDataStatus": "AVAILABLE",
        "sessionDataSize": 1_000_000 + number,
        "technicianEmail": f"tech{number % 200}@example.com",
    }


def acquire() -> store.Lease:
    """Return the lease, whoever had it."""
    Link.objects.update(owner="")
    lease = store.acquire_lease(SOURCE, "bench")
    if lease is None:
        raise RuntimeError("the lease is free, yet cannot be taken")
    return lease


def read(page: bytes) -> list[Stored]:
    """Return a page's sessions as they are stored."""
    listed = (read_session(record) for record in orjson.loads(page))
    return [stored_form(SOURCE, "seeit", one) for one in listed if one is not None]


def take_in(lease: store.Lease) -> int:
    """Take the whole listing in; return how many sessions were written."""
    saved = [storing.save(lease, read(page), Cause.LIVE, NOW) for page in pages()]
    return sum(one.new + one.changed for one in saved)


def empty() -> None:
    """Forget all sessions."""
    empty_mirror()
    VendorRecord.objects.all().delete()


def store_anew() -> Sample:
    """Take a listing into an empty database."""
    empty()
    lease = acquire()
    with Stopwatch() as watch:
        written = take_in(lease)
    if written != ROWS:
        raise RuntimeError(f"{written} sessions were written instead of {ROWS}")
    return watch.sample


def list_again() -> Sample:
    """Take in a listing that is already stored."""
    lease = acquire()
    before = Link.objects.get(source=SOURCE).seq
    with Stopwatch() as watch:
        written = take_in(lease)
    if written or Link.objects.get(source=SOURCE).seq != before:
        raise RuntimeError("a listing with nothing new was written")
    return watch.sample


def update_or_create() -> Sample:
    """Write sessions one by one through the ORM, a transaction a page."""
    empty()
    chosen = pages()[::TEXTBOOK_SHARE]
    with Stopwatch() as watch:
        for page in chosen:
            with transaction.atomic():
                for one in read(page):
                    defaults = {"source": SOURCE, **one.fields}
                    VendorSession.objects.update_or_create(key=one.key, defaults=defaults)
    return Sample(watch.seconds * TEXTBOOK_SHARE, watch.cpu_seconds * TEXTBOOK_SHARE)


def parse_only() -> Sample:
    """Parse the listing and forget it."""
    with Stopwatch() as watch:
        for page in pages():
            orjson.loads(page)
    return watch.sample
