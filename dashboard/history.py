"""The samples of the last hour in the database. Synchronous."""

from collections import defaultdict

from django.utils import timezone

from dashboard.boards.history import History
from dashboard.boards.wall_trend import MINUTES
from realtime.sampling import minute_of
from realtime.store import load_samples


def load_history() -> History:
    """Return what trends are drawn from: one query."""
    samples: dict[str, dict[int, dict[str, list[int]]]] = defaultdict(dict)
    for source, minute, waits in load_samples(minute_of(timezone.now()) - MINUTES):
        samples[source][minute] = waits
    return History(samples)
