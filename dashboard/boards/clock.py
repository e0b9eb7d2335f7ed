"""Durations as people read them, and setting every clock of a finished page. Pure.

A clock travels as `<time data-since>` or `<time data-until>` with its exact moment as text, so that the bytes of a
fragment do not depend on when it was drawn. In the browser the ticker sets all of them each second; `set_clocks` does
the same for a page as it leaves the server, so that it reads right without JavaScript too.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SITE_ZONE = "UTC"
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


def day_of(at: datetime, zone: str = "") -> date:
    """Return the day a moment belongs to, in a time zone ("" for the site's)."""
    return at.astimezone(ZoneInfo(zone or SITE_ZONE)).date()


def day_bounds(at: datetime) -> tuple[datetime, datetime]:
    """Return when the day of a moment begins and when it ends, in the site's time zone."""
    day = day_of(at)
    return _beginning(day), _beginning(day + timedelta(days=1))


def _beginning(day: date) -> datetime:
    """Return a day's first moment: the first of two midnights, and where clocks leave midnight out, when they do."""
    return datetime.combine(day, time(), ZoneInfo(SITE_ZONE)).astimezone(UTC)


def countdown(seconds: float) -> str:
    """Return how long it is until something, or how long it is overdue: what came due within this second is not yet."""
    return f"in {duration(seconds)}" if seconds > -1 else f"overdue {duration(-seconds)}"


def share_of_two(seconds: float, target_seconds: int) -> str:
    """Return how far a bullet bar is filled whose middle is the target."""
    return f"{min(100.0, max(0.0, 50.0 * seconds / max(1, target_seconds))):.1f}%"


def set_clocks(html: str, now: datetime, offsets: Mapping[str, float]) -> str:
    """Return a page with its clocks set to `now` (ours); `offsets` is how far each source's clock is ahead of ours."""

    def since(moment: str, source: str) -> float:
        clock = now + timedelta(seconds=offsets.get(source, 0.0))
        return (clock - datetime.fromisoformat(moment)).total_seconds()

    def clock(match: re.Match[str]) -> str:
        seconds = since(match[3], match[4])
        text = duration(seconds) if match[2] == "since" else countdown(-seconds)
        return f"{match[1]}{text}</time>"

    def bullet(match: re.Match[str]) -> str:
        head = match[0][: match[0].rindex('width="')]
        return f'{head}width="{share_of_two(since(match[1], match[3]), int(match[2]))}"'

    return _BULLET.sub(bullet, _CLOCK.sub(clock, html))
