"""A Batch comes to the same as its steps one by one, also after commits that failed."""

from hypothesis import given
from hypothesis import strategies as st

from realtime.change import Applied, Batch, Cause, Change, RowChange
from realtime.state import State
from tests.realtime.histories import examples
from tests.realtime.test_state import CHANGES


@examples(150)
@given(st.lists(CHANGES, max_size=4), st.lists(CHANGES, max_size=4), st.booleans())
def test_batch_comes_to_the_same_as_its_steps(first: list[Change], second: list[Change], fails: bool) -> None:
    state, written, batch = State(), State(), Batch("desk")
    for change in first:
        batch.add(state.apply(change))
    taken = batch.take()
    assert not batch
    if not fails:
        written.apply(taken)
    for change in second:
        batch.add(state.apply(change))
    if fails:
        batch.add_older(taken)
    written.apply(batch.take())
    assert written.tables == state.tables


def applied(cause: Cause, after: dict[str, str] | None) -> Applied:
    """Return a step that altered one queue."""
    return Applied("desk", {"queue": {"desk:1": RowChange({}, after)}}, cause)


@examples(50)
@given(st.lists(st.sampled_from(Cause), min_size=1, max_size=4))
def test_batch_is_live_only_if_every_step_was(causes: list[Cause]) -> None:
    batch, again = Batch("desk"), Batch("desk")
    for cause in causes:
        batch.add(applied(cause, {}))
    taken = batch.take()
    again.add(applied(Cause.LIVE, {}))
    again.add_older(taken)
    for change in (taken, again.take()):
        assert (change.cause is Cause.LIVE) is (set(causes) == {Cause.LIVE})


def test_batch_keeps_the_last_of_each_row() -> None:
    batch = Batch("desk")
    batch.add(applied(Cause.LIVE, {"name": "a"}))
    batch.add(applied(Cause.LIVE, {"name": "b"}))
    assert batch.take() == Change("desk", inserts={"queue": {"desk:1": {"name": "b"}}})
    batch.add(applied(Cause.LIVE, None))
    assert batch.take() == Change("desk", deletes={"queue": ["desk:1"]})
    assert batch.take() == Change("desk")
