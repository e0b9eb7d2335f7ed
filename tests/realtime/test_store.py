"""The models are the State, on both databases: round trips of hostile values, whole transactions, leases and fences."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models.functions import Now
from hypothesis import given
from hypothesis import strategies as st

from realtime import models, store
from realtime.change import Batch, Change, Fields, Rows
from realtime.database import STANDSTILL_SECONDS
from realtime.errors import LeaseLost
from realtime.rows import Oddities, RowDecoder
from realtime.schema import HELD_TABLES
from realtime.state import State
from realtime.status import LEASE_SECONDS, SKEW, LinkState, LinkStatus
from realtime.store import Lease, Position
from tests.realtime.histories import Said, encode, examples, updates
from tests.realtime.naive import SOURCE, Listener
from tests.services.database import standstill_limit
from tests.services.waiting import wait_until

pytestmark = pytest.mark.usefixtures("each_database")

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
HOSTILE_ROWS = {
    "support_session": {
        "18446744073709551615": {"queue_id": 2**64 - 1, "created_timestamp": 0, "queue_entry_timestamp": 253402127999},
        "1": {"customer_name": "\0", "issue_description": "😀" * 5000, "priority": -(2**63), "lsid": None},
        "2": {"created_timestamp": "soon", "priority": 2**63, "queue_id": [], "customer_name": {"a": "\0"}},
        "3": {"created_timestamp": None, "extra": None, "created_at": 1, "key": "x", "source": "y", "pk": 1},
        "4": None,
        "5": {"estimated_pickup_timestamp": 1700000000.123456, "customer_name": "'; DROP TABLE realtime_queue; --"},
        "6": {"colour": [1e25, -1e300, 2**64 - 1, -(2**63), 5e-324, {"": None}], "": 1, "\0": "\0"},
        "7": {"customer_name": "", "priority": 0},
        "x'y\"z%s": {"customer_name": "%s %(a)s \\ \x01\x7f\u2028"},
    },
    "representative": {"1": {"routing_busy": False, "routing_idle": None, "routing_enabled": 2, "type": True}},
    "future_table": {
        "1": {"table": None, "created_timestamp": 5, "source": "x", "deep": {"a": [None]}},
        "2": None,
        "3": {"created_timestamp": None},
    },
    "fut\0ure": {"1": {"a": 1}},
    "": {"1": {"a": 1}},
}


def taken(owner: str = "one", source: str = SOURCE) -> Lease:
    """Return a lease that must be free."""
    lease = store.acquire_lease(source, owner)
    assert lease is not None
    return lease


def let_expire(source: str = SOURCE) -> None:
    """Let a lease run out."""
    models.Link.objects.filter(source=source).update(lease_expires_at=Now() - timedelta(seconds=1))


def queues(*names: str) -> Rows:
    """Return queues whose row ids are their names."""
    return {"queue": {f"{SOURCE}:{name}": {"name": name} for name in names}}


def stored_rows() -> Rows:
    """Return the stored rows, tables without any left out."""
    return {table: rows for table, rows in store.load(SOURCE).rows.items() if rows}


def test_hostile_rows_come_back_as_they_were() -> None:
    state = State()
    state.apply(Change(SOURCE, inserts=RowDecoder(SOURCE, Oddities()).rows(HOSTILE_ROWS)))
    held = {table: rows for table, rows in state.tables.items() if rows}
    assert sum(map(len, held.values())) == 15
    store.commit(taken(), Change(SOURCE, inserts=held), "e1")
    assert store.load(SOURCE).rows == state.tables
    store.commit(taken_again(), state.difference(SOURCE, store.load(SOURCE).rows), "e1")
    assert store.load(SOURCE).rows == state.tables


def taken_again() -> Lease:
    """Return the lease of another mirror after the first one's end."""
    let_expire()
    return taken("two")


@examples(30)
@given(st.lists(updates(), min_size=1, max_size=5))
def test_what_was_committed_is_what_is_loaded(said: list[Said]) -> None:
    let_expire()
    lease, listener, batch = taken(), Listener(), Batch(SOURCE)
    listener.state.apply(listener.state.difference(SOURCE, store.load(SOURCE).rows))
    listener.connect()
    for number, one in enumerate(said):
        listener.hear(encode(one.message))
        while listener.applied:
            batch.add(listener.applied.pop(0))
        if number % 2:
            store.commit(lease, batch.take(), "e1")
    listener.wait(10)
    for applied in listener.applied:
        batch.add(applied)
    store.commit(lease, batch.take(), "e2")
    assert store.load(SOURCE).rows == listener.state.tables


def test_what_became_of_stays_comes_back_as_it_was() -> None:
    queue, at = f"{SOURCE}:team/7", datetime(2026, 3, 11, 18, 42, 0, 250_000, tzinfo=UTC)
    rows: Rows = {
        "queue_day": {
            f"{queue}/2026-03-11": {
                "known_queue_id": queue,
                "day": "2026-03-11",
                "answered": {"0": 2, "604800": 1},
                "left": {"19": 1},
                "flowed_out": 3,
            },
            f"{queue}/2026-03-12": {"known_queue_id": queue, "day": "2026-03-12", "unknown": 1},
        },
        "team_stay": {
            f"{SOURCE}:lsid/a": {"support_session_id": f"{SOURCE}:1", "known_queue_id": queue, "entered_at": at},
            f"{SOURCE}:row/2": {"known_queue_id": queue, "entered_at": at, "client_left_at": at, "outcome": "left"},
        },
    }
    lease = taken()
    store.commit(lease, Change(SOURCE, inserts=rows), "e")
    day = rows["queue_day"][f"{queue}/2026-03-11"]
    again = {f"{queue}/2026-03-11": day | {"answered": {"0": 3, "604800": 1}}}
    store.commit(lease, Change(SOURCE, inserts={"queue_day": again}), "e")

    loaded = store.load(SOURCE).rows
    assert loaded["queue_day"] == rows["queue_day"] | again
    assert loaded["team_stay"] == rows["team_stay"]


def test_each_commit_takes_the_next_number() -> None:
    lease = taken()
    assert [store.commit(lease, Change(SOURCE), epoch) for epoch in ("e1", "e1", "e2")] == [1, 2, 3]
    assert store.load(SOURCE).position == Position("e2", 3)


@pytest.mark.parametrize("each_database", ["postgresql"], indirect=True)  # SQLite has one writer at a time
def test_numbers_follow_the_order_of_commits(migrated_postgres_url: str, each_database: str) -> None:
    """A commit that took its number holds the next one up, so nobody reads a number before those below it."""
    lease = taken()
    with psycopg.connect(migrated_postgres_url) as earlier, ThreadPoolExecutor(1) as pool:
        earlier.execute("UPDATE realtime_link SET seq = seq + 1")
        later = pool.submit(commit_apart, lease)
        with psycopg.connect(migrated_postgres_url, autocommit=True) as onlooker:
            wait_until(lambda: onlooker.execute(WAITING).fetchone() == (1,), what="the later commit")
        assert store.load(SOURCE).position.seq == 0
        earlier.commit()
        assert later.result(30) == 2
    assert store.load(SOURCE).position.seq == 2


def commit_apart(lease: Lease) -> int:
    """Commit in this thread's own connection, which is closed then."""
    try:
        return store.commit(lease, Change(SOURCE, inserts=queues("1")), "e1")
    finally:
        connection.close()


def test_commit_inserts_replaces_and_deletes_many_rows() -> None:
    lease = taken()
    names = [str(number) for number in range(5001)]
    store.commit(lease, Change(SOURCE, inserts=queues(*names)), "e1")
    replaced: Rows = {"queue": {"desk:0": {"code_name": "zero"}}}
    gone = [f"desk:{name}" for name in names[1:-1]]
    store.commit(lease, Change(SOURCE, inserts=replaced, deletes={"queue": [*gone, "desk:never"]}), "e1")
    assert stored_rows() == {"queue": {"desk:0": {"code_name": "zero"}, "desk:5000": {"name": "5000"}}}


def test_commit_that_fails_leaves_nothing() -> None:
    lease = taken()
    store.commit(lease, Change(SOURCE, inserts=queues("1")), "e1")
    unstorable: Fields = {"username": object()}
    with pytest.raises((DatabaseError, TypeError)):
        store.commit(lease, Change(SOURCE, inserts=queues("2") | {"representative": {"desk:1": unstorable}}), "e2")
    assert stored_rows() == queues("1")
    assert store.load(SOURCE).position == Position("e1", 1)


def test_sources_keep_apart() -> None:
    other = taken("one", "des")
    store.commit(taken(), Change(SOURCE, inserts=queues("1")), "e1")
    store.commit(other, Change("des", inserts={"queue": {"des:1": {"name": "other"}}}), "x1")
    assert stored_rows() == queues("1")
    assert {source: status.seq for source, status in store.load_statuses().items()} == {"des": 1, SOURCE: 1}
    assert store.load("nowhere").rows == {name: {} for name in HELD_TABLES}


def test_lease_is_given_to_one_owner_until_it_expires() -> None:
    first = taken("one")
    assert store.acquire_lease(SOURCE, "two") is None
    assert store.acquire_lease(SOURCE, "one") is None
    let_expire()
    second = taken("two")
    assert second.fence > first.fence


def test_whoever_takes_the_lease_says_whether_the_source_is_polled() -> None:
    polled = store.acquire_lease(SOURCE, "one", 5.0)
    assert polled is not None
    assert store.load_statuses()[SOURCE].poll_seconds == 5.0
    store.release_lease(polled, store.load_statuses()[SOURCE])
    taken("two")
    assert store.load_statuses()[SOURCE].poll_seconds is None


def test_lease_of_before_the_clock_was_set_back_is_free() -> None:
    first = taken("one")
    longest = timedelta(seconds=LEASE_SECONDS) + SKEW
    models.Link.objects.update(lease_expires_at=Now() + longest - timedelta(seconds=1))
    assert store.acquire_lease(SOURCE, "two") is None
    models.Link.objects.update(lease_expires_at=Now() + longest + timedelta(minutes=1))
    assert taken("two").fence > first.fence


def test_lease_given_back_is_free_at_once() -> None:
    lease = taken("one")
    store.release_lease(lease, LinkStatus(SOURCE, state=LinkState.STOPPED))
    assert taken("two").fence > lease.fence
    with pytest.raises(LeaseLost):
        store.release_lease(lease, LinkStatus(SOURCE))


def test_expired_lease_that_nobody_took_still_writes_and_is_renewed() -> None:
    lease = taken("one")
    let_expire()
    store.commit(lease, Change(SOURCE, inserts=queues("1")), "e1")
    assert store.acquire_lease(SOURCE, "two") is None


@pytest.mark.parametrize("successor", ["one", "two"])
def test_stopped_and_continued_mirror_writes_nothing(successor: str) -> None:
    stopped = taken("one")
    let_expire()
    store.commit(taken(successor), Change(SOURCE, inserts=queues("new")), "e2")
    with pytest.raises(LeaseLost, match=r"^desk: another mirror took over"):
        store.commit(stopped, Change(SOURCE, inserts=queues("old"), deletes={"queue": ["desk:new"]}), "e1")
    with pytest.raises(LeaseLost):
        store.renew_lease(stopped, LinkStatus(SOURCE, error="old"))
    assert stored_rows() == queues("new")
    assert store.load(SOURCE).position == Position("e2", 1)
    assert store.load_statuses()[SOURCE].error == ""


def test_database_that_went_back_takes_nothing_from_a_mirror_that_wrote_more() -> None:
    lease = taken()
    numbers = [store.commit(lease, Change(SOURCE, inserts=queues(name)), "e1") for name in ("1", "2")]
    models.Queue.objects.filter(key="desk:2").delete()
    models.Link.objects.update(seq=1)
    with pytest.raises(LeaseLost, match="the database lost what was written"):
        store.commit(lease, Change(SOURCE, inserts=queues("3")), "e1", after=numbers[-1])
    with pytest.raises(LeaseLost):
        store.renew_lease(lease, LinkStatus(SOURCE), after=numbers[-1])
    assert stored_rows() == queues("1")


@pytest.mark.parametrize("write", [
    lambda lease: store.commit(lease, Change(SOURCE, inserts=queues("1")), "e1"),
    lambda lease: store.keep_sample(lease, 7, {}),
], ids=["commit", "sample"])  # fmt: skip
def test_a_transaction_may_stand_still_for_less_than_a_lease(write: Callable[[Lease], object]) -> None:
    lease = taken()
    with transaction.atomic():
        write(lease)
        within = standstill_limit()
    after = standstill_limit()

    assert STANDSTILL_SECONDS < LEASE_SECONDS
    limited = (f"{STANDSTILL_SECONDS}s", "0")
    assert (within, after) == (limited if connection.vendor == "postgresql" else ("0", "0"))


def test_status_is_written_with_the_lease_and_leaves_the_stream_alone() -> None:
    lease = taken()
    store.commit(lease, Change(SOURCE), "e1")
    status = LinkStatus(
        SOURCE,
        epoch="wrong",
        seq=77,
        state=LinkState.LIVE,
        state_since=datetime(2026, 1, 1, tzinfo=UTC),
        error="a\N{SNOWMAN}",
        last_message_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        clock_offset_seconds=-3600.25,
        message_count=2**62,
        messages_per_second=0.5,
        oddities={"unknown field 'queue.\\u00fc'": 3},
    )
    store.renew_lease(lease, status)
    read = store.load_statuses()[SOURCE]
    assert read.lease_expires_at is not None
    assert read == replace(status, epoch="e1", seq=1, lease_expires_at=read.lease_expires_at)


def test_the_first_sample_of_a_minute_stands() -> None:
    lease = taken()
    store.keep_sample(lease, 7, {"desk:team/1": (2, 90)})
    store.keep_sample(lease, 7, {})
    store.keep_sample(lease, 8, {})
    assert sorted(store.load_samples(7)) == [(SOURCE, 7, {"desk:team/1": [2, 90]}), (SOURCE, 8, {})]
    assert [minute for _, minute, _ in store.load_samples(8)] == [8]


def test_a_mirror_that_lost_its_lease_keeps_no_sample() -> None:
    stopped = taken("one")
    let_expire()
    taken("two")
    with pytest.raises(LeaseLost):
        store.keep_sample(stopped, 7, {})
    assert not list(store.load_samples(0))
