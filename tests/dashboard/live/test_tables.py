"""Row tables: drawing only what a step concerns gives the same rows as drawing everything."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.boards.moment import Moment
from dashboard.boards.sessions import LINGER
from dashboard.live.shelf import Shelf
from dashboard.live.tables import (
    ACTIVITIES,
    PRESENTATIONS,
    QUEUES,
    REPRESENTATIVES,
    SESSIONS,
    SPARE_TURNS,
    RowKind,
    RowTable,
    Tables,
)
from realtime.change import Applied, Cause, Change, Rows
from realtime.observer import observe
from realtime.rows import Oddities, RowDecoder
from realtime.schema import TABLES, KnownQueue
from realtime.simulator.center import Center
from realtime.simulator.ledger import Update
from realtime.state import State
from realtime.status import LinkStatus

STARTED_AT = 1_795_000_000.0
SOURCE = "helpdesk"
STEPS = 250


class Life:
    """A simulated center's State as the mirror keeps it, step by step."""

    def __init__(self, seed: int, sessions: int = 40) -> None:
        self.center = Center(seed, STARTED_AT, reps=25, sessions=sessions, rate=2.0)
        self.state = State()
        self.decoder = RowDecoder(SOURCE, Oddities())
        self.tables = Tables(self.state)
        self.apply(Change(SOURCE, updates=self.decoder.rows(self.center.tables), cause=Cause.COPY))

    def apply(self, change: Change) -> Applied:
        """Take a step, and what the observer makes of it."""
        applied = self.state.apply(change)
        self.tables.mark(applied)
        observed = observe(self.state, applied, self.at)
        if observed:
            self.tables.mark(self.state.apply(observed))
        return applied

    def run(self, seconds: float) -> None:
        """Let the center live on."""
        for update in self.center.advance(self.center.now + seconds):
            self._take(update)

    def run_one(self) -> None:
        """Let the center live on until something happens."""
        updates: list[Update] = []
        while not updates:
            updates = self.center.advance(self.center.now + 0.25)
        for update in updates:
            self._take(update)

    def _take(self, update: Update) -> None:
        rows = self.decoder.rows(update.insert)
        for table, changed in self.decoder.rows(update.update).items():
            rows.setdefault(table, {}).update(changed)
        self.apply(Change(SOURCE, updates=rows, deletes=self.decoder.deleted_keys(update.delete)))

    @property
    def at(self) -> datetime:
        """The center's time."""
        return datetime.fromtimestamp(self.center.now, UTC)

    @property
    def moment(self) -> Moment:
        """The moment that a board is drawn from."""
        status = LinkStatus(SOURCE, state_since=datetime.fromtimestamp(STARTED_AT, UTC), clock_offset_seconds=0.0)
        return Moment(self.state, {SOURCE: status}, self.at)


@pytest.mark.parametrize(
    ("table", "words"), [("presenter", "presenting"), ("representative_support_session", "in session")]
)
def test_why_a_session_waits_follows_what_its_queue_s_representatives_do(table: str, words: str) -> None:
    state = State()
    rows: Rows = {
        "queue": {"a:1": {"name": "Desk", "type": "team"}},
        "representative": {"a:1": {"username": "ann", "routing_enabled": True, "routing_available": False}},
        "representative_queue": {"a:1": {"queue_id": "a:1", "representative_id": "a:1"}},
        "support_session": {"a:1": {"queue_id": "a:1", "lsid": "a"}, "a:2": {"queue_id": "a:9", "lsid": "b"}},
        "customer_client": {"a:1": {"support_session_id": "a:1"}},
        "presentation_session": {"a:2": {}},
    }
    state.apply(Change("a", inserts=rows))
    tables = RowTable(SESSIONS, state)

    def why() -> str:
        tables.refresh(Moment(state, {}, datetime.fromtimestamp(STARTED_AT, UTC)))
        why = tables.rows["a:1"].why
        assert why is not None
        return why.words

    assert why() == "the only one is unavailable"
    part = {"representative_id": "a:1", "support_session_id": "a:2", "presentation_session_id": "a:2"}
    fields = {name: value for name, value in part.items() if name in {one.name for one in TABLES[table].fields}}
    tables.mark(state.apply(Change("a", inserts={table: {"a:1": fields}})))
    assert why() == f"the only one is {words}"
    tables.mark(state.apply(Change("a", deletes={table: ["a:1"]})))
    assert why() == "the only one is unavailable"


def pairs(tables: Tables) -> list[tuple[RowTable, RowKind]]:  # type: ignore[type-arg]
    """Return each table with its kind."""
    return [
        (tables.combined, ACTIVITIES),
        (tables.sessions, SESSIONS),
        (tables.representatives, REPRESENTATIVES),
        (tables.queues, QUEUES),
        (tables.presentations, PRESENTATIONS),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_rows_drawn_step_by_step_equal_rows_drawn_from_scratch(seed: int) -> None:
    life = Life(seed)
    for _ in range(STEPS):
        life.run_one()
        assert_drawn(life)
    life.run(900)
    assert_drawn(life)
    assert len(life.tables.sessions.rows) > 10


@pytest.mark.parametrize("seed", range(4))
def test_rows_follow_single_rows_that_come_go_and_change(seed: int) -> None:
    life, dice = Life(seed, sessions=20), random.Random(seed)
    for _ in range(STEPS):
        life.apply(single_step(life.state, dice))
        assert_drawn(life)


def single_step(state: State, dice: random.Random) -> Change:
    """Return a step that touches one row: it goes, comes again with another row's fields, or takes one of them."""
    table = dice.choice([name for name in TABLES if state.tables[name]])
    rows = state.tables[table]
    key, other = dice.choice(list(rows)), dice.choice(list(rows.values()))
    match dice.randrange(3):
        case 0:
            return Change(SOURCE, deletes={table: [key]})
        case 1:
            return Change(SOURCE, inserts={table: {f"{key}{dice.randrange(3)}": other}})
        case _:
            name = dice.choice(list(other))
            return Change(SOURCE, updates={table: {key: {name: other[name]}}})


def assert_drawn(life: Life) -> None:
    """Assert that every table holds what drawing all rows anew gives, and counts them right."""
    moment = life.moment
    life.tables.refresh(moment)
    for table, kind in pairs(life.tables):
        keys = {kind.key_of(name, key) for name in kind.tables for key in life.state.tables[name]}
        drawn = {key: row for key in keys if (row := kind.draw(moment, key)) is not None}
        assert {key: row for key, row in table.rows.items() if key in keys} == drawn
        assert table.rows.keys() - keys <= table._lingering.keys()
        assert_counted(table)


def assert_counted(table: Shelf[Any]) -> None:
    """Assert that each section holds its rows, and counts their values right."""
    for name, section in table.sections.items():
        rows = {key: row for key, row in table.rows.items() if not name or name in table.spec.sections(row)}
        assert section.keys.keys() == rows.keys()
        counts = {
            name: Counter(value for row in rows.values() for value in set(values(row)))
            for name, values in table.spec.filters.items()
        }
        assert {name: +counter for name, counter in section.counts.items()} == counts


def test_a_follower_hears_of_every_row_that_changed() -> None:
    life = Life(7)
    life.tables.refresh(life.moment)
    follower = life.tables.sessions.follow()
    follower.take()
    before = dict(life.tables.sessions.rows)
    life.run(120)
    life.tables.refresh(life.moment)
    after = life.tables.sessions.rows
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed
    assert follower.take() == changed


def test_an_ended_session_lingers_then_goes() -> None:
    life = Life(3)
    life.tables.refresh(life.moment)
    key = next(iter(life.state.support_sessions))
    life.apply(Change(SOURCE, deletes={"support_session": [key]}))
    moment = life.moment
    life.tables.refresh(moment)
    assert life.tables.sessions.rows[key].ended_at == moment.at
    later = Moment(life.state, moment.statuses, moment.at + LINGER)
    assert life.tables.sessions.is_due(later.at)
    life.tables.refresh(later)
    assert key not in life.tables.sessions.rows


def test_an_ended_session_lingers_among_all_vendors_too() -> None:
    life = Life(3)
    life.tables.refresh(life.moment)
    key = next(iter(life.state.support_sessions))
    row_id = f"{SOURCE}:support_session/{key.partition(':')[2]}"
    life.apply(Change(SOURCE, deletes={"support_session": [key]}))
    moment = life.moment
    life.tables.refresh(moment)
    ended = life.tables.combined.rows[row_id]
    life.tables.refresh(Moment(life.state, moment.statuses, moment.at + LINGER))

    assert (ended.doing.value, ended.ended_at, ended.tabs) == ("ended", moment.at, ("now", "ended"))
    assert row_id not in life.tables.combined.rows


def test_a_swept_session_does_not_count_as_ended() -> None:
    life = Life(3)
    life.tables.refresh(life.moment)
    key = next(iter(life.state.support_sessions))
    life.apply(Change(SOURCE, deletes={"support_session": [key]}, cause=Cause.SWEEP))
    life.tables.refresh(life.moment)
    assert key not in life.tables.sessions.rows


def test_time_alone_turns_a_wait() -> None:
    life = Life(5)
    life.tables.refresh(life.moment)
    waiting = next(row for row in life.tables.sessions.rows.values() if row.wait and row.turns_at)
    assert waiting.turns_at is not None
    later = Moment(life.state, life.moment.statuses, waiting.turns_at + timedelta(milliseconds=1))
    life.tables.refresh(later)
    assert life.tables.sessions.rows[waiting.key] != waiting


def test_a_value_that_no_row_has_any_more_is_counted_no_more() -> None:
    life = Life(5)
    life.tables.refresh(life.moment)
    key = f"{SOURCE}:x"
    life.apply(Change(SOURCE, inserts={"support_session": {key: {"start_method": "by carrier pigeon"}}}))
    life.tables.refresh(life.moment)
    counts = life.tables.sessions.counts["start"]
    assert counts["by carrier pigeon"] == 1
    life.apply(Change(SOURCE, deletes={"support_session": [key]}, cause=Cause.SWEEP))
    life.tables.refresh(life.moment)

    assert "by carrier pigeon" not in counts


def test_a_search_finds_a_row_by_what_it_says_now() -> None:
    life = Life(5)
    key, shelf = f"{SOURCE}:x", life.tables.sessions
    query = shelf.spec.read({"q": ["pigeon"]})
    found = []
    for name in ("Carrier Pigeon", "Albatross", "pigeon"):
        life.apply(Change(SOURCE, inserts={"support_session": {key: {"customer_name": name}}}))
        life.tables.refresh(life.moment)
        found.append(list(shelf.listed(query)))

    assert found == [[key], [], [key]]


def test_nothing_is_left_of_the_turns_of_rows_that_are_gone() -> None:
    life = Life(5)
    for number in range(3 * SPARE_TURNS):
        key = f"{SOURCE}:x{number}"
        life.apply(Change(SOURCE, inserts={"support_session": {key: {"created_at": life.at}}}))
        life.tables.refresh(life.moment)
        life.apply(Change(SOURCE, deletes={"support_session": [key]}, cause=Cause.SWEEP))
        life.tables.refresh(life.moment)

    sessions = life.tables.sessions
    assert len(sessions._turns) <= 2 * len(sessions._turn_at) + SPARE_TURNS
    turns = {row.key for row in sessions.rows.values() if row.turns_at}
    assert turns and turns == {key for at, key in sessions._turns if sessions._turn_at.get(key) == at}


def test_an_unstaffed_queue_stays_on_the_board() -> None:
    life = Life(1)
    name, queue = next((key, row) for key, row in life.state.known_queues.items() if row.get("queue_id"))
    life.apply(Change(SOURCE, deletes={"queue": [str(queue.get("queue_id"))]}))
    life.tables.refresh(life.moment)
    row = life.tables.queues.rows[name]
    known: KnownQueue = life.state.known_queues[name]
    assert (row.queue_key, row.member_count, row.unstaffed_at) == ("", 0, known.get("unstaffed_at"))
    assert row.unstaffed_at == life.at


def test_a_row_that_fails_takes_no_other_with_it() -> None:
    life = Life(7)
    broken = next(iter(life.state.support_sessions))

    def draw(moment: Moment, key: str) -> Any:
        if key == broken:
            raise LookupError("a bug")
        return SESSIONS.draw(moment, key)

    table = RowTable(replace(SESSIONS, draw=draw), life.state)
    with pytest.raises(LookupError):
        table.refresh(life.moment)
    table.refresh(life.moment)

    assert table.rows.keys() == life.state.support_sessions.keys() - {broken}
