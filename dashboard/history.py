"""The samples of the last hour in the database, and how much of today was watched. Synchronous."""

from collections import defaultdict

from django.conf import settings
from django.utils import timezone

from dashboard.boards.clock import day_bounds
from dashboard.boards.history import History, Watched
from dashboard.boards.trend import MINUTES
from realtime.sampling import minute_of
from realtime.store import count_samples, load_samples


def load_history() -> History:
    """Return what trends and the day's figures are drawn from: two queries."""
    now = timezone.now()
    this_minute = minute_of(now)
    samples: dict[str, dict[int, dict[str, list[int]]]] = defaultdict(dict)
    for source, minute, waits in load_samples(this_minute - MINUTES):
        samples[source][minute] = waits
    today = count_samples(minute_of(day_bounds(now, settings.TIME_ZONE)[0]), this_minute)
    watched = {source: Watched(first, this_minute - first - count) for source, first, count in today}
    return History(samples, watched)
