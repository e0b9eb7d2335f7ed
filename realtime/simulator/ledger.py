"""The simulated appliance's tables, and the record of what changed in them since it was last asked."""

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from realtime.schema import TABLES

Fields = dict[str, Any]
Tables = dict[str, dict[str, Fields]]
Deletes = dict[str, list[str]]

HIGHEST_ID = 2**64 - 1
IDS_PER_TABLE = 10**12


class IdMode(Enum):
    """Where row ids start."""

    SMALL = "small"  # from 1 upwards
    LARGE = "large"  # beyond what a signed 32-bit or a JavaScript number holds
    EDGE = "edge"  # from 2^64-1 downwards


@dataclass(slots=True, eq=False)
class Row:
    """One row of the truth. Its id changes when the appliance restarts; whoever holds the Row need not care."""

    table: str
    id: str
    fields: Fields


@dataclass(slots=True)
class Update:
    """What one event changed. `update` lists changed fields only, `after` the same rows whole."""

    at: float
    insert: Tables = field(default_factory=dict)
    update: Tables = field(default_factory=dict)
    after: Tables = field(default_factory=dict)
    delete: Deletes = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """How many rows it touches."""
        parts = (*self.insert.values(), *self.update.values(), *self.delete.values())
        return sum(len(part) for part in parts)


class Ids:
    """Row ids, unique within a lifetime (and over all tables)."""

    def __init__(self, mode: IdMode, dice: random.Random) -> None:
        self._step = -1 if mode is IdMode.EDGE else 1
        starts = {IdMode.SMALL: 1, IdMode.LARGE: dice.randrange(2**61, 2**62), IdMode.EDGE: HIGHEST_ID}
        self._start = starts[mode]
        self._places = {table: place for place, table in enumerate(TABLES)}
        self._given: dict[str, int] = {}

    def give(self, table: str) -> str:
        """Return the table's next id."""
        given = self._given.get(table, 0)
        self._given[table] = given + 1
        place = self._places.setdefault(table, len(self._places))
        return str(self._start + self._step * (place * IDS_PER_TABLE + given))

    def restart(self, same: bool) -> None:
        """Begin a lifetime: with ids never given before, or with the `same` ones over again."""
        self._given.clear()
        if not same:
            self._start += self._step * 100 * IDS_PER_TABLE


class Ledger:
    """The truth. Every change goes through here and is recorded until `take`."""

    def __init__(self, ids: Ids) -> None:
        self.tables: Tables = {table: {} for table in TABLES}
        self._ids = ids
        self._rows: dict[tuple[str, str], Row] = {}
        self._inserted: dict[tuple[str, str], Row] = {}
        self._changed: dict[tuple[str, str], Fields] = {}
        self._deleted: dict[tuple[str, str], None] = {}

    def insert(self, table: str, fields: Fields) -> Row:
        """Add a row under a fresh id. Fields whose value is None do not exist."""
        present = {name: value for name, value in fields.items() if value is not None}
        return self._put(Row(table, self._ids.give(table), present))

    def update(self, row: Row, **fields: Any) -> None:
        """Change fields of a row; equal values and rows that are gone change nothing."""
        held = self.tables[row.table].get(row.id)
        if held is None:
            return
        changed = {name: value for name, value in fields.items() if held.get(name) != value}
        if not changed:
            return
        held.update(changed)
        key = (row.table, row.id)
        if key not in self._inserted:
            self._changed.setdefault(key, {}).update(changed)

    def delete(self, row: Row) -> None:
        """Remove a row; one that is gone already stays gone."""
        key = (row.table, row.id)
        if self.tables[row.table].pop(row.id, None) is None:
            return
        del self._rows[key]
        self._changed.pop(key, None)
        if self._inserted.pop(key, None) is None:
            self._deleted[key] = None

    def take(self, at: float) -> Update | None:
        """Return what changed since the last call, None if nothing did."""
        if not (self._inserted or self._changed or self._deleted):
            return None
        update = Update(at)
        for (table, row_id), row in self._inserted.items():
            update.insert.setdefault(table, {})[row_id] = dict(row.fields)
        for (table, row_id), fields in self._changed.items():
            update.update.setdefault(table, {})[row_id] = fields
            update.after.setdefault(table, {})[row_id] = dict(self.tables[table][row_id])
        for table, row_id in self._deleted:
            update.delete.setdefault(table, []).append(row_id)
        self.forget()
        return update

    def forget(self) -> None:
        """Drop the record of changes; the truth stays."""
        self._inserted, self._changed, self._deleted = {}, {}, {}

    def apply(self, insert: Tables, update: Tables, delete: Deletes) -> None:
        """Change the truth by hand, as a mirror reads a `model_update`."""
        for table, rows in insert.items():
            for row_id, fields in rows.items():
                self._replace(table, row_id, fields)
        for table, rows in update.items():
            for row_id, fields in rows.items():
                self.update(self._held(table, row_id) or self._replace(table, row_id, {}), **fields)
        for table, row_ids in delete.items():
            for row_id in row_ids:
                row = self._held(table, row_id)
                if row is not None:
                    self.delete(row)

    def restart(self, same_ids: bool, created_timestamp: int, dice: random.Random) -> None:
        """Begin a new lifetime: each row anew under another id, references following. Nothing is recorded."""
        rows = list(self._rows.values())
        dice.shuffle(rows)
        self._ids.restart(same_ids)
        renamed: dict[tuple[str, str], str] = {}
        for row in rows:
            old, row.id = row.id, self._ids.give(row.table)
            renamed[row.table, old] = row.id
            row.fields["created_timestamp"] = created_timestamp
        for table in self.tables.values():
            table.clear()
        self._rows = {(row.table, row.id): row for row in rows}
        for row in rows:
            follow(row, renamed)
            self.tables[row.table][row.id] = row.fields
        self.forget()

    def _held(self, table: str, row_id: str) -> Row | None:
        return self._rows.get((table, row_id))

    def _replace(self, table: str, row_id: str, fields: Fields) -> Row:
        held = self._held(table, row_id)
        if held is None:
            return self._put(Row(table, row_id, dict(fields)))
        held.fields.clear()
        held.fields.update(fields)
        self._changed.pop((table, row_id), None)
        self._inserted[table, row_id] = held
        return held

    def _put(self, row: Row) -> Row:
        self.tables.setdefault(row.table, {})[row.id] = row.fields
        self._rows[row.table, row.id] = self._inserted[row.table, row.id] = row
        self._deleted.pop((row.table, row.id), None)
        return row


def follow(row: Row, renamed: dict[tuple[str, str], str]) -> None:
    """Point a row's references to the new ids of their targets."""
    for reference in TABLES[row.table].references if row.table in TABLES else ():
        target = (reference.target, row.fields.get(reference.wire_name, ""))
        if target in renamed:
            row.fields[reference.wire_name] = renamed[target]
