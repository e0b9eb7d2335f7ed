"""Durations as people read them, and setting every clock of a finished page. Pure.

A clock travels as `<time data-since>` or `<time data-until>` with its exact moment as text, so that the bytes of a
fragment do not depend on when it was drawn. In the browser the ticker sets all of them each second; `set_clocks` does
the same for a page as it leaves the server, so that it reads right without JavaScript too.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clocks = Mapping[str, float | datetime]
"""Source -> by how many seconds its clock is ahead of ours, or the moment on its clock at which it stands."""

_CLOCK = re.compile(r'(<time [^>]*data-(since|until)="([^"]+)" data-source="([^"]*)"[^>]*>)[^<]*</time>')
_BULLET = re.compile(r'data-since="([^"]+)" data-target="([0-9]+)" data-source="([^"]*)" width="[^"]*"')


def duration(seconds: float) -> str:
    """Return a span of time: 0:47, 12:05, 1 h 03, 2 d 5 h; never less than nothing. `ticker.js` writes the same."""
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d}"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def day_of(at: datetime, zone: str) -> date:
    """Return the day a moment belongs to in a time zone, an IANA name."""
    return at.astimezone(ZoneInfo(zone)).date()


def day_bounds(at: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return when the day of a moment begins and when it ends in a time zone, in UTC."""
    day = day_of(at, zone)
    return first_moment(day, zone), first_moment(day + timedelta(days=1), zone)


def first_moment(day: date, zone: str) -> datetime:
    """Return when a day begins in a time zone, in UTC. Raises OverflowError at the calendar's very ends.

    Of two midnights it is the first; where the clocks leave midnight out, it is when they do.
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def countdown(seconds: float) -> str:
    """Return how long it is until something, or how long it is overdue: what came due within this second is not yet."""
    return f"in {duration(seconds)}" if seconds > -1 else f"overdue {duration(-seconds)}"


def share_of_two(seconds: float, target_seconds: int) -> str:
    """Return how far a bullet bar is filled whose middle is the target."""
    return f"{min(100.0, max(0.0, 50.0 * seconds / max(1, target_seconds))):.1f}%"


def set_clocks(html: str, now: datetime, clocks: Clocks) -> str:
    """Return a page with its clocks set to `now` (ours)."""

    def since(moment: str, source: str) -> float:
        told = clocks.get(source, 0.0)
        clock = told if isinstance(told, datetime) else now + timedelta(seconds=told)
        return (clock - datetime.fromisoformat(moment)).total_seconds()

    def clock(match: re.Match[str]) -> str:
        seconds = since(match[3], match[4])
        text = duration(seconds) if match[2] == "since" else countdown(-seconds)
        return f"{match[1]}{text}</time>"

    def bullet(match: re.Match[str]) -> str:
        head = match[0][: match[0].rindex('width="')]
        return f'{head}width="{share_of_two(since(match[1], match[3]), int(match[2]))}"'

    return _BULLET.sub(bullet, _CLOCK.sub(clock, html))
