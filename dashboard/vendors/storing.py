"""Listed sessions into the database: only what is new or changed, each step one commit with its sequence number.

Everything here is synchronous: call it on a `DatabaseThread`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from dashboard.models import VendorRecord
from dashboard.vendors.rows import Stored
from realtime import store
from realtime.change import Cause, Change, Fields
from realtime.database import short_transaction
from realtime.feed import Published
from realtime.models import VendorSession
from realtime.store import Lease, Position
from realtime.vendor_session import State

TABLE = "vendor_session"
EPOCH = "polled"  # ids of a polled vendor last for ever, so its history is never broken
CHUNK = 500
PRUNE_ROWS = 1000  # at most, of one poll
OPEN = [state.value for state in State if not state.is_final and state is not State.UNKNOWN]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a step altered; `published` is the commit to tell, None when nothing had to be written."""

    new: int = 0
    changed: int = 0
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A stored session that can still change. `since` is when it came to be, None where nobody said."""

    external_id: str
    state: str
    since: datetime | None


def save(lease: Lease, sessions: Iterable[Stored], cause: Cause, now: datetime) -> Saved:
    """Write the sessions that are not held exactly so; the last one counts where an identity comes twice."""
    by_key = {one.key: one for one in sessions}
    digests = _digests(list(by_key))
    fresh = [one for key, one in by_key.items() if digests.get(key) != one.fields["digest"]]
    if not fresh:
        return Saved()
    new = sum(one.key not in digests for one in fresh)
    records = [VendorRecord(key=one.key, source=lease.source, raw=one.raw, fetched_at=now) for one in fresh]
    with short_transaction():
        VendorRecord.objects.bulk_create(
            records,
            update_conflicts=True,
            update_fields=("raw", "fetched_at"),
            unique_fields=("key",),
            batch_size=CHUNK,
        )
        published = _commit(lease, Change(lease.source, {TABLE: {one.key: one.fields for one in fresh}}, cause=cause))
    return Saved(new, len(fresh) - new, published)


def mark_unknown(lease: Lease, keys: Sequence[str]) -> Saved:
    """Say of sessions that vanished from the listing that nobody knows how they are."""
    rows: dict[str, Fields] = {}
    held = store.load_rows(TABLE, keys)
    for key, row in held.items():
        rows[key] = row | {"state": State.UNKNOWN.value, "digest": ""}
    if not rows:
        return Saved()
    return Saved(0, len(rows), _commit(lease, Change(lease.source, {TABLE: rows})))


def prune(lease: Lease, before: datetime) -> Saved:
    """Delete sessions that were over before a moment, at most PRUNE_ROWS of them.

    Of one without any time nobody knows when it was over; since its vendor's last word of it, at the latest.
    """
    over = VendorSession.objects.filter(source=lease.source).exclude(state__in=OPEN)
    told_at = VendorRecord.objects.filter(key=OuterRef("key")).values("fetched_at")
    ended_at = Coalesce("ended_at", "started_at", "created_at", "scheduled_at", Subquery(told_at))
    keys = list(over.annotate(over_at=ended_at).filter(over_at__lt=before).values_list("key", flat=True)[:PRUNE_ROWS])
    return remove(lease, keys)


def remove(lease: Lease, keys: Sequence[str]) -> Saved:
    """Delete sessions with their records."""
    if not keys:
        return Saved()
    with short_transaction():
        for start in range(0, len(keys), CHUNK):
            VendorRecord.objects.filter(key__in=keys[start : start + CHUNK]).delete()
        published = _commit(lease, Change(lease.source, deletes={TABLE: list(keys)}, cause=Cause.SWEEP))
    return Saved(0, len(keys), published)


def unfinished(source: str) -> dict[str, Unfinished]:
    """Return the sessions that can still change, by key."""
    rows = VendorSession.objects.filter(source=source, state__in=OPEN)
    told = rows.annotate(since=Coalesce("created_at", "started_at"))
    return {
        key: Unfinished(external_id or "", state or "", since)
        for key, external_id, state, since in told.values_list("key", "external_id", "state", "since")
    }


def _digests(keys: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for start in range(0, len(keys), CHUNK):
        chunk = Q(key__in=keys[start : start + CHUNK])
        found.update(VendorSession.objects.filter(chunk).values_list("key", "digest"))
    return found


def _commit(lease: Lease, change: Change) -> Published:
    seq = store.commit(lease, change, EPOCH)
    return Published(lease.source, Position(EPOCH, seq), change)
