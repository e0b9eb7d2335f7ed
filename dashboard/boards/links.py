"""The Sources board: how each source's link is, in words, and what it brought. Pure.

Times are absolute; ages tick in the browser. What is unknown is None and shown as "–", never as 0.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar, assert_never

from dashboard.boards.configured import Configured, LeftStatus
from realtime import schema
from realtime.change import Applied
from realtime.state import State
from realtime.status import LEASE_SECONDS, SKEW, LinkState, LinkStatus

LATE_AFTER = timedelta(seconds=15)  # a link that lives answers a ping each 5 s
POLL_GRACE = timedelta(seconds=15)  # beyond two intervals: how long a poll may take
APPLIANCE = "beyondtrust"  # the vendor whose accounts are mirrored
NOTABLE_OFFSET_SECONDS = 0.5
START_MIRROR = "Start the mirror: manage.py runmirror"

Figure = TypeVar("Figure", int, float)

COUNTED_TABLES = schema.APPLIANCE_TABLES | schema.POLLED_TABLES

RowCounts = dict[str, Counter[str]]
"""Source -> table -> how many rows are held."""


class Health(StrEnum):
    """How well a link is; each has a shape, a colour and a word of its own."""

    OK = "ok"
    RISK = "risk"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a link is, in words. `since` is when that began, None where nobody saw it; `action` says who acts.

    `is_recent` says that the rows were read a moment ago all the same: one poll that failed makes nothing stale.
    """

    level: Health
    words: str
    since: datetime | None
    action: str = ""
    is_recent: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the rows held are what the vendor holds."""
        return self.level is Health.OK or self.is_recent


@dataclass(frozen=True, slots=True)
class TableCount:
    """How many rows of one table are held."""

    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something the appliance sent that this version does not know, and how often."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One source. None means that nobody knows. `warning_count` is the oddities and illegal messages together."""

    source: str
    condition: Condition
    error: str
    last_contact_at: datetime | None
    last_message_at: datetime | None
    clock: str | None
    messages_per_second: float | None
    changes_per_second: float | None
    rows: int | None
    tables: tuple[TableCount, ...]
    connection_count: int | None
    message_count: int | None
    illegal_count: int
    oddities: tuple[Oddity, ...]
    warning_count: int | None
    may_resynchronise: bool = False
    vendor: str = ""
    is_polled: bool = False
    cadence: str = ""
    next_poll_at: datetime | None = None
    may_poll_now: bool = False


@dataclass(frozen=True, slots=True)
class LinkTotals:
    """All sources together. `rows` and the rates leave out what is unknown; None when nothing is known."""

    sources: int
    current: int
    rows: int | None
    messages_per_second: float | None
    changes_per_second: float | None
    warnings: int | None


@dataclass(frozen=True, slots=True)
class Light:
    """The light "server ↔ sources" of every page: the worst of all links of which anything is expected."""

    level: Health
    words: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class LinkBoard:
    """The whole board."""

    totals: LinkTotals
    links: tuple[LinkRow, ...]


def count_rows(state: State) -> RowCounts:
    """Count every table's rows by source; `recount` then follows the State."""
    counts: RowCounts = {}
    for table in COUNTED_TABLES:
        for key in state.tables[table]:
            counts.setdefault(schema.split_key(key)[0], Counter())[table] += 1
    return counts


def recount(counts: RowCounts, applied: Applied) -> bool:
    """Take one step into the counts; return whether a count changed."""
    held = counts.setdefault(applied.source, Counter())
    has_changed = False
    for table, rows in applied.rows.items():
        if table not in COUNTED_TABLES:
            continue  # what we observed ourselves is no row of a vendor's
        grown = sum((row.after is not None) - (row.before is not None) for row in rows.values())
        held[table] += grown
        has_changed |= grown != 0
    return has_changed


def board_links(
    counts: RowCounts,
    statuses: Mapping[str, LinkStatus],
    now: datetime,
    *,
    configured: Collection[LinkStatus] = (),
    vendors: Mapping[str, str] | None = None,
    may_resynchronise: bool = False,
    may_poll_now: bool = False,
) -> LinkBoard:
    """Return the board as of `now` (our clock). `configured` stands for sources that may never have been read yet.

    `vendors` is source -> vendor, as far as it is known.
    """
    known = {status.source: status for status in configured} | dict(statuses)
    names = sorted(known)
    links = tuple(
        replace(
            _link(known[name], counts.get(name, Counter()), now),
            vendor=vendor_of(known[name], vendors or {}),
            may_resynchronise=may_resynchronise
            and known[name].state_since is not None
            and is_mirrored(known[name])
            and is_expected(known[name]),
            may_poll_now=may_poll_now and not is_mirrored(known[name]) and is_expected(known[name]),
        )
        for name in names
    )
    counted = [link for name, link in zip(names, links, strict=True) if not isinstance(known[name], LeftStatus)]
    return LinkBoard(_totals(counted), links)


def vendor_of(status: LinkStatus, vendors: Mapping[str, str]) -> str:
    """Return a source's vendor; of one that is configured no more, as far as its link tells."""
    return vendors.get(status.source) or (APPLIANCE if is_mirrored(status) else "")


def without_left(statuses: Mapping[str, LinkStatus], configured: Configured, now: datetime) -> Mapping[str, LinkStatus]:
    """Return the links, with those marked as left that sources.toml names no longer and that nobody keeps current."""
    if not configured.is_known or statuses.keys() <= configured.vendors.keys():
        return statuses
    return {
        name: status if name in configured.vendors or describe(status, now).is_current else _left(status)
        for name, status in statuses.items()
    }


def _left(status: LinkStatus) -> LeftStatus:
    return LeftStatus(**{one.name: getattr(status, one.name) for one in fields(status)})


def is_expected(status: LinkStatus) -> bool:
    """Whether anything is expected of a source: it is neither switched off nor left."""
    return status.state is not LinkState.OFF and not isinstance(status, LeftStatus)


def light(statuses: Mapping[str, LinkStatus], now: datetime) -> Light:
    """Return the light of the worst link."""
    conditions = {name: describe(status, now) for name, status in statuses.items() if is_expected(status)}
    bad = {name: condition for name, condition in conditions.items() if not condition.is_current}
    if not conditions:
        return Light(Health.UNKNOWN, "no source yet", None)
    if not bad:
        return Light(Health.OK, "live", None)
    severity = [Health.CRITICAL, Health.RISK, Health.UNKNOWN]
    name = min(bad, key=lambda one: (severity.index(bad[one].level), one))
    words = bad[name].words if len(conditions) == 1 else f"{name}: {bad[name].words}"
    more = f", {len(bad) - 1} more" if len(bad) > 1 else ""
    return Light(bad[name].level, words + more, bad[name].since)


def is_mirrored(status: LinkStatus) -> bool:
    """Whether a source is an appliance that is mirrored; all others are polled."""
    return status.poll_seconds is None


def describe(status: LinkStatus, now: datetime) -> Condition:
    """Say how a link is. A status is only what its mirror last wrote, so a lease that ran out overrules it."""
    if isinstance(status, LeftStatus):
        action = f"Delete what is left of it: manage.py forget {status.source}"
        return Condition(Health.UNKNOWN, "no longer in sources.toml", status.last_contact_at, action)
    if status.poll_seconds is not None:
        return _describe_polled(status, status.poll_seconds, now)
    if status.state is LinkState.STOPPED and status.state_since is None:
        return Condition(Health.CRITICAL, "not mirrored yet", None, START_MIRROR)
    if status.state is LinkState.STOPPED:
        return Condition(Health.CRITICAL, "no mirror is running", status.state_since, START_MIRROR)
    lease_end = status.lease_expires_at
    if lease_end is None or not now <= lease_end <= now + timedelta(seconds=LEASE_SECONDS) + SKEW:
        return Condition(Health.CRITICAL, "no mirror is running", lease_end, START_MIRROR)
    return _describe_running(status, now)


def _describe_polled(status: LinkStatus, poll_seconds: float, now: datetime) -> Condition:
    """Say how a polled source is: nobody holds a lease between polls, so the last good one decides."""
    good_at = status.last_contact_at
    is_recent = good_at is not None and -SKEW <= now - good_at <= timedelta(seconds=2 * poll_seconds) + POLL_GRACE
    since = good_at or status.state_since
    match status.state:
        case LinkState.OFF:
            action = "An operator switched it off: sources.toml says enabled = false"
            return Condition(Health.UNKNOWN, status.state.words, status.state_since, action)
        case LinkState.REFUSED:
            action = "An operator has to act; it is tried again by itself"
            return Condition(Health.CRITICAL, status.state.words, since, action, is_recent)
        case LinkState.RETRYING:
            level = Health.RISK if is_recent else Health.CRITICAL
            return Condition(level, "failing, tried again", since, "Nobody has to act", is_recent)
        case _ if good_at is None:
            return Condition(Health.CRITICAL, "not polled yet", None, "Start the worker and beat, as the Procfile does")
        case _ if is_recent:
            return Condition(Health.OK, "current", status.state_since)
        case _:
            action = "See whether a worker and beat run, and how long polls take"
            return Condition(Health.RISK, "late, no good poll", good_at, action)


def _describe_running(status: LinkStatus, now: datetime) -> Condition:
    since = status.state_since
    lost_since = status.last_contact_at or since  # each attempt is a state of its own, the loss is older
    match status.state:
        case LinkState.LIVE if status.last_contact_at is None or now - status.last_contact_at > LATE_AFTER:
            return Condition(
                Health.RISK, "late, no sign of life", status.last_contact_at, "It is tried again by itself"
            )
        case LinkState.LIVE:
            return Condition(Health.OK, "live", since)
        case LinkState.COPYING:
            return Condition(Health.RISK, status.state.words, since)
        case LinkState.CONNECTING if not status.error:
            return Condition(Health.RISK, status.state.words, since)
        case LinkState.CONNECTING | LinkState.RETRYING:
            action = "Nobody has to act: it is tried again by itself"
            return Condition(Health.CRITICAL, LinkState.RETRYING.words, lost_since, action)
        case LinkState.REFUSED:
            return Condition(
                Health.CRITICAL, status.state.words, since, "An operator has to act; it is tried again every 30 s"
            )
        case LinkState.STOPPED | LinkState.OFF:
            return Condition(Health.UNKNOWN, status.state.words, since)
        case _:
            assert_never(status.state)


def _link(status: LinkStatus, counts: Counter[str], now: datetime) -> LinkRow:
    is_known = status.state_since is not None
    is_heard = status.state in (LinkState.LIVE, LinkState.COPYING)
    condition = describe(status, now)
    has_delivered = counts.total() or (status.last_message_at if is_mirrored(status) else status.last_contact_at)
    tables = _table_counts(counts, is_mirrored=is_mirrored(status)) if has_delivered else ()
    return LinkRow(
        source=status.source,
        condition=condition,
        error="" if condition.is_current or isinstance(status, LeftStatus) else status.error,
        last_contact_at=status.last_contact_at,
        last_message_at=status.last_message_at,
        clock=_clock_words(status.clock_offset_seconds),
        messages_per_second=status.messages_per_second if is_heard else None,
        changes_per_second=status.changes_per_second if is_heard else None,
        rows=sum(table.rows for table in tables) if tables else None,
        tables=tables,
        connection_count=status.connection_count if is_known else None,
        message_count=status.message_count if is_known else None,
        illegal_count=status.illegal_count,
        oddities=tuple(Oddity(name, count) for name, count in sorted(status.oddities.items())),
        warning_count=status.illegal_count + sum(status.oddities.values()) if is_known else None,
        is_polled=not is_mirrored(status),
        cadence=_cadence(status.poll_seconds),
        next_poll_at=status.next_poll_at if is_expected(status) else None,
    )


def _cadence(poll_seconds: float | None) -> str:
    return f"every {_span(poll_seconds)}" if poll_seconds else ""


def _table_counts(counts: Counter[str], *, is_mirrored: bool) -> tuple[TableCount, ...]:
    """Return every table the vendor documents, and what it sent beyond them if there is any."""
    documented = schema.TABLES if is_mirrored else schema.POLLED_TABLES
    return tuple(TableCount(name, counts[name]) for name in COUNTED_TABLES if name in documented or counts[name])


def _clock_words(offset_seconds: float | None) -> str | None:
    """Say how the appliance's clock differs from ours; it has to be told only where one would notice."""
    if offset_seconds is None:
        return None
    if abs(offset_seconds) < NOTABLE_OFFSET_SECONDS:
        return "same as ours"
    return f"{_span(abs(offset_seconds))} {'ahead' if offset_seconds > 0 else 'behind'}"


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 1)} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _totals(links: Collection[LinkRow]) -> LinkTotals:
    return LinkTotals(
        sources=len(links),
        current=sum(link.condition.is_current for link in links),
        rows=_sum_known(link.rows for link in links),
        messages_per_second=_sum_known(link.messages_per_second for link in links),
        changes_per_second=_sum_known(link.changes_per_second for link in links),
        warnings=_sum_known(link.warning_count for link in links),
    )


def _sum_known(values: Iterable[Figure | None]) -> Figure | None:
    """Add up what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known[1:], start=known[0]) if known else None
