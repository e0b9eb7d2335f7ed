"""The Sources board: every state of a link in words, unknown is not zero, counts follow the State."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.configured import Configured
from dashboard.boards.freshness import trust_in
from dashboard.boards.links import (
    LATE_AFTER,
    Health,
    Light,
    board_links,
    count_rows,
    describe,
    light,
    recount,
    without_left,
)
from realtime import schema
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def status(state: LinkState = LinkState.LIVE, source: str = "helpdesk", **fields: Any) -> LinkStatus:
    """Return a link whose mirror runs and that was heard just now."""
    given: dict[str, Any] = {
        "state_since": SINCE,
        "last_contact_at": NOW,
        "last_message_at": NOW,
        "lease_expires_at": NOW + SECOND,
    }
    return LinkStatus(source, state=state, **given | fields)


@pytest.mark.parametrize(
    ("given", "level", "words", "since"),
    [
        (status(), Health.OK, "live", SINCE),
        (status(last_contact_at=NOW - LATE_AFTER), Health.OK, "live", SINCE),
        (
            status(last_contact_at=NOW - LATE_AFTER - SECOND),
            Health.RISK,
            "late, no sign of life",
            NOW - LATE_AFTER - SECOND,
        ),
        (status(last_contact_at=None), Health.RISK, "late, no sign of life", None),
        (status(LinkState.CONNECTING), Health.RISK, "connecting", SINCE),
        (status(LinkState.COPYING), Health.RISK, "receiving the full copy", SINCE),
        (status(LinkState.RETRYING), Health.CRITICAL, "lost, trying again", NOW),
        (status(LinkState.RETRYING, last_contact_at=None), Health.CRITICAL, "lost, trying again", SINCE),
        (status(LinkState.CONNECTING, error="lost"), Health.CRITICAL, "lost, trying again", NOW),
        (status(LinkState.REFUSED), Health.CRITICAL, "refused, needs an operator", SINCE),
        (status(LinkState.STOPPED), Health.CRITICAL, "no mirror is running", SINCE),
        (status(lease_expires_at=NOW - SECOND), Health.CRITICAL, "no mirror is running", NOW - SECOND),
        (status(lease_expires_at=NOW + timedelta(minutes=1, seconds=8)), Health.OK, "live", SINCE),
        (status(lease_expires_at=NOW + 600 * SECOND), Health.CRITICAL, "no mirror is running", NOW + 600 * SECOND),
        (status(lease_expires_at=None), Health.CRITICAL, "no mirror is running", None),
        (LinkStatus("helpdesk"), Health.CRITICAL, "not mirrored yet", None),
    ],
)
def test_a_link_is_described_in_words(given: LinkStatus, level: Health, words: str, since: datetime | None) -> None:
    condition = describe(given, NOW)

    assert (condition.level, condition.words, condition.since) == (level, words, since)
    assert condition.is_current == (level is Health.OK)


def test_a_configured_source_that_was_never_mirrored_shows_nothing_it_does_not_know() -> None:
    (link,) = board_links({}, {}, NOW, configured=[LinkStatus("helpdesk")], may_resynchronise=True).links

    assert link.condition.words == "not mirrored yet"
    assert (link.rows, link.messages_per_second, link.clock, link.connection_count, link.warning_count) == (None,) * 5
    assert link.tables == ()
    assert not link.may_resynchronise


def test_a_link_that_never_delivered_has_no_row_count_and_a_lost_one_no_rates() -> None:
    never = board_links({}, {"a": status(LinkState.REFUSED, "a", last_message_at=None)}, NOW).links[0]
    lost = board_links({}, {"a": status(LinkState.RETRYING, "a", messages_per_second=3.0)}, NOW).links[0]

    assert never.rows is None
    assert lost.rows == 0
    assert lost.messages_per_second is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, None),
        (0.2, "same as ours"),
        (3.2, "3 s ahead"),
        (-75, "1 min 15 s behind"),
        (7260, "2 h 01 min ahead"),
    ],
)
def test_the_appliance_s_clock_is_said_in_words(seconds: float | None, words: str | None) -> None:
    assert board_links({}, {"a": status(clock_offset_seconds=seconds)}, NOW).links[0].clock == words


def test_totals_leave_out_what_is_unknown() -> None:
    statuses = {
        "a": status(source="a", messages_per_second=1.5, oddities={"x": 2}, illegal_count=1),
        "b": status(LinkState.RETRYING, "b", messages_per_second=9.0),
    }
    counts = count_rows(State())

    totals = board_links(counts, statuses, NOW, configured=[LinkStatus("c")]).totals

    assert (totals.sources, totals.current, totals.messages_per_second, totals.warnings) == (3, 1, 1.5, 3)
    assert board_links(counts, {}, NOW).totals.messages_per_second is None


def test_the_light_is_that_of_the_worst_link() -> None:
    live, late = status(source="a"), status(source="b", last_contact_at=NOW - 2 * LATE_AFTER)
    refused = status(LinkState.REFUSED, "c")

    assert light({}, NOW).words == "no source yet"
    assert light({"a": live}, NOW).words == "live"
    assert light({"b": late}, NOW).words == "late, no sign of life"
    worst = light({"a": live, "b": late, "c": refused}, NOW)
    assert (worst.level, worst.words) == (Health.CRITICAL, "c: refused, needs an operator, 1 more")


def test_a_source_that_sources_toml_names_no_longer_alarms_nobody_and_says_what_to_do() -> None:
    lost = status(LinkState.RETRYING, "old", error="old: the connection was refused")
    configured = Configured({"a": "beyondtrust"}, is_known=True)
    statuses = without_left({"a": status(source="a"), "old": lost}, configured, NOW)
    board = board_links({}, statuses, NOW, may_resynchronise=True, may_poll_now=True)
    old = board.links[1]

    assert light(statuses, NOW) == Light(Health.OK, "live", None)
    assert (old.condition.words, old.condition.level) == ("no longer in sources.toml", Health.UNKNOWN)
    assert "manage.py forget old" in old.condition.action
    assert not old.error, "of when it was still asked: it is news to nobody"
    assert (board.totals.sources, board.totals.current) == (1, 1)
    assert [link.may_resynchronise for link in board.links] == [True, False]
    trust = trust_in(statuses, NOW, lambda _status: True, is_mixed=True)
    assert (set(trust.stale), trust.notices) == ({"old"}, ())


@pytest.mark.parametrize(
    ("configured", "given"),
    [
        (Configured(), status(LinkState.RETRYING, "old")),  # nobody knows what sources.toml says
        (Configured({"a": "beyondtrust"}, is_known=True), status(source="old")),  # its mirror goes on
        (Configured({"a": "beyondtrust", "old": "beyondtrust"}, is_known=True), status(LinkState.RETRYING, "old")),
    ],
)
def test_a_source_that_may_be_expected_stays_what_it_is(configured: Configured, given: LinkStatus) -> None:
    statuses = {"a": status(source="a"), "old": given}

    assert without_left(statuses, configured, NOW) == statuses


TABLES = st.sampled_from(["queue", "representative", "known_queue"])
KEYS = st.sampled_from(["a:1", "a:2", "a:3"])


@given(st.lists(st.tuples(TABLES, KEYS, st.booleans()), max_size=30))
def test_counts_that_follow_equal_counts_made_anew(steps: list[tuple[str, str, bool]]) -> None:
    state = State()
    counts = count_rows(state)
    for table, key, is_insert in steps:
        rows: dict[str, dict[str, dict[str, Any]]] = {table: {key: {"name": "x"}}}
        change = Change("a", inserts=rows) if is_insert else Change("a", deletes={table: [key]})
        before = {name: +tables for name, tables in count_rows(state).items()}
        changed = recount(counts, state.apply(change))
        after = {name: +tables for name, tables in count_rows(state).items()}
        assert changed == (before != after)
        assert {name: +tables for name, tables in counts.items() if +tables} == after
        assert "known_queue" not in schema.TABLES
