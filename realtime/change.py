"""What happened to the rows of one source: the one currency between the wire, the State, the models and the browsers."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from realtime.schema import HELD_TABLES

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

    `rows` is table name -> row key -> RowChange. `as_change` gives the same step with whole rows, which any State that
    held the same rows before can apply.
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

    def as_change(self) -> Change:
        """Return the same step as whole inserted rows and deletes."""
        inserts: Rows = {}
        deletes: dict[str, list[str]] = {}
        for table, rows in self.rows.items():
            for key, row in rows.items():
                if row.after is None:
                    deletes.setdefault(table, []).append(key)
                else:
                    inserts.setdefault(table, {})[key] = row.after
        return Change(self.source, inserts=inserts, deletes=deletes, cause=self.cause)


_WIRE_NAMES = {table.name: {field.name: field.wire_name for field in table.fields} for table in HELD_TABLES.values()}


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
