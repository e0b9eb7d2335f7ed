"""The appliance's tables as plainly as can be: what the State, the models and every Replica must come out equal to.

Values are canonical: identifiers and references text, flags booleans, timestamps Unix seconds, everything this version
cannot place as it was sent. That is the shape of `wire.encode_rows`.
"""

from typing import Any

from realtime.change import Applied, Cause, Change, Fields, Rows
from realtime.rows import Oddities, RowDecoder, encode_rows
from realtime.schema import HELD_TABLES, TABLES
from realtime.session import Session, Settled, Step, Subscribed, Truncated
from realtime.state import State

SOURCE = "desk"

Json = Any
Tables = dict[str, dict[str, dict[str, Json]]]


class NaiveAppliance:
    """Tables that do what each message says, with none of the product's code."""

    def __init__(self) -> None:
        self.tables: Tables = {}

    def merge(self, rows: Tables) -> None:
        """Insert or update: fields are laid over the row, which is started where there is none."""
        for table, held in rows.items():
            for row_id, fields in held.items():
                self.tables.setdefault(table, {}).setdefault(row_id, {}).update(fields)

    def delete(self, ids: dict[str, list[str]]) -> None:
        """Drop rows, known or not."""
        for table, gone in ids.items():
            for row_id in gone:
                self.tables.get(table, {}).pop(row_id, None)

    def truncate(self) -> None:
        """Drop everything."""
        self.tables = {}

    @property
    def picture(self) -> Tables:
        """The tables as `encode_rows` shows them: the documented ones always, others while they have rows."""
        held = {table: rows for table, rows in self.tables.items() if rows}
        return {name: {} for name in TABLES} | held


class Listener:
    """A State at the end of a dialogue: takes frames at a time, applies what comes of them, remembers the steps."""

    def __init__(self) -> None:
        self.state = State()
        self.oddities = Oddities()
        self.decoder = RowDecoder(SOURCE, self.oddities)
        self.now = 1000.0
        self.steps: list[Step] = []
        self.applied: list[Applied] = []
        self.session = self._new_session()

    def _new_session(self) -> Session:
        return Session("token", self.decoder, lambda: self.state.keys_of(SOURCE))

    def connect(self) -> None:
        """Begin a new dialogue with the rows held from the last one."""
        self.session = self._new_session()
        self.session.start()
        self.hear(b'{"type":"authenticate_response","success":true}\n')
        self.hear(b'{"type":"subscribe_response","success":true,"timestamp":1700000000}\n')

    def hear(self, *frames: bytes | str) -> list[Step]:
        """Receive frames and carry out their steps; returns these."""
        heard: list[Step] = []
        for frame in frames:
            for step in self.session.receive(frame, self.now):
                self._carry_out(step)
                heard.append(step)
        return heard

    def wait(self, seconds: float) -> list[Step]:
        """Let time pass in silence."""
        self.now += seconds
        heard = []
        for step in self.session.tick(self.now):
            self._carry_out(step)
            heard.append(step)
        return heard

    def _carry_out(self, step: Step) -> None:
        self.steps.append(step)
        if isinstance(step, Change):
            before = {table: dict(rows) for table, rows in self.state.tables.items()}
            applied = self.state.apply(step)
            check_applied(before, self.state.tables, applied)
            self.applied.append(applied)

    @property
    def picture(self) -> Tables:
        """The State in the appliance's own shape."""
        return encode_rows(self.state.tables)


def check_applied(before: Rows, after: Rows, applied: Applied) -> None:
    """Assert that an Applied tells exactly what differs between two pictures."""
    differing = {
        (table, key): (before[table].get(key), after[table].get(key))
        for table in after
        for key in before[table].keys() | after[table].keys()
        if before[table].get(key) != after[table].get(key)
    }
    told = {(table, key): tuple(row) for table, rows in applied.rows.items() for key, row in rows.items()}
    assert told == differing


def rebuilt(state: State) -> State:
    """Return a State made from scratch out of the same rows."""
    fresh = State()
    fresh.apply(Change(SOURCE, inserts={table: dict(rows) for table, rows in state.tables.items()}))
    return fresh


def references(state: State) -> dict[tuple[str, str, str], set[str]]:
    """Return every index entry of a State: (table, field, key pointed to) -> keys pointing there."""
    targets = {
        fields.get(one.name)
        for name, table in HELD_TABLES.items()
        for one in table.references
        for fields in state.tables[name].values()
    }
    return {
        (name, one.name, target): set(state.referring(name, one.name, target))
        for name, table in HELD_TABLES.items()
        for one in table.references
        for target in targets
        if target is not None
    }


def pointing(state: State) -> dict[tuple[str, str, str], set[str]]:
    """Return the same as `references`, by reading every row."""
    found: dict[tuple[str, str, str], set[str]] = {key: set() for key in references(state)}
    for name, table in HELD_TABLES.items():
        for one in table.references:
            for key, fields in state.tables[name].items():
                target = fields.get(one.name)
                if target is not None:
                    found[name, one.name, target].add(key)
    return found


def check_causes(steps: list[Step]) -> None:
    """Assert that between a subscription or truncate and the end of its copy no step is told as live."""
    is_copying = True
    for step in steps:
        match step:
            case Subscribed() | Truncated():
                is_copying = True
            case Settled():
                is_copying = False
            case Change():
                assert (step.cause is Cause.LIVE) is not is_copying


def fields_of(state: State, table: str, row_id: str) -> Fields:
    """Return one row of the listener's source."""
    return state.tables[table][f"{SOURCE}:{row_id}"]
