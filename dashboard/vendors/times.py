"""Times as the polled vendors write them, read into aware UTC. Pure.

A reader returns None for what is no time it knows. `Times` reads one record's and remembers whether one was unreadable.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from realtime.values import Json
from realtime.vendor_session import TimeBasis

ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(?:([Zz])|([+-])(\d\d):?(\d\d))?", re.ASCII
)
SERVICESTACK = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
ZERO_DATES = ("0000-00-00", "0001-01-01T00:00:00")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(value: Json) -> datetime | None:
    """Read ISO 8601 with an offset or Z, any number of fraction digits, or /Date(ms)/; without an offset it is none."""
    moment = read_iso(value)
    if moment is not None:
        return in_utc(moment) if moment.tzinfo is not None else None
    if isinstance(value, str) and (match := SERVICESTACK.fullmatch(value.strip())):
        return read_milliseconds(int(match[1]))
    return None


def read_milliseconds(value: Json) -> datetime | None:
    """Read milliseconds since 1970 in UTC, as a number or its digits."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return EPOCH + timedelta(milliseconds=value)
    except (OverflowError, ValueError):
        return None


def read_iso(value: Json) -> datetime | None:
    """Read "2026-01-05T10:00:00.1234567Z" and its relatives: aware where an offset is written, else naive."""
    match = ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = match.groups()
    try:
        zone = UTC if zulu else offset(sign, hours, minutes) if sign else None
        numbers = [int(part or 0) for part in (year, month, day, hour, minute, second)]
        micros = int(((fraction or "") + "000000")[:6])
        return datetime(*numbers[:6], micros, tzinfo=zone)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def offset(sign: str, hours: str, minutes: str) -> timezone:
    """Return a written offset as a time zone. Raises ValueError for a day or more."""
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-size if sign == "-" else size)


def seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """Return a duration, None when it is not known or negative."""
    if start is None or end is None or end < start:
        return None
    return int((end - start).total_seconds())


def in_utc(moment: datetime) -> datetime | None:
    """Return an aware time in UTC, None at the calendar's very ends."""
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


@dataclass(slots=True)
class Times:
    """Reads the times of one record. `basis` says how sure all of them together are.

    `zone` is what holds for times that are written without one; with None such a time is unreadable.
    """

    zone: tzinfo | None = None
    basis: TimeBasis = TimeBasis.EXACT

    def take(self, value: Json, not_before: datetime | None = None) -> datetime | None:
        """Return a time in UTC; None when the vendor gave none, or gave what cannot be read, which is remembered.

        An hour that the clocks went through twice is its first pass, unless that lies before `not_before`.
        """
        if is_blank(value):
            return None
        if (moment := read_instant(value)) is not None:
            return moment
        naive = read_iso(value)
        moment = None if naive is None or self.zone is None else in_utc(naive.replace(tzinfo=self.zone))
        if naive is None or moment is None:
            self.basis = TimeBasis.UNREADABLE
            return None
        if self.basis is TimeBasis.EXACT:
            self.basis = TimeBasis.ASSUMED_ZONE
        if not_before is not None and moment < not_before:
            second = in_utc(naive.replace(tzinfo=self.zone, fold=1)) or moment
            return max(moment, second)  # of an hour that the clocks left out, the "second" is the earlier one
        return moment


def is_blank(value: Json) -> bool:
    """Whether a vendor wrote no time: nothing, an empty text, or a database's zero date."""
    return value is None or (isinstance(value, str) and (not value.strip() or value.startswith(ZERO_DATES)))
