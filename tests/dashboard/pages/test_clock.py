"""Durations as people read them, and the clocks of a page that leaves the server."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.boards.clock import countdown, duration, set_clocks, share_of_two
from dashboard.templatetags.clocks import since, until

NOW = datetime(2026, 3, 11, 18, 42, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0:00"),
        (0, "0:00"),
        (47.9, "0:47"),
        (725, "12:05"),
        (3599, "59:59"),
        (3780, "1 h 03"),
        (86399, "23 h 59"),
        (97200, "1 d 3 h"),
    ],
)
def test_duration_reads_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_countdown_says_what_is_overdue() -> None:
    assert [countdown(55), countdown(0), countdown(-0.9)] == ["in 0:55", "in 0:00", "in 0:00"]
    assert [countdown(-1), countdown(-402)] == ["overdue 0:01", "overdue 6:42"]


def test_a_bullets_middle_is_the_target() -> None:
    assert [share_of_two(seconds, 60) for seconds in (-1, 0, 60, 90, 500)] == [
        "0.0%",
        "0.0%",
        "50.0%",
        "75.0%",
        "100.0%",
    ]


def test_clocks_count_on_their_sources_clock() -> None:
    html = since(NOW - timedelta(seconds=47), "helpdesk") + until(NOW + timedelta(seconds=55), "ahead")
    clocks = set_clocks(html, NOW, {"ahead": 60.0})

    assert ">0:47</time>" in clocks
    assert ">overdue 0:05</time>" in clocks


def test_the_clock_of_a_source_that_cannot_be_trusted_stands() -> None:
    html = since(NOW - timedelta(seconds=47), "helpdesk") + until(NOW + timedelta(seconds=55), "helpdesk")
    clocks = set_clocks(html, NOW + timedelta(hours=1), {"helpdesk": NOW})

    assert ">0:47</time>" in clocks
    assert ">in 0:55</time>" in clocks


def test_a_clock_keeps_the_exact_time_with_its_zone() -> None:
    assert 'title="since 2026-03-11 18:42:07 UTC"' in since(NOW, "helpdesk")
    assert since(None, "helpdesk") == "–"


def test_setting_clocks_touches_nothing_else() -> None:
    html = "<p>&lt;time data-since=&quot;x&quot;&gt;7:42&lt;/time&gt;</p><time>18:02</time>"

    assert set_clocks(html, NOW, {}) == html


def test_a_bullet_is_filled_as_far_as_the_wait_is() -> None:
    bar = f'<rect data-since="{(NOW - timedelta(seconds=30)).isoformat()}" data-target="60" data-source="a" width="0"/>'

    assert 'width="25.0%"' in set_clocks(bar, NOW, {})
