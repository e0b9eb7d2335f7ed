"""What a queue's day came to: what is seen is added to the row of its day, and the oldest days go. Pure."""

from collections.abc import Mapping
from datetime import datetime

from realtime.look import LONGEST, Look

DAYS_KEPT = 8
"""Of a queue's days, today's included: what today is compared with."""

Added = Mapping[str, int | Mapping[str, int]]
"""Field of a `queue_day` -> what comes to it: so many, or so many by whole seconds."""


def add_to_day(look: Look, queue: str, at: datetime, added: Added) -> None:
    """Add to the day that a moment belongs to; `queue` is a lasting key."""
    day = min(max(at, look.now - LONGEST), look.now).astimezone(look.zone).date()
    key = f"{queue}/{day}"
    rows = look.change.inserts.setdefault("queue_day", {})
    row = rows.get(key) or look.state.tables["queue_day"].get(key)
    if row is None:
        row = {"known_queue_id": queue, "day": str(day)}
        _forget_days(look, queue)
    rows[key] = row | {name: _sum(row.get(name), more) for name, more in added.items()}


def _sum(held: int | Mapping[str, int] | None, more: int | Mapping[str, int]) -> int | Mapping[str, int]:
    if isinstance(more, int):
        return more + (held if isinstance(held, int) else 0)
    counts = held if isinstance(held, Mapping) else {}
    return {**counts, **{seconds: counts.get(seconds, 0) + count for seconds, count in more.items()}}


def _forget_days(look: Look, queue: str) -> None:
    """Delete the oldest days of a queue, as there is one more. By number: a clock may be set wrong for a while."""
    days = look.state.queue_days
    keys = look.state.referring("queue_day", "known_queue_id", queue)
    old = sorted(keys, key=lambda key: str(days[key].get("day")))[: 1 - DAYS_KEPT]
    if old:
        look.change.deletes.setdefault("queue_day", []).extend(old)
