"""A State with the observer behind it, at a moment that the test sets, and what became of its queues' stays."""

from collections import Counter
from datetime import UTC, datetime, timedelta, tzinfo

from realtime.change import Cause, Change, Fields
from realtime.observer import observe, observe_settled, observe_time
from realtime.state import State

SOURCE = "h"
NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=10)


class Watch:
    """Takes steps as a mirror does."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.state = State()
        self.now = NOW
        self.zone = zone

    def step(
        self, cause: Cause = Cause.LIVE, deletes: dict[str, list[str]] | None = None, **updates: dict[str, Fields]
    ) -> None:
        """Take a step; each keyword is a table: row key -> fields."""
        self.take(Change(SOURCE, updates=dict(updates), deletes=deletes or {}, cause=cause))

    def take(self, change: Change) -> None:
        """Take a step."""
        self._note(observe(self.state, self.state.apply(change), self.now, self.zone))

    def settle(self) -> None:
        """Take a copy as complete."""
        self._note(observe_settled(self.state, SOURCE, self.now, self.zone))

    def wait(self, seconds: float) -> None:
        """Let time pass, seen by the mirror at its end."""
        self.now += timedelta(seconds=seconds)
        self._note(observe_time(self.state, SOURCE, self.now, self.zone))

    def outcomes(self) -> Counter[tuple[str, str, int]]:
        """Return how often what became of a stay: (queue's lasting key, outcome, seconds where they are kept)."""
        total: Counter[tuple[str, str, int]] = Counter()
        for day in self.state.queue_days.values():
            queue = day["known_queue_id"] or ""
            for name, counts in (("answered", day.get("answered")), ("left", day.get("left"))):
                for seconds, count in (counts or {}).items():
                    total[queue, name, int(seconds)] += count
            for name, sum_ in (("flowed_out", day.get("flowed_out")), ("unknown", day.get("unknown"))):
                total[queue, name, 0] += sum_ or 0
        return +total

    def _note(self, observed: Change | None) -> None:
        if observed:
            self.state.apply(observed)
