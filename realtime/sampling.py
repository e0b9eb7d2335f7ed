"""What a minute's sample holds: in each team queue where somebody waits, how many, and for how long the longest. Pure.

Only what adds up is kept: a session waits in one queue, so the numbers of any queues together are exact. People would
not add up: somebody who is logged in to two queues would count twice.
"""

from collections.abc import Mapping
from datetime import datetime

from realtime.presence import waiting_in, waiting_since
from realtime.state import State

MINUTE_SECONDS = 60

Waits = Mapping[str, tuple[int, int]]
"""Lasting key of a queue -> how many wait, whole seconds of the longest wait. Where nobody waits there is no entry."""


def sample_waits(state: State, now: datetime) -> Waits:
    """Return a State's sample at `now` (the appliance's clock)."""
    found = {key: _waits(state, row.get("queue_id") or "", now) for key, row in state.known_queues.items()}
    return {key: waits for key, waits in found.items() if waits[0]}


def _waits(state: State, queue_key: str, now: datetime) -> tuple[int, int]:
    waiting = waiting_in(state, queue_key) if queue_key else []
    starts = (waiting_since(state.support_sessions[key]) or now for key in waiting)
    longest = max((now - start for start in starts), default=None)
    return len(waiting), max(0, int(longest.total_seconds())) if longest else 0


def minute_of(at: datetime) -> int:
    """Return the minute that a moment lies in, counted from 1970."""
    return int(at.timestamp() // MINUTE_SECONDS)
