"""The one translation of foreign errors, where it needs no socket."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from realtime.outbound.failures import retry_after_seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        ("0", 0.0),
        ("999999999", 3600.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("-3", None),
        ("²", None),
    ],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value) == seconds


@pytest.mark.parametrize(("ahead", "low", "high"), [(90, 80, 90), (-90, 0, 0), (10**6, 3600, 3600)])
def test_retry_after_as_date(ahead: int, low: float, high: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    seconds = retry_after_seconds(date)
    assert seconds is not None
    assert low <= seconds <= high
