"""Rows of polled vendors, made up: one as a vendor lists it, and steps of many."""

import random
from datetime import datetime, timedelta
from typing import Any

from realtime.change import Applied, Cause, Change
from realtime.state import State
from realtime.vendor_session import Kind, TimeBasis
from realtime.vendor_session import State as Told

VENDOR_OF = {"calls": "evovoice", "camera": "seeit", "trainings": "gototraining", "remote": "takecontrol"}
PEOPLE = ("Tomáš Dvořák", "Amélie Fontaine", "佐藤 健", "سارة العلي", "Pat Doe", None)
CUSTOMERS = ("Cork Dairies", "Ruairí Ó Súilleabháin", "+353 21 555 01 34", "CORK-DC-02", None)


def vendor_session(source: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """Return the fields of a session that is in progress, begun ten minutes before `at`, or as given."""
    began_at = at - timedelta(minutes=10)
    held = {
        "vendor": VENDOR_OF.get(source, "evovoice"),
        "external_id": "1",
        "kind": Kind.VOICE.value,
        "state": Told.ACTIVE.value,
        "time_basis": TimeBasis.EXACT.value,
        "created_at": began_at,
        "started_at": began_at,
        "technician": "Pat Doe",
        "technician_email": "pat@example.com",
        "customer": "Cork Dairies",
    } | fields
    return {name: value for name, value in held.items() if value is not None}


def random_session(dice: random.Random, source: str, at: datetime) -> dict[str, Any]:
    """Return the fields of any session that a vendor may list."""

    def moment(spread: float) -> datetime | None:
        return at + timedelta(seconds=round(dice.uniform(-spread, spread))) if dice.random() < 0.8 else None

    told = dice.choice(list(Told))
    return vendor_session(
        source,
        at,
        kind=dice.choice(list(Kind)).value,
        state=told.value,
        time_basis=dice.choice(list(TimeBasis)).value,
        created_at=moment(4000),
        started_at=moment(4000),
        joined_at=moment(2000),
        scheduled_at=moment(90_000) if told is Told.SCHEDULED else None,
        ended_at=moment(120) if told.is_final else None,
        duration_seconds=dice.choice([None, 60, 5400]),
        technician=dice.choice(PEOPLE),
        technician_email=dice.choice([None, "pat@example.com"]),
        customer=dice.choice(CUSTOMERS),
        queue_name=dice.choice([None, "Network", "Desk"]),
        subject=dice.choice([None, "Printer", "Phishing"]),
    )


def random_step(dice: random.Random, state: State, at: datetime) -> Change:
    """Return a step of one polled source: sessions come or change, or one goes."""
    source = dice.choice(list(VENDOR_OF))
    held = [key for key in state.vendor_sessions if key.startswith(f"{source}:")]
    if held and dice.random() < 0.15:
        return Change(source, deletes={"vendor_session": [dice.choice(held)]}, cause=dice.choice(list(Cause)))
    keys = [f"{source}:{dice.randrange(25)}" for _ in range(dice.randrange(1, 4))]
    return Change(source, inserts={"vendor_session": {key: random_session(dice, source, at) for key in keys}})


def insert(state: State, source: str, **rows: dict[str, Any]) -> Applied:
    """Put sessions into a State, by external id."""
    return state.apply(
        Change(source, inserts={"vendor_session": {f"{source}:{key}": row for key, row in rows.items()}})
    )
