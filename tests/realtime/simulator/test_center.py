"""The simulated center: consistent at every moment, warm from the first, the same for a seed."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.schema import TABLES
from realtime.simulator.center import Center
from realtime.simulator.ledger import HIGHEST_ID, IdMode, Tables, Update
from realtime.simulator.words import HOSTILE_NAMES

STARTED_AT = 1_780_000_000.0

seeds = st.integers(0, 2**32)
centers = st.builds(
    Center,
    seeds,
    st.just(STARTED_AT),
    reps=st.integers(0, 25),
    sessions=st.integers(0, 40),
    rate=st.sampled_from([0.0, 0.0, 2.0]),
    hour=st.floats(0, 24, exclude_max=True),
    ids=st.sampled_from(IdMode),
)


def replay(tables: Tables, updates: list[Update]) -> Tables:
    """Apply updates the way an integration does."""
    result = {table: {row_id: dict(row) for row_id, row in rows.items()} for table, rows in tables.items()}
    for update in updates:
        for table, rows in update.insert.items():
            for row_id, row in rows.items():
                assert row_id not in result[table]
                result[table][row_id] = dict(row)
        for table, rows in update.update.items():
            for row_id, row in rows.items():
                result[table][row_id].update(row)
                assert result[table][row_id] == update.after[table][row_id]
        for table, row_ids in update.delete.items():
            for row_id in row_ids:
                del result[table][row_id]
    return result


def assert_consistent(tables: Tables) -> None:
    """Check what holds at every moment of a real center."""
    assert_references(tables)
    assert_flags(tables)
    session_queues = {row["queue_id"] for row in tables["support_session"].values()}
    staffed = {row["queue_id"] for row in tables["representative_queue"].values()}
    persistent = {"prewait", "service_desk", "network_vpn", "datacenter", "vip", "night_desk"}
    for row_id, row in tables["queue"].items():
        if row["type"] == "team" and row["code_name"] not in persistent:
            primaries = {session.get("primary_team_queue_id") for session in tables["support_session"].values()}
            assert row_id in staffed | session_queues | primaries


def assert_references(tables: Tables) -> None:
    """Every foreign key names a row that is there."""
    for table, rows in tables.items():
        for reference in TABLES[table].references:
            for row in rows.values():
                assert row.get(reference.wire_name) is None or row[reference.wire_name] in tables[reference.target]


def assert_flags(tables: Tables) -> None:
    """The four routing flags agree with each other."""
    for row in tables["representative"].values():
        able = row["routing_enabled"] and not row["routing_busy"] and not row["routing_idle"]
        assert row["routing_available"] == able


@settings(max_examples=25, deadline=None)
@given(centers, st.lists(st.floats(1, 12_000), min_size=1, max_size=4))
def test_center_stays_consistent_and_its_updates_lead_to_its_tables(center: Center, steps: list[float]) -> None:
    tables = replay(center.tables, [])
    assert_consistent(tables)
    until = STARTED_AT
    for step in steps:
        until += step
        tables = replay(tables, center.advance(until))
        assert tables == center.tables
        assert_consistent(tables)


@settings(max_examples=15, deadline=None)
@given(seeds, st.lists(st.floats(1, 3000), min_size=2, max_size=5))
def test_center_has_one_history_for_a_seed_however_time_is_cut(seed: int, steps: list[float]) -> None:
    stepped, whole = (Center(seed, STARTED_AT, reps=10, sessions=15, rate=0.5) for _ in range(2))
    updates = []
    for number in range(len(steps)):
        updates += stepped.advance(STARTED_AT + sum(steps[: number + 1]))

    assert updates == whole.advance(STARTED_AT + sum(steps))
    assert stepped.tables == whole.tables


def test_center_differs_for_another_seed() -> None:
    assert Center(1, STARTED_AT).tables != Center(2, STARTED_AT).tables


@settings(max_examples=20, deadline=None)
@given(st.floats(1.6e9, 2.0e9), seeds)
def test_center_is_warm_whatever_the_hour_of_the_clock(started_at: float, seed: int) -> None:
    center = Center(seed, started_at, reps=40, sessions=60)

    assert 50 <= len(center.tables["support_session"]) <= 60
    assert len(center.tables["representative"]) == 40
    assert center.tables["representative_support_session"]
    created = [row["created_timestamp"] for rows in center.tables.values() for row in rows.values()]
    assert max(created) <= started_at


def test_sessions_found_at_the_start_have_a_past() -> None:
    sessions = Center(1, STARTED_AT, sessions=300).tables["support_session"].values()
    jumps = [row for row in sessions if row["start_method"].endswith("jump")]

    assert all(row["queue_entry_timestamp"] == row["created_timestamp"] < STARTED_AT - 30 for row in jumps)
    assert all(row["created_timestamp"] <= row["queue_entry_timestamp"] for row in sessions)
    assert sum(row["queue_entry_timestamp"] > STARTED_AT - 5 for row in sessions) < 10


@pytest.mark.parametrize(
    ("hour", "expected"), [(3.0, 10), (8.0, 130), (10.0, 200), (12.0, 150), (14.0, 200), (22.0, 26)]
)
def test_center_starts_as_populated_as_its_own_hour_wants(hour: float, expected: int) -> None:
    assert len(Center(1, STARTED_AT, sessions=200, hour=hour).tables["support_session"]) == expected


def test_center_keeps_near_its_target_through_the_day() -> None:
    center = Center(5, STARTED_AT, reps=80, sessions=120)
    live = {}
    for hour in range(1, 24):
        center.advance(STARTED_AT + hour * 3600)
        live[round(9.75 + hour) % 24] = len(center.tables["support_session"])

    assert 85 <= live[14] <= 150
    assert live[3] <= 25


def test_center_lets_the_night_desk_go_unstaffed() -> None:
    center = Center(3, STARTED_AT, reps=40, sessions=20)

    def staffed() -> bool:
        desks = {row_id for row_id, row in center.tables["queue"].items() if row.get("code_name") == "night_desk"}
        assert len(desks) == 1
        return any(row["queue_id"] in desks for row in center.tables["representative_queue"].values())

    assert not staffed()
    center.advance(STARTED_AT + 14 * 3600)
    assert staffed()


def test_center_shows_every_way_a_session_lives() -> None:
    center = Center(7, STARTED_AT, reps=60, sessions=150)
    seen: Counter[str] = Counter()
    for minute in range(1, 241):
        for update in center.advance(STARTED_AT + minute * 60):
            seen.update(read_events(update))
        seen.update(read_picture(center.tables))

    assert not [event for event in EVENTS if not seen[event]]


EVENTS = (
    *("arrived", "picked up", "transferred", "ended", "abandoned", "second representative", "invited", "no client"),
    *("logged in", "logged out", "busy", "idle", "disabled", "prewait", "presenting", "attendee left", "elevated"),
    *("issue_submission", "session_key", "rep_list", "local_jump", "remote_jump", "shell_jump"),
    *("local_rdp", "remote_rdp", "local_vnc", "remote_vnc", "vpro", "mobile", "web_chat", "desktop", "shell"),
)


def read_events(update: Update) -> list[str]:
    """Name what an update tells."""
    events = {
        "arrived": "support_session" in update.insert,
        "picked up": "representative_support_session" in update.insert,
        "ended": "support_session" in update.delete and "representative_support_session" in update.delete,
        "abandoned": "support_session" in update.delete and "representative_support_session" not in update.delete,
        "transferred": "representative_support_session" in update.delete
        and any("primary_team_queue_id" in row for row in update.update.get("support_session", {}).values()),
        "logged in": "representative" in update.insert,
        "logged out": "representative" in update.delete,
        "attendee left": "attendee" in update.delete and "presentation_session" not in update.delete,
        "elevated": any(row.get("elevated") for row in update.update.get("customer_client", {}).values()),
    }
    return [event for event, happened in events.items() if happened]


def read_picture(tables: Tables) -> list[str]:
    """Name what can be seen in the tables."""
    representatives, sessions = tables["representative"].values(), tables["support_session"]
    joined = Counter(row["support_session_id"] for row in tables["representative_support_session"].values())
    clients = {row["support_session_id"] for row in tables["customer_client"].values()}
    prewait = {row_id for row_id, row in tables["queue"].items() if row["type"] == "prewait"}
    seen = {
        "second representative": 2 in joined.values(),
        "invited": any(row["type"] == "invited" for row in representatives),
        "no client": bool(joined.keys() - clients),
        "busy": any(row["routing_busy"] for row in representatives),
        "idle": any(row["routing_idle"] for row in representatives),
        "disabled": not all(row["routing_enabled"] for row in representatives),
        "prewait": any(row["queue_id"] in prewait for row in sessions.values()),
        "presenting": bool(tables["presenter"]),
    }
    methods = {row["start_method"] for row in sessions.values()}
    kinds = {row["client_type"] for row in tables["customer_client"].values()}
    return [*(event for event, is_seen in seen.items() if is_seen), *methods, *kinds]


def test_center_writes_in_many_scripts() -> None:
    names = "".join(
        row["customer_name"] for row in Center(1, STARTED_AT, sessions=3000).tables["support_session"].values()
    )

    for first, last in (
        ("\u0400", "\u04ff"),
        ("\u0590", "\u05ff"),
        ("\u0600", "\u06ff"),
        ("\u4e00", "\u9fff"),
        ("\u00c0", "\u017f"),
    ):
        assert any(first <= character <= last for character in names)
    assert any(name in names for name in HOSTILE_NAMES if "<" in name)


@pytest.mark.parametrize("rate", [1.0, 20.0, 200.0])
def test_center_reaches_the_wished_rate(rate: float) -> None:
    center = Center(1, STARTED_AT, reps=20, sessions=30, rate=rate)
    rows = sum(update.row_count for update in center.advance(STARTED_AT + 120))

    assert 0.9 * rate <= rows / 120 <= 1.5 * rate + 1.0


def test_center_without_sessions_and_representatives_has_only_persistent_queues() -> None:
    center = Center(1, STARTED_AT, reps=0, sessions=0)

    assert center.advance(STARTED_AT + 86_400) == []
    assert {table for table, rows in center.tables.items() if rows} == {"queue"}


@pytest.mark.parametrize("mode", IdMode)
def test_ids_are_unique_and_within_64_bits(mode: IdMode) -> None:
    center = Center(1, STARTED_AT, reps=20, sessions=30, ids=mode)
    given_ids = [int(row_id) for rows in center.tables.values() for row_id in rows]
    for update in center.advance(STARTED_AT + 20_000):
        given_ids += [int(row_id) for rows in update.insert.values() for row_id in rows]

    assert len(set(given_ids)) == len(given_ids)
    assert min(given_ids) > 0
    assert max(given_ids) <= HIGHEST_ID
    assert (max(given_ids) == HIGHEST_ID) == (mode is IdMode.EDGE)


@settings(max_examples=20, deadline=None)
@given(centers, st.booleans(), st.floats(0, 5000))
def test_restart_gives_every_row_another_identity(center: Center, same_ids: bool, seconds: float) -> None:
    center.advance(STARTED_AT + seconds)
    before = replay(center.tables, [])
    center.restart(same_ids)

    assert_consistent(center.tables)
    for table, rows in center.tables.items():
        assert len(rows) == len(before[table])
        assert same_ids or not rows.keys() & before[table].keys()
        assert sorted(row.get("lsid", "") for row in rows.values()) == sorted(
            row.get("lsid", "") for row in before[table].values()
        )
    tables = replay(center.tables, [])
    assert replay(tables, center.advance(STARTED_AT + seconds + 2000)) == center.tables
    assert_consistent(center.tables)


def test_restart_with_the_same_ids_gives_them_to_other_sessions() -> None:
    center = Center(1, STARTED_AT)
    before = {row_id: row["lsid"] for row_id, row in center.tables["support_session"].items()}
    center.restart(same_ids=True)
    after = {row_id: row["lsid"] for row_id, row in center.tables["support_session"].items()}

    assert after.keys() == before.keys()
    assert sum(after[row_id] != lsid for row_id, lsid in before.items()) > len(before) / 2


def test_hand_made_changes_enter_the_truth() -> None:
    center = Center(1, STARTED_AT, reps=3, sessions=5)
    update = center.apply(
        {"queue": {"7": {"name": "Mine"}}}, {"queue": {"8": {"name": "New"}, "7": {"type": "team"}}}, {}
    )

    assert update is not None
    assert center.tables["queue"]["7"] == {"name": "Mine", "type": "team"}
    gone = {table: list(rows) for table, rows in center.tables.items()}
    center.apply({}, {}, gone)
    assert not any(center.tables.values())
    center.advance(STARTED_AT + 5000)


def test_a_skewed_clock_shifts_new_timestamps() -> None:
    plain, skewed = Center(1, STARTED_AT), Center(1, STARTED_AT, skew_seconds=-300)

    for table, rows in plain.tables.items():
        for row_id, row in rows.items():
            assert skewed.tables[table][row_id]["created_timestamp"] == row["created_timestamp"] - 300
