"""The State: its indexes, its pictures that stay true, and what it tells about a step."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.change import Applied, Cause, Change, Fields, RowChange, Rows
from realtime.schema import HELD_TABLES
from realtime.state import State
from tests.realtime.histories import examples
from tests.realtime.naive import check_applied, pointing, rebuilt, references

KEYS = st.sampled_from(["desk:1", "desk:2", "desk:3"])
SESSIONS = st.fixed_dictionaries(
    {},
    optional={
        "queue_id": KEYS | st.none(),
        "primary_team_queue_id": KEYS,
        "priority": st.sampled_from([1, 2, None]),
        "extra": st.sampled_from([{"priority": "high"}, {"colour": 1}, {"colour": None, "created_timestamp": "soon"}]),
    },
)
ROWS: st.SearchStrategy[Rows] = st.fixed_dictionaries(
    {},
    optional={
        "support_session": st.dictionaries(KEYS, SESSIONS, max_size=3),
        "queue": st.dictionaries(KEYS, st.fixed_dictionaries({}, optional={"name": st.sampled_from("ab")}), max_size=3),
    },
)
CHANGES = st.builds(
    Change,
    st.just("desk"),
    inserts=ROWS,
    updates=ROWS,
    deletes=st.fixed_dictionaries({}, optional={"support_session": st.lists(KEYS), "queue": st.lists(KEYS)}),
)


def held_state(**tables: dict[str, Fields]) -> State:
    """Return a State with some rows."""
    state = State()
    state.apply(Change("desk", inserts=tables))
    return state


def without_both(change: Change) -> Change:
    """Return a change that names no row as insert and as update; none is ever made."""
    updates = {
        table: {key: fields for key, fields in rows.items() if key not in change.inserts.get(table, {})}
        for table, rows in change.updates.items()
    }
    return Change(change.source, change.inserts, updates, change.deletes)


@examples(150)
@given(st.lists(CHANGES, max_size=6))
def test_state_tells_what_it_altered_and_alters_nothing_in_place(changes: list[Change]) -> None:
    state = State()
    for change in map(without_both, changes):
        before = {table: dict(rows) for table, rows in state.tables.items()}
        picture, given_change = copy.deepcopy(before), copy.deepcopy(change)
        applied = state.apply(change)
        assert before == picture
        assert change == given_change
        check_applied(before, state.tables, applied)
        assert references(state) == pointing(state) == references(rebuilt(state))


@examples(100)
@given(st.lists(CHANGES, max_size=3), st.lists(CHANGES, max_size=3))
def test_difference_leads_from_any_state_to_any_other(first: list[Change], second: list[Change]) -> None:
    one, other = State(), State()
    for state, changes in ((one, first), (other, second)):
        for change in changes:
            state.apply(change)
    applied = one.apply(one.difference("desk", other.tables))
    assert one.tables == other.tables
    assert applied.cause is not Cause.LIVE
    assert not one.apply(one.difference("desk", other.tables))


@pytest.mark.parametrize(
    ("old", "fields", "new"),
    [
        ({"priority": 1}, {"priority": 1}, {"priority": 1}),
        ({"priority": 1}, {"priority": None}, {"priority": None}),
        ({"priority": 1}, {"queue_id": "desk:1"}, {"priority": 1, "queue_id": "desk:1"}),
        ({"extra": {"colour": 1}}, {"extra": {"shape": 2}}, {"extra": {"colour": 1, "shape": 2}}),
        ({"priority": None, "extra": {"priority": "x"}}, {"priority": 1}, {"priority": 1}),
        ({"priority": None, "extra": {"priority": "x"}}, {"priority": None}, {"priority": None}),
        (
            {"priority": None, "extra": {"priority": "x", "colour": 1}},
            {"priority": None, "extra": {"priority": "y"}},
            {"priority": None, "extra": {"priority": "y", "colour": 1}},
        ),
        ({"created_at": None, "extra": {"created_timestamp": "x"}}, {"created_at": None}, {"created_at": None}),
    ],
)
def test_update_merges(old: Fields, fields: Fields, new: Fields) -> None:
    state = held_state(support_session={"desk:1": old})
    applied = state.apply(Change("desk", updates={"support_session": {"desk:1": fields}}))
    assert state.tables["support_session"]["desk:1"] == new
    assert applied.rows == ({} if old == new else {"support_session": {"desk:1": RowChange(old, new)}})


def test_update_of_an_unknown_tables_row_keeps_every_raw_field() -> None:
    first = {"table": "future", "extra": {"table": 1, "created_timestamp": 2, "a": 3}}
    state = held_state(unknown_row={"desk:future/1": first})
    state.apply(Change("desk", updates={"unknown_row": {"desk:future/1": {"table": "future", "extra": {"a": 4}}}}))
    held = state.tables["unknown_row"]["desk:future/1"]
    assert held == {"table": "future", "extra": {"table": 1, "created_timestamp": 2, "a": 4}}


def test_insert_starts_a_row_anew_and_update_before_insert_starts_one() -> None:
    state = held_state(queue={"desk:1": {"name": "a", "type": "team"}})
    state.apply(Change("desk", {"queue": {"desk:1": {"name": "b"}}}, {"queue": {"desk:2": {"type": "team"}}}))
    assert state.tables["queue"] == {"desk:1": {"name": "b"}, "desk:2": {"type": "team"}}


def test_deletes_come_last_and_may_name_unknown_rows() -> None:
    state = held_state(queue={"desk:1": {}})
    change = Change("desk", {"queue": {"desk:2": {}}}, {}, {"queue": ["desk:1", "desk:2", "desk:3", "desk:1"]})
    assert state.apply(change).rows == {"queue": {"desk:1": RowChange({}, None)}}
    assert state.tables["queue"] == {}


def test_references_lead_to_rows_that_come_later_or_never() -> None:
    state = held_state(support_session={"desk:5": {"queue_id": "desk:1"}})
    assert list(state.referring("support_session", "queue_id", "desk:1")) == ["desk:5"]
    state.apply(
        Change("desk", inserts={"queue": {"desk:1": {}}, "support_session": {"desk:4": {"queue_id": "desk:1"}}})
    )
    assert list(state.referring("support_session", "queue_id", "desk:1")) == ["desk:5", "desk:4"]
    state.apply(Change("desk", updates={"support_session": {"desk:5": {"queue_id": None}}}))
    assert list(state.referring("support_session", "queue_id", "desk:1")) == ["desk:4"]
    assert list(state.referring("support_session", "queue_id", "desk:nowhere")) == []


def test_indexes_of_rows_that_went_take_no_memory() -> None:
    state = held_state(support_session={"desk:5": {"queue_id": "desk:1"}, "desk:6": {"queue_id": "desk:2"}})
    state.apply(Change("desk", updates={"support_session": {"desk:5": {"queue_id": "desk:2"}}}))
    state.apply(Change("desk", deletes={"support_session": ["desk:5", "desk:6"]}))
    assert not any(state._referring.values())


def test_sources_keep_apart() -> None:
    state = State()
    for source in ("desk", "des"):
        state.apply(Change(source, inserts={"queue": {f"{source}:1": {}}}))
    assert state.keys_of("des")["queue"] == {"des:1"}
    assert state.keys_of("des").keys() == HELD_TABLES.keys()
    state.apply(state.difference("des", {}))
    assert state.tables["queue"] == {"desk:1": {}}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("customer_clients", "customer_client"),
        ("queues", "queue"),
        ("representatives", "representative"),
        ("representative_queues", "representative_queue"),
        ("representative_support_sessions", "representative_support_session"),
        ("support_sessions", "support_session"),
        ("support_session_attributes", "support_session_attribute"),
        ("support_session_skills", "support_session_skill"),
        ("presentation_sessions", "presentation_session"),
        ("attendees", "attendee"),
        ("presenters", "presenter"),
        ("known_queues", "known_queue"),
        ("queue_stays", "queue_stay"),
        ("team_stays", "team_stay"),
        ("queue_days", "queue_day"),
        ("representative_spells", "representative_spell"),
    ],
)
def test_typed_views_show_their_table(name: str, table: str) -> None:
    state = State()
    rows: Any = getattr(state, name)
    assert rows is state.tables[table]


def test_applied_counts_its_rows() -> None:
    assert not Applied("desk", {})
    assert Applied("desk", {"queue": {"a": RowChange(None, {}), "b": RowChange({}, None)}}).row_count == 2
