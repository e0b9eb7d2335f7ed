"""Polled sources have no lease: the last good poll decides; each list trusts its own sources only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.boards.freshness import trust_in
from dashboard.boards.links import Health, board_links, describe, is_mirrored, light
from realtime.status import SKEW, LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)
LIMIT = timedelta(seconds=75)  # two intervals of 30 s and 15 s
SECOND = timedelta(seconds=1)


def polled(state: LinkState = LinkState.LIVE, source: str = "camera", **fields: Any) -> LinkStatus:
    """Return a polled source whose last good poll was just now."""
    given: dict[str, Any] = {"state_since": SINCE, "last_contact_at": NOW, "poll_seconds": 30.0, "seq": 1}
    return LinkStatus(source, state=state, **given | fields)


def mirrored(source: str = "helpdesk") -> LinkStatus:
    """Return an appliance that is live."""
    return LinkStatus(
        source,
        seq=1,
        state=LinkState.LIVE,
        state_since=SINCE,
        last_contact_at=NOW,
        lease_expires_at=NOW + SECOND,
    )


@pytest.mark.parametrize(
    ("given", "level", "words", "is_current"),
    [
        (polled(), Health.OK, "current", True),
        (polled(last_contact_at=NOW - LIMIT), Health.OK, "current", True),
        (polled(last_contact_at=NOW - LIMIT - SECOND), Health.RISK, "late, no good poll", False),
        (polled(last_contact_at=NOW + SKEW), Health.OK, "current", True),
        (polled(last_contact_at=NOW + SKEW + SECOND), Health.RISK, "late, no good poll", False),
        (polled(LinkState.RETRYING), Health.RISK, "failing, tried again", True),
        (polled(LinkState.RETRYING, last_contact_at=SINCE), Health.CRITICAL, "failing, tried again", False),
        (polled(LinkState.REFUSED), Health.CRITICAL, "refused, needs an operator", True),
        (polled(LinkState.REFUSED, last_contact_at=SINCE), Health.CRITICAL, "refused, needs an operator", False),
        (polled(LinkState.OFF), Health.UNKNOWN, "switched off", False),
        (polled(LinkState.STOPPED, last_contact_at=None, state_since=None), Health.CRITICAL, "not polled yet", False),
    ],
)
def test_a_polled_source_is_described_in_words(given: LinkStatus, level: Health, words: str, is_current: bool) -> None:
    condition = describe(given, NOW)

    assert (condition.level, condition.words, condition.is_current) == (level, words, is_current)
    assert bool(condition.action) == (words != "current")


def test_a_dead_vendor_dims_no_appliance_s_board_and_the_other_way_round() -> None:
    dead = polled(LinkState.RETRYING, last_contact_at=SINCE)
    gone = LinkStatus("helpdesk", seq=1, state=LinkState.RETRYING, state_since=SINCE)
    all_sources = {"helpdesk": mirrored(), "camera": dead}

    assert trust_in(all_sources, NOW, is_mirrored, is_mixed=False).tile.stale is None
    other = trust_in({"helpdesk": gone, "camera": polled()}, NOW, is_mirrored, is_mixed=False)
    assert other.tile.stale is not None
    assert light(all_sources, NOW).words == "camera: failing, tried again"


def test_a_mixed_list_says_source_by_source_what_is_stale() -> None:
    dead = polled(LinkState.RETRYING, last_contact_at=SINCE, next_poll_at=NOW + SECOND)
    off = polled(LinkState.OFF, "remote")
    trust = trust_in({"a": mirrored("a"), "camera": dead, "remote": off}, NOW, lambda _status: True, is_mixed=True)

    assert trust.tile.stale is None
    assert trust.tile.is_known
    assert set(trust.stale) == {"camera", "remote"}
    assert [(one.source, one.since, one.next_at) for one in trust.notices] == [("camera", SINCE, NOW + SECOND)]


def test_what_is_switched_off_alarms_nobody() -> None:
    assert light({"a": mirrored("a"), "remote": polled(LinkState.OFF, "remote")}, NOW).level is Health.OK


def test_a_polled_source_s_facts() -> None:
    (row,) = board_links(
        {},
        {"camera": polled(next_poll_at=NOW)},
        NOW,
        vendors={"camera": "seeit"},
        may_resynchronise=True,
        may_poll_now=True,
    ).links
    (never,) = board_links({}, {}, NOW, configured=[polled(LinkState.OFF, seq=0, last_contact_at=None)]).links

    assert (row.vendor, row.cadence, row.next_poll_at, row.rows) == ("seeit", "every 30 s", NOW, 0)
    assert (row.may_poll_now, row.may_resynchronise) == (True, False)
    assert (never.may_poll_now, never.rows, never.condition.words) == (False, None, "switched off")
