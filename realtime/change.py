"""What happened to the rows of one source: the one currency between wire, State, models and browsers. Pure."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from realtime.schema import HELD_TABLES, TABLES

Fields = dict[str, Any]
"""Our field name -> value; a whole row or a part of one (`realtime.schema` says which names and kinds)."""

Rows = dict[str, dict[str, Fields]]
"""Table name -> row key -> fields."""


class Cause(Enum):
    """Why rows changed. Only `LIVE` may be read as something that happened in the support center."""

    LIVE = "live"  # the appliance said so while we were listening
    COPY = "copy"  # the full copy after a subscription or a truncate
    SWEEP = "sweep"  # rows that the full copy no longer held


@dataclass(frozen=True, slots=True)
class Change:
    """One step from a State to the next, for one source.

    `inserts` start a row anew (whatever was held under the key is dropped), `updates` merge into the row held or start
    one, `deletes` name rows by key. Deletes are applied last. All three may name rows that are not held.
    """

    source: str
    inserts: Rows = field(default_factory=dict)
    updates: Rows = field(default_factory=dict)
    deletes: dict[str, list[str]] = field(default_factory=dict)
    cause: Cause = Cause.LIVE


class RowChange(NamedTuple):
    """One row before and after; None where it was not held. A tuple because millions are made."""

    before: Fields | None
    after: Fields | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a Change really altered: rows that came out equal are left out.

    `rows` is table name -> row key -> RowChange.
    """

    source: str
    rows: dict[str, dict[str, RowChange]]
    cause: Cause = Cause.LIVE

    def __bool__(self) -> bool:
        return any(self.rows.values())

    @property
    def row_count(self) -> int:
        """How many rows were altered."""
        return sum(len(rows) for rows in self.rows.values())

    def targets(self, table: str, name: str) -> set[str]:
        """Return the keys that the altered rows of a table point to through their reference `name`, before or after."""
        rows = self.rows.get(table, {}).values()
        return {fields[name] for row in rows for fields in row if fields and fields.get(name)}


class Batch:
    """The net effect of several steps of one source that wait for one commit: per row only what it came to."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._rows: dict[str, dict[str, Fields | None]] = {}
        self._causes: set[Cause] = set()

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(self, applied: Applied) -> None:
        """Take in one more step."""
        for table, rows in applied.rows.items():
            held = self._rows.setdefault(table, {})
            for key, row in rows.items():
                held[key] = row.after
        self._causes.add(applied.cause)

    def add_older(self, change: Change) -> None:
        """Take in a step that came before everything held: a commit that failed."""
        older: dict[str, dict[str, Fields | None]] = {table: dict(rows) for table, rows in change.inserts.items()}
        for table, keys in change.deletes.items():
            older.setdefault(table, {}).update(dict.fromkeys(keys))
        self._rows = {table: older.get(table, {}) | self._rows.get(table, {}) for table in older | self._rows}
        self._causes.add(change.cause)

    def take(self) -> Change:
        """Return all of it as one Change of whole rows, and start empty. It is live only if every step was."""
        rows, self._rows = self._rows, {}
        causes, self._causes = self._causes, set()
        inserts = {table: {key: row for key, row in held.items() if row is not None} for table, held in rows.items()}
        deletes = {table: [key for key, row in held.items() if row is None] for table, held in rows.items()}
        return Change(
            self._source,
            inserts={table: held for table, held in inserts.items() if held},
            deletes={table: keys for table, keys in deletes.items() if keys},
            cause=Cause.LIVE if causes <= {Cause.LIVE} else Cause.COPY,
        )


_WIRE_NAMES: dict[str, dict[str, str]] = {name: {} for name in HELD_TABLES} | {
    table.name: {field.name: field.wire_name for field in table.fields} for table in TABLES.values()
}  # of an unknown table every field is raw, whatever its name


def merge_fields(table: str, old: Fields, fields: Fields) -> Fields:
    """Return the row `old` with `fields` laid over it; an odd value kept raw goes when its field is sent again."""
    merged = old | fields
    raw = old.get("extra")
    if raw:
        wire_names = _WIRE_NAMES[table]
        replaced = {wire_names.get(name) for name in fields}
        kept = {name: value for name, value in raw.items() if name not in replaced} | fields.get("extra", {})
        if kept:
            merged["extra"] = kept
        else:
            del merged["extra"]
    return merged
