"""The models as the durable copy of a State: the lease, the commit, the load. The only writer of mirrored rows.

A commit takes the source's next sequence number from its `Link` row in the transaction that writes the rows, and names
the lease's fencing number, so a mirror that was stopped and continued cannot write over its successor.
Everything here is synchronous: call it on a `realtime.database.DatabaseThread`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now

from realtime import models
from realtime.change import Change, Fields, Rows
from realtime.database import LIMIT_STANDSTILL, one_moment, short_transaction
from realtime.errors import LeaseLost
from realtime.leaps import clock_ahead
from realtime.sampling import Waits
from realtime.schema import HELD_TABLES, UNKNOWN_ROW, Table
from realtime.status import LEASE_SECONDS, SKEW, LinkState, LinkStatus
from realtime.upsert import upsert_rows

KEY_CHUNK = 500

MODELS: dict[str, type[models.MirroredRow]] = {
    "customer_client": models.CustomerClient,
    "queue": models.Queue,
    "representative": models.Representative,
    "representative_queue": models.RepresentativeQueue,
    "representative_support_session": models.RepresentativeSupportSession,
    "support_session": models.SupportSession,
    "support_session_attribute": models.SupportSessionAttribute,
    "support_session_skill": models.SupportSessionSkill,
    "presentation_session": models.PresentationSession,
    "attendee": models.Attendee,
    "presenter": models.Presenter,
    "unknown_row": models.UnknownRow,
    "known_queue": models.KnownQueue,
    "queue_stay": models.QueueStay,
    "team_stay": models.TeamStay,
    "queue_day": models.QueueDay,
    "representative_spell": models.RepresentativeSpell,
    "vendor_session": models.VendorSession,
}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one source's rows: until it expires, or until a higher `fence` is given out."""

    source: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a source's stream of changes."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Copy:
    """The stored rows of one source, all of one moment, and the place in the stream they belong to."""

    rows: Rows
    status: LinkStatus

    @property
    def position(self) -> Position:
        """The place in the stream."""
        return Position(self.status.epoch, self.status.seq)


def acquire_lease(source: str, owner: str, poll_seconds: float | None = None) -> Lease | None:
    """Take the lease of a source unless another owner holds it. `owner` names one run of one process.

    `poll_seconds` is how often a polled source is asked; without it the source is an appliance that is mirrored.
    """
    models.Link.objects.get_or_create(source=source, defaults={"poll_seconds": poll_seconds})
    has_ended = Q(lease_expires_at__lt=Now()) | Q(lease_expires_at__gt=_lease_end() + SKEW)  # the clock was set back
    free = Q(owner="") | Q(lease_expires_at=None) | has_ended
    taken = models.Link.objects.filter(free, source=source).update(
        owner=owner, fence=F("fence") + 1, lease_expires_at=_lease_end(), poll_seconds=poll_seconds
    )
    if not taken:
        return None
    return Lease(source, owner, models.Link.objects.values_list("fence", flat=True).get(source=source, owner=owner))


def renew_lease(lease: Lease, status: LinkStatus, after: int = 0) -> None:
    """Keep the lease, and write down how the link is; `after` as in `commit`. Raises LeaseLost."""
    written = {name: value for name, value in asdict(status).items() if name not in _STREAM_FIELDS}
    _write_link(lease, after, lease_expires_at=_lease_end(), **written)


def release_lease(lease: Lease, status: LinkStatus) -> None:
    """Give the lease back, so that another mirror need not wait for its end."""
    renew_lease(lease, status)
    _write_link(lease, 0, owner="", lease_expires_at=None)


def keep_sample(lease: Lease, minute: int, waits: Waits, after: int = 0) -> None:
    """Write a minute's sample; the first one of a minute stands. `after` as in `commit`. Raises LeaseLost."""
    with short_transaction():
        _write_link(lease, after, lease_expires_at=_lease_end())
        sample = models.Sample(source=lease.source, minute=minute, waits=waits)
        models.Sample.objects.bulk_create([sample], ignore_conflicts=True)


def load_samples(since_minute: int) -> Iterator[tuple[str, int, dict[str, list[int]]]]:
    """Yield every source's samples from a minute on: source, minute, waits."""
    return models.Sample.objects.filter(minute__gte=since_minute).values_list("source", "minute", "waits").iterator()


def count_samples(since_minute: int, this_minute: int) -> list[tuple[str, int, int]]:
    """Return of each source that has samples from a minute on: the first of them, and how many before `this_minute`."""
    within = models.Sample.objects.filter(minute__gte=since_minute, minute__lte=this_minute).values("source")
    counted = within.annotate(first=Min("minute"), count=Count("minute", filter=Q(minute__lt=this_minute)))
    return list(counted.order_by("source").values_list("source", "first", "count"))


def commit(lease: Lease, change: Change, epoch: str, after: int = 0) -> int:
    """Write whole rows (`inserts`) and `deletes` in one transaction; return its sequence number. Raises LeaseLost.

    `after` is the number of the lease's last commit. A database that no longer holds it went back to an earlier moment
    (another server, a backup, a crash where commits do not wait for the disk) and lacks rows that nobody sends again.
    """
    with transaction.atomic():
        seq = _take_seq(lease, epoch, after)
        for table, rows in change.inserts.items():
            upsert_rows(HELD_TABLES[table], MODELS[table], change.source, rows)
        for table, keys in change.deletes.items():
            for start in range(0, len(keys), KEY_CHUNK):
                MODELS[table]._default_manager.filter(key__in=keys[start : start + KEY_CHUNK]).delete()
        return seq


def load(source: str) -> Copy:
    """Read one source's rows as of one moment."""
    with one_moment():
        status = _load_statuses(Q(source=source)).get(source, LinkStatus(source))
        return Copy({name: _load_table(table, Q(source=source)) for name, table in HELD_TABLES.items()}, status)


def load_rows(table: str, keys: Sequence[str]) -> dict[str, Fields]:
    """Return those rows of a table that are held under these keys."""
    found: dict[str, Fields] = {}
    for start in range(0, len(keys), KEY_CHUNK):
        found |= _load_table(HELD_TABLES[table], Q(key__in=keys[start : start + KEY_CHUNK]))
    return found


def load_statuses() -> dict[str, LinkStatus]:
    """Return every known source's link, in one query."""
    return _load_statuses(Q())


_STREAM_FIELDS = {"source", "epoch", "seq", "lease_expires_at"}  # written by commits and by the lease alone
_STATUS_FIELDS = tuple(one.name for one in fields(LinkStatus))


def _load_statuses(chosen: Q) -> dict[str, LinkStatus]:
    """Return links. A lease ends by the database's clock, of which nobody else knows anything: it is put on ours."""
    before = datetime.now(UTC)
    links = list(models.Link.objects.filter(chosen).annotate(read_at=Now()))
    after = datetime.now(UTC)
    return {link.source: _status(link, clock_ahead(link.read_at, before, after)) for link in links}


def _status(link: models.Link, ahead: timedelta) -> LinkStatus:
    values = {name: getattr(link, name) for name in _STATUS_FIELDS} | {"state": LinkState(link.state)}
    if link.lease_expires_at is not None:
        values["lease_expires_at"] = link.lease_expires_at + ahead
    return LinkStatus(**values)


def _lease_end() -> Any:
    return Now() + timedelta(seconds=LEASE_SECONDS)  # the database's clock: every mirror reads the same one


def _write_link(lease: Lease, after: int, **values: Any) -> None:
    ours = models.Link.objects.filter(source=lease.source, owner=lease.owner, fence=lease.fence, seq__gte=after)
    if not ours.update(**values):
        raise _lost(lease)


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(
        f"{lease.source}: another mirror took over, or the database lost what was written; "
        "this one stands down and waits for its turn to begin anew"
    )


# Written out because it opens every commit: as a query it took more time than the rows of a small batch.
_TAKE_SEQ = f"""
    UPDATE {models.Link._meta.db_table} SET seq = seq + 1, epoch = %s, lease_expires_at = {{lease_end}}
    WHERE source = %s AND owner = %s AND fence = %s AND seq >= %s RETURNING seq, {{limit_standstill}}
"""  # noqa: S608
_LEASE_END = {
    "sqlite": f"STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+{LEASE_SECONDS} seconds')",
    "postgresql": f"STATEMENT_TIMESTAMP() + INTERVAL '{LEASE_SECONDS} seconds'",
}


def _take_seq(lease: Lease, epoch: str, after: int) -> int:
    """Return the source's next sequence number and prolong the lease. Raises LeaseLost."""
    vendor = connection.vendor
    statement = _TAKE_SEQ.format(lease_end=_LEASE_END[vendor], limit_standstill=LIMIT_STANDSTILL[vendor])
    with connection.cursor() as cursor:
        cursor.execute(statement, [epoch, lease.source, lease.owner, lease.fence, after])
        taken = cursor.fetchone()
    if taken is None:
        raise _lost(lease)
    return int(taken[0])


def _load_table(table: Table, chosen: Q) -> dict[str, Fields]:
    names = [one.name for one in table.fields]
    wire_names = {} if table is UNKNOWN_ROW else {one.wire_name: one.name for one in table.fields}
    rows: dict[str, Fields] = {}
    query = MODELS[table.name]._default_manager.filter(chosen).values_list("key", "extra", *names)
    for key, extra, *values in query.iterator(chunk_size=2000):
        rows[key] = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        if extra:
            _add_extra(rows[key], wire_names, extra)
    return rows


def _add_extra(row: Fields, wire_names: Mapping[str, str], extra: Fields) -> None:
    row |= {wire_names[wire_name]: None for wire_name in extra if wire_name in wire_names}
    raw = {name: value for name, value in extra.items() if value is not None or name not in wire_names}
    if raw:
        row["extra"] = raw
