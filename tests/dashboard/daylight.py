"""Time zones whose clocks change, and the moments around their changes."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "America/Santiago",  # at midnight: one day has no 00:00, another has 23:00 twice
    "Asia/Beirut",  # the same
    "America/Havana",  # one day has 00:00 twice
)
HALF_HOUR = timedelta(minutes=30)


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """Return when a zone's clocks change in 2026, in UTC."""
    begin, there = datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo(zone)
    moments = [begin + number * HALF_HOUR for number in range(365 * 48)]
    return tuple(
        late
        for early, late in pairwise(moments)
        if early.astimezone(there).utcoffset() != late.astimezone(there).utcoffset()
    )


@st.composite
def moments_of_change(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone, and a moment less than three days from one of its changes, in UTC."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(changes(zone)))
    near = st.integers(-8, 8).map(lambda count: count * HALF_HOUR)
    return zone, change + draw(near | st.timedeltas(timedelta(days=-3), timedelta(days=3)))
