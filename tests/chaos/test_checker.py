"""The checker finds what is planted: a good history of a run has no violation, and each rule has one that breaks it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.checker import Violation, check, explain
from tests.chaos.history import History, Record

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
TRUTH = {
    "support_session": {"1": {"customer_name": "Ann  <b>"}, "2": {"customer_name": "chaos-a 3"}},
    "representative": {"7": {"private_display_name": "Rae"}},
}
SHOWN = {"1": "Waiting Ann <b> Sales", "2": "Waiting chaos-a 3"}
Records = list[Record]


def painted(at: float, who: str = "manager1", kind: str = "step", **data: Any) -> Record:
    """Return a message to a browser."""
    said = {"epoch": "e", "seq": 1, "asks": False, "rows": 2, "marks": {"a": 3, "b": 3}} | data
    return Record(at, who, kind, said)


def looked(at: float, **data: Any) -> Record:
    """Return a look at the database."""
    return Record(at, "database", "look", {"state": "live", "sessions": 2, "marks": {"a": 3, "b": 3}} | data)


def linked(at: float, **data: Any) -> Record:
    """Return a commit of the mirror."""
    said = {
        "at": NOW, "source": "desk", "owner": "one", "old_owner": "one", "fence": 1, "old_fence": 1, "seq": 2,
        "old_seq": 1, "old_lease_expires_at": NOW + timedelta(seconds=8), "backend": "b1",
    }  # fmt: skip
    return Record(at, "commits", "link", said | data)


def polled(at: float, **data: Any) -> Record:
    """Return a poll."""
    return Record(at, "commits", "poll", {"source": "camera", "due_at": NOW, "error": ""} | data)


def fault(at: float, name: str, target: str) -> Record:
    """Return what the nemesis does."""
    return Record(at, "nemesis", "begins", {"fault": name, "target": target})


def good() -> Records:
    """Return a run without a violation."""
    return [
        Record(0.1, "manager1", "opened", {}),
        Record(0.2, "manager1", "light", {"level": "ok"}),
        painted(0.2, kind="paint", asks=True),
        painted(0.3, seq=2, marks={"a": 4, "b": 4}),
        Record(0.2, "lead", "opened", {}),
        painted(0.3, "lead", "paint", rows=1, marks={"a": 3}),
        Record(0.2, "slow", "opened", {}),
        painted(0.3, "slow", "paint", asks=True),
        Record(6.3, "slow", "closed", {"code": 4408}),
        looked(0.4),
        Record(0.5, "memory", "look", {"mb": {"web/1": 90.0}}),
        Record(1.0, "request", "look", {"status": 200, "seconds": 0.2}),
        Record(8.5, "memory", "look", {"mb": {"web/1": 100.0}}),
        Record(9.0, "nemesis", "mended", {"truth": TRUTH, "cases": {"camera": ["x"], "remote": []}}),
        *(Record(9.1, "rest", what, {"seconds": 0.5}) for what in ("live", "stored", "shown", "polled")),
        Record(9.5, "database", "final", {"tables": TRUTH}),
        Record(9.5, "camera", "final", {"ids": ["x"]}),
        Record(9.5, "manager1", "final", {"name": "sessions", "shown": SHOWN}),
        Record(9.5, "people", "final", {"name": "representatives", "shown": {"7": "Rae In session"}}),
        Record(9.5, "lead", "final", {"name": "sessions", "shown": {"2": "chaos-a 3"}}),
        Record(9.6, "manager1", "closed", {"code": None}),
        linked(9.9),
        linked(9.9, owner="two", fence=2, seq=2, old_seq=2, old_lease_expires_at=NOW - timedelta(seconds=1)),
        linked(9.9, owner="two", old_owner="two", fence=2, old_fence=2, seq=3, old_seq=2, backend="b2"),
        polled(9.9),
        polled(9.9, due_at=NOW + timedelta(seconds=5)),
    ]


def without(who: str, kind: str) -> Records:
    """Return the good run without one kind of record."""
    return [one for one in good() if (one.who, one.kind) != (who, kind)]


def final(who: str, **data: Any) -> Records:
    """Return the good run with another end."""
    return [*without(who, "final"), Record(9.5, who, "final", data)]


PLANTED: dict[str, tuple[str, Callable[[], Records]]] = {
    "no end": ("R1", lambda: without("nemesis", "mended")),
    "never live": ("R1", lambda: [*without("rest", "live"), Record(9.1, "rest", "live", {"seconds": None})]),
    "stored late": ("R1", lambda: [*without("rest", "stored"), Record(9.1, "rest", "stored", {"seconds": 5.1})]),
    "row too many": ("R1", lambda: final("database", tables=TRUTH | {"representative": {"7": {}, "8": {}}})),
    "row lost": ("R1", lambda: final("database", tables=TRUTH | {"support_session": {}})),
    "row not shown": ("R1", lambda: final("manager1", name="sessions", shown={"1": SHOWN["1"]})),
    "row still shown": ("R1", lambda: final("manager1", name="sessions", shown=SHOWN | {"3": "gone"})),
    "old name shown": ("R1", lambda: final("people", name="representatives", shown={"7": "Ray"})),
    "silence": ("R2", lambda: [*without("manager1", "closed"), Record(40.0, "manager1", "light", {"level": "ok"})]),
    "stale as live": (
        "R2",
        lambda: [*without("manager1", "closed"), *(looked(10.0 + at, state="retrying") for at in range(27))],
    ),
    "half a change": ("R3", lambda: [*good(), looked(5.0, marks={"a": 3, "b": 2})]),
    "half a change in a browser": ("R3", lambda: [*good(), painted(9.7, seq=3, marks={"a": 5, "b": 4})]),
    "emptied": ("R3", lambda: [*good(), looked(5.0, sessions=0, marks=None)]),
    "dropped push": ("R4", lambda: [*good(), painted(9.7, seq=4, marks={"a": 4, "b": 4})]),
    "push sent twice": ("R4", lambda: [*good(), painted(9.7, seq=2, marks={"a": 4, "b": 4})]),
    "older paint": ("R4", lambda: [*good(), painted(9.7, kind="paint", seq=1, marks={"a": 4, "b": 4})]),
    "older rows": ("R4", lambda: [*good(), painted(9.7, seq=3, marks={"a": 3, "b": 3})]),
    "unbounded queue": (
        "R5",
        lambda: [*without("slow", "closed"), *(painted(1.0, "slow", seq=2 + number) for number in range(21))],
    ),
    "slow socket kept": ("R5", lambda: [*without("slow", "closed"), painted(16.0, "slow", seq=2)]),
    "slow socket kept in silence": (
        "R5",
        lambda: [*without("slow", "closed"), Record(16.0, "slow", "closed", {"code": None})],
    ),
    "memory": ("R5", lambda: [*good(), Record(9.0, "memory", "look", {"mb": {"web/1": 191.0}})]),
    "lease stolen": ("R6", lambda: [*good(), linked(9.9, owner="three", fence=3, old_fence=2)]),
    "number taken twice": ("R6", lambda: [*good(), linked(9.9, seq=5, old_seq=3)]),
    "commit under another's lease": ("R6", lambda: [*good(), linked(9.9, owner="two", old_owner="two", fence=2,
                                                                     old_fence=2, seq=4, old_seq=3)]),
    "stored twice": ("R7", lambda: final("camera", ids=["x", "x"])),
    "session lost": ("R7", lambda: final("camera", ids=[])),
    "double poll": ("R7", lambda: [*good(), polled(9.9)]),
    "slow request": ("R8", lambda: [*good(), Record(60.0, "request", "look", {"status": 200, "seconds": 11.0})]),
    "another vendor's fault": ("R8", lambda: [*good(), polled(9.9, source="remote", error="remote: 127.0.0.1 failed")]),
    "leaked row": ("scope", lambda: [*good(), painted(0.6, "lead", seq=2, rows=2, marks={"a": 3, "b": 3})]),
    "leaked row at the end": ("scope", lambda: final("lead", name="sessions", shown=SHOWN)),
}  # fmt: skip


def rules(records: Records) -> set[str]:
    """Return which rules a history breaks, once its records stand in the order of their times."""
    return {one.rule for one in check(sorted(records, key=lambda one: one.at))}


def test_good_run_has_no_violation() -> None:
    assert check(sorted(good(), key=lambda one: one.at)) == []


@pytest.mark.parametrize("name", PLANTED)
def test_planted_violation_is_found_by_its_rule(name: str) -> None:
    rule, plant = PLANTED[name]
    assert rules(plant()) == {rule}


def test_patience_lets_all_take_longer() -> None:
    late = sorted(PLANTED["stored late"][1](), key=lambda one: one.at)
    assert [one.at for one in check(late)] == [9.1]
    assert check(late, patience=2.0) == []


def test_empty_history_is_no_proof() -> None:
    assert rules([]) == {"R1"}


@pytest.mark.parametrize(
    "records",
    [
        [*good(), fault(4.0, "appliance truncate", "appliance"), looked(5.0, marks={"a": 3, "b": 2})],
        [*good(), fault(55.0, "web stopped", "web"), Record(60.0, "request", "look", {"seconds": 11.0})],
    ],
    ids=["slices of a refill", "a request to a stopped process"],
)
def test_what_a_fault_explains_is_no_violation(records: Records) -> None:
    assert rules(records) == set()


def test_explanation_shows_what_happened_around() -> None:
    history = History()
    history.note("nemesis", "begins", fault="web killed")
    text = explain(Violation(0.0, "R4", "a gap"), history)
    assert text.startswith("R4 broken at 0.000 s: a gap\n")
    assert "fault='web killed'" in text
