"""Times that vendors write without a zone, where clocks repeat an hour or leave one out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.vendors.times import Times
from realtime.vendor_session import TimeBasis
from tests.dashboard.daylight import moments_of_change

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = timedelta(hours=3)


def written(moment: datetime, zone: str) -> str:
    """Return a moment as somebody in a zone writes it, without the zone."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(sep=" ")


@given(moments_of_change())
def test_a_time_is_read_as_the_first_moment_at_which_clocks_said_so(case: tuple[str, datetime]) -> None:
    zone, moment = case
    times = Times(ZoneInfo(zone))
    read = times.take(written(moment, zone))

    assert read is not None and read.tzinfo is UTC
    assert written(read, zone) == written(moment, zone)
    assert moment - HOURS < read <= moment
    assert times.basis is TimeBasis.ASSUMED_ZONE
    assert times.take(written(moment, zone), not_before=moment) == moment


@given(moments_of_change(), st.integers(-12, 12))
def test_a_limit_never_makes_a_time_earlier(case: tuple[str, datetime], quarters: int) -> None:
    (zone, moment), away = case, timedelta(minutes=15 * quarters)
    text = (moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + away).isoformat()  # which no clock may have said
    free, bounded = Times(ZoneInfo(zone)).take(text), Times(ZoneInfo(zone)).take(text, not_before=moment)

    assert free is not None and bounded is not None
    assert free <= bounded <= free + HOURS


@pytest.mark.parametrize(
    ("text", "not_before", "read"),
    [
        ("2026-10-25 01:59:59", None, "2026-10-24T23:59:59+00:00"),
        ("2026-10-25 02:30:00", None, "2026-10-25T00:30:00+00:00"),
        ("2026-10-25 02:30:00", "2026-10-25T00:50:00+00:00", "2026-10-25T01:30:00+00:00"),
        ("2026-10-25 03:00:00", None, "2026-10-25T02:00:00+00:00"),
        ("2026-03-29 01:59:59", None, "2026-03-29T00:59:59+00:00"),
        ("2026-03-29 02:30:00", None, "2026-03-29T01:30:00+00:00"),  # as a clock that nobody had set
        ("2026-03-29 02:30:00", "2026-03-29T01:45:00+00:00", "2026-03-29T01:30:00+00:00"),
        ("2026-03-29 03:00:00", None, "2026-03-29T01:00:00+00:00"),
    ],
)
def test_times_around_the_changes_in_berlin(text: str, not_before: str | None, read: str) -> None:
    limit = datetime.fromisoformat(not_before) if not_before else None
    moment = Times(BERLIN).take(text, not_before=limit)

    assert moment is not None
    assert moment.isoformat() == read
