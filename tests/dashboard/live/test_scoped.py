"""A scope's shelves: at every moment exactly the rows that belong to it, counted, and ears hear of each change."""

import random
from typing import Any

import pytest

from dashboard.boards.scope import EVERYTHING, NOTHING, Scope, scope_by_itself, sight_of
from dashboard.live.scoped import ScopedShelf, ScopedTables
from dashboard.live.shelf import Shelf
from dashboard.privacy import Privacy
from realtime.change import Change
from tests.dashboard.live.test_tables import SOURCE, Life, assert_counted, single_step

STEPS = 120


def scope_of(life: Life, dice: random.Random, count: int) -> Scope:
    """Return a scope of some of the queues that are known."""
    return Scope(frozenset(dice.sample(sorted(life.state.known_queues), count)))


def shelves(life: Life, scoped: ScopedTables) -> list[tuple[Shelf[Any], ScopedShelf[Any], Any]]:
    """Return each whole shelf with the scope's and what decides."""
    sight = sight_of(scoped.scope, life.moment)
    return [
        (life.tables.combined, scoped.combined, sight.covers_activity),
        (life.tables.sessions, scoped.sessions, sight.covers_session),
        (life.tables.representatives, scoped.representatives, sight.covers_representative),
        (life.tables.queues, scoped.queues, sight.covers_queue),
        (life.tables.presentations, scoped.presentations, sight.covers_presentation),
    ]


def assert_scoped(life: Life, scoped: ScopedTables) -> None:
    """Assert that the scope's shelves hold what a look at all rows gives."""
    moment = life.moment
    life.tables.refresh(moment)
    scoped.refresh(moment)
    for whole, shelf, covers in shelves(life, scoped):
        assert shelf.rows == {key: row for key, row in whole.rows.items() if covers(row)}
        assert_counted(shelf)


@pytest.mark.parametrize("seed", range(3))
def test_scope_follows_the_center(seed: int) -> None:
    life, dice = Life(seed), random.Random(seed)
    scoped = ScopedTables(life.tables, scope_of(life, dice, 3))
    for _ in range(STEPS):
        life.run_one()
        assert_scoped(life, scoped)
    assert 0 < len(scoped.sessions.rows) < len(life.tables.sessions.rows)
    assert 0 < len(scoped.representatives.rows) < len(life.tables.representatives.rows)


@pytest.mark.parametrize("seed", range(3))
def test_scope_follows_single_rows(seed: int) -> None:
    life, dice = Life(seed, sessions=20), random.Random(seed)
    scoped = ScopedTables(life.tables, scope_of(life, dice, 2))
    for _ in range(STEPS):
        life.apply(single_step(life.state, dice))
        assert_scoped(life, scoped)


def test_ears_hear_of_every_row_that_comes_goes_or_changes_in_the_scope() -> None:
    life, dice = Life(7, sessions=20), random.Random(7)
    scoped = ScopedTables(life.tables, scope_of(life, dice, 2))
    assert_scoped(life, scoped)
    ear, before = scoped.sessions.follow(), dict(scoped.sessions.rows)
    for _ in range(STEPS):
        life.apply(single_step(life.state, dice))
        may_differ = scoped.sessions.has_stale_rows
        assert_scoped(life, scoped)
        after = dict(scoped.sessions.rows)
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed <= ear.take()
        assert may_differ or not changed
        before = after


def test_nothing_is_seen_of_nothing() -> None:
    life = Life(1)
    scoped = ScopedTables(life.tables, NOTHING)
    assert_scoped(life, scoped)
    assert not any(shelf.rows for _, shelf, _ in shelves(life, scoped))


def test_what_two_may_see_together() -> None:
    one, other = Scope(frozenset("a"), frozenset("p")), Scope(frozenset("b"))
    assert one.joined(other) == Scope(frozenset("ab"), frozenset("p"))
    assert one.joined(EVERYTHING) == EVERYTHING
    assert not one.joined(NOTHING).is_everything


def test_of_names_two_leave_what_both_leave() -> None:
    shown, initialled = Scope(frozenset("a")), Scope(frozenset("b"), customers=Privacy.INITIALLED)
    hidden = Scope(customers=Privacy.HIDDEN)
    assert shown.joined(initialled) == Scope(frozenset("ab"), customers=Privacy.INITIALLED)
    assert shown.met(hidden) == hidden.met(shown) == Scope(frozenset("a"), customers=Privacy.HIDDEN)
    assert EVERYTHING.met(hidden) == EVERYTHING.joined(hidden) == hidden
    assert not hidden.is_everything


def test_lead_of_a_queue_on_the_appliance_has_it_for_scope() -> None:
    life = Life(1)
    place = next(
        row
        for row in life.state.representative_queues.values()
        if life.state.referring("known_queue", "queue_id", row["queue_id"] or "")
    )
    rep, queue = place["representative_id"] or "", place["queue_id"] or ""
    username = life.state.representatives[rep].get("username") or ""
    own = [key for key, row in life.state.representative_queues.items() if row.get("representative_id") == rep]
    (known,) = life.state.referring("known_queue", "queue_id", queue)
    life.apply(Change(SOURCE, updates={"representative_queue": {key: {"role": "member"} for key in own}}))
    assert scope_by_itself(life.moment, username) == NOTHING
    lead = next(key for key in own if life.state.representative_queues[key].get("queue_id") == queue)
    life.apply(Change(SOURCE, updates={"representative_queue": {lead: {"role": "lead"}}}))
    assert scope_by_itself(life.moment, username.upper()) == Scope(frozenset({known}))
    assert scope_by_itself(life.moment, "") == NOTHING
    assert scope_by_itself(life.moment, "somebody else") == NOTHING
