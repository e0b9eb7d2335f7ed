"""Rows of the wire to ours, and back. Pure.

What this version does not know (tables, fields, kinds of value) is noted in `Oddities` and kept raw, because newer
appliances will send it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from realtime.change import Fields, Rows
from realtime.errors import IllegalMessage
from realtime.schema import (
    APPLIANCE_TABLES,
    TABLE_ALIASES,
    TABLES,
    UNKNOWN_ROW,
    Field,
    Kind,
    row_key,
    split_key,
)
from realtime.values import AS_KIND, NESTING_LIMIT, Json, as_id, clean_raw, clean_text, encode_value

ID_LIMIT = 128  # characters of a row id, with its table's name where we do not know the table
NAME_LIMIT = 64  # characters of an unknown name that we remember
ODDITY_LIMIT = 200  # distinct names that we remember per source
LEFT_OUT = {"left out": f"nested more than {NESTING_LIMIT} levels deep"}  # in place of such a value

Decoders = Mapping[str, tuple[str, Callable[[Json], Json]]]
"""Wire field -> our field and how its value is read."""

Memory = tuple[Json, str, Fields]
"""A row as sent (FORGOTTEN where it is nested too deep to be compared), its key, and the row as decoded."""

FORGOTTEN = object()

Memo = dict[str, dict[str, Memory]]
"""Table -> row id as sent -> what we remember."""


class Oddities:
    """Counts what the appliance sent that this version does not know, by name. Bounded, whatever is sent."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self.counts = Counter(counts or {})
        self._unseen: list[str] = []

    def note(self, what: str, name: str = "") -> None:
        """Count one occurrence of `what` ("unknown table", …) under a name."""
        label = f"{what} {name[:NAME_LIMIT]!a}" if name else what
        if label not in self.counts:
            if len(self.counts) >= ODDITY_LIMIT:
                label = "further oddities"
            if label not in self.counts:
                self._unseen.append(label)
        self.counts[label] += 1

    def take_unseen(self) -> list[str]:
        """Return the labels that came up for the first time since the last call, to be warned about once."""
        unseen, self._unseen = self._unseen, []
        return unseen


class RowDecoder:
    """Turns wire rows of one source into ours. What it cannot place is noted in `oddities` and kept in `extra`.

    It remembers the rows of the last full copy as sent: in the next one most are equal, and to see that is a tenth of
    the work of decoding. Decoded rows are shared, so nobody may alter them.
    """

    def __init__(self, source: str, oddities: Oddities) -> None:
        self.source = source
        self.oddities = oddities
        self._known: Memo = {}  # from before the copy that is arriving
        self._seen: Memo = {}
        self._decoders = {
            table.name: {declared.wire_name: self._decoder(declared) for declared in table.fields}
            for table in TABLES.values()
        }

    def _decoder(self, declared: Field) -> tuple[str, Callable[[Json], Json]]:
        if declared.kind is Kind.REFERENCE:
            prefix = row_key(self.source, "")
            return declared.name, lambda value: _prefixed(prefix, as_id(value))
        return declared.name, AS_KIND[declared.kind]

    def begin_copy(self) -> None:
        """A full copy begins: what was seen last is what to compare with."""
        self._known, self._seen = self._seen, {}

    def end_copy(self) -> None:
        """The copy is complete: forget rows that it did not name."""
        self._known = {}

    def rows(self, tables: Mapping[str, Json], *, are_whole: bool = False) -> Rows:
        """Return the rows of an insert (whole ones, worth remembering) or of an update."""
        decoded: Rows = {}
        for wire_table, wire_rows in tables.items():
            table = TABLE_ALIASES.get(wire_table, wire_table)
            if not wire_rows:
                continue  # null, {} and [] all say: no rows
            if not isinstance(wire_rows, dict):
                self.oddities.note("rows that are no JSON object, table", wire_table)
            elif table in TABLES:
                seen = self._seen.setdefault(table, {}) if are_whole else {}
                self._add_rows(decoded.setdefault(table, {}), table, wire_rows, seen)
            else:
                self.oddities.note("unknown table", wire_table)
                self._add_unknown_rows(decoded.setdefault(UNKNOWN_ROW.name, {}), wire_table, wire_rows)
        return decoded

    def deleted_keys(self, tables: Mapping[str, Json]) -> dict[str, list[str]]:
        """Return the keys that a delete names, by table."""
        keys: dict[str, list[str]] = {}
        for wire_table, ids in tables.items():
            table = TABLE_ALIASES.get(wire_table, wire_table)
            if not ids:
                continue
            if not isinstance(ids, list | dict):
                self.oddities.note("deletes that are no list, table", wire_table)
            elif table in TABLES:
                seen = self._seen.get(table, {})
                for row_id in ids:
                    if isinstance(row_id, str | int):
                        seen.pop(str(row_id), None)
                keys.setdefault(table, []).extend(self._keys(ids))
            else:
                self.oddities.note("unknown table", wire_table)
                keys.setdefault(UNKNOWN_ROW.name, []).extend(self._keys(ids, f"{clean_text(wire_table)}/"))
        return keys

    def _keys(self, ids: Iterable[Json], prefix: str = "") -> Iterable[str]:
        for value in ids:
            row_id = self._row_id(value, prefix)
            if row_id is not None:
                yield row_key(self.source, row_id)

    def _row_id(self, value: Json, prefix: str = "") -> str | None:
        row_id = as_id(value)
        if isinstance(row_id, str) and row_id and len(prefix) + len(row_id) <= ID_LIMIT:
            return prefix + row_id
        self.oddities.note("unusable row id")
        return None

    def _add_rows(
        self, rows: dict[str, Fields], table: str, wire_rows: Mapping[str, Json], seen: dict[str, Memory]
    ) -> None:
        decoders, known = self._decoders[table], self._known.get(table, {})
        for wire_id, wire_fields in wire_rows.items():
            memory = known.get(wire_id)
            if memory is None or memory[0] != wire_fields:
                memory = self._decode_row(table, decoders, wire_id, wire_fields)
                if memory is None:
                    continue
            seen[wire_id] = memory
            rows[memory[1]] = memory[2]

    def _decode_row(self, table: str, decoders: Decoders, wire_id: str, wire_fields: Json) -> Memory | None:
        row_id = self._row_id(wire_id)
        if row_id is None:
            return None
        if wire_fields is not None and not isinstance(wire_fields, dict):
            self.oddities.note("a row that is no JSON object, table", table)
            return None
        fields = self._fields(table, decoders, wire_fields or {})
        is_cut = any(value is LEFT_OUT for value in fields.get("extra", {}).values())
        return FORGOTTEN if is_cut else wire_fields, row_key(self.source, row_id), fields

    def _fields(self, table: str, decoders: Decoders, wire_fields: Mapping[str, Json]) -> Fields:
        fields: Fields = {}
        extra: dict[str, Json] = {}
        for wire_name, value in wire_fields.items():
            known = decoders.get(wire_name)
            if known is None:
                self.oddities.note("unknown field", f"{table}.{wire_name}")
                extra[clean_text(wire_name)] = self._raw(table, wire_name, value)
                continue
            name, decode = known
            decoded = None if value is None else decode(value)
            if decoded is None and value is not None:
                self.oddities.note("odd value in field", f"{table}.{wire_name}")
                extra[wire_name] = self._raw(table, wire_name, value)
            fields[name] = decoded
        if extra:
            fields["extra"] = extra
        return fields

    def _raw(self, table: str, wire_name: str, value: Json) -> Json:
        """Return a value to be kept as sent, or what says that it cannot be."""
        try:
            return clean_raw(value)
        except IllegalMessage:
            self.oddities.note("too deep a value in field", f"{table}.{wire_name}")
            return LEFT_OUT

    def _add_unknown_rows(self, rows: dict[str, Fields], wire_table: str, wire_rows: Mapping[str, Json]) -> None:
        table = clean_text(wire_table)
        for wire_id, wire_fields in wire_rows.items():
            row_id = self._row_id(wire_id, f"{table}/")
            if row_id is not None:
                raw = wire_fields if isinstance(wire_fields, dict) else {}
                extra = {clean_text(name): self._raw(wire_table, name, value) for name, value in raw.items()}
                rows[row_key(self.source, row_id)] = {"table": table} | ({"extra": extra} if extra else {})


def _prefixed(prefix: str, row_id: str | None) -> str | None:
    return None if row_id is None or len(row_id) > ID_LIMIT else prefix + row_id


def encode_rows(rows: Mapping[str, Mapping[str, Fields]]) -> dict[str, dict[str, dict[str, Json]]]:
    """Return held rows in the appliance's own shape: {wire table: {row id: {wire field: value}}}.

    All eleven tables are named, empty or not; ids are text, flags true or false, timestamps Unix seconds. What we
    observed ourselves is no part of it.
    """
    wire: dict[str, dict[str, dict[str, Json]]] = {name: {} for name in TABLES}
    for table, held in rows.items():
        if table not in APPLIANCE_TABLES:
            continue
        declared = APPLIANCE_TABLES[table].fields
        for key, fields in held.items():
            row_id = split_key(key)[1]
            if table == UNKNOWN_ROW.name:
                wire_table = fields.get("table") or ""
                wire.setdefault(wire_table, {})[row_id.removeprefix(f"{wire_table}/")] = fields.get("extra", {})
            else:
                wire[table][row_id] = _encode_fields(declared, fields)
    return wire


def _encode_fields(declared: Iterable[Field], fields: Fields) -> dict[str, Json]:
    encoded = {one.wire_name: encode_value(one.kind, fields[one.name]) for one in declared if one.name in fields}
    encoded.update(fields.get("extra", {}))
    return encoded
