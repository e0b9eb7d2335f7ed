"""The appliance's messages: bytes to typed messages, wire values to ours, and back. Pure; the only module besides
`schema` that knows wire names.

Two kinds of trouble are told apart. What breaks the protocol (`IllegalMessage`) ends the link: bad JSON or UTF-8, NaN,
nesting bombs, a message without end. What we merely do not know (tables, fields, kinds of value) is noted in
`Oddities` and kept raw, because newer appliances will send it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from realtime.change import Fields, Rows
from realtime.errors import IllegalMessage
from realtime.schema import (
    HELD_TABLES,
    OBSERVED_TABLES,
    TABLE_ALIASES,
    TABLES,
    UNKNOWN_ROW,
    Field,
    Kind,
    row_key,
    split_key,
)

MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024
NESTING_LIMIT = 16  # of a value we keep raw; the stored form must stay readable by every JSON library
ID_LIMIT = 128  # characters of a row id, with its table's name where we do not know the table
NAME_LIMIT = 64  # characters of an unknown name that we remember
ODDITY_LIMIT = 200  # distinct names that we remember per source
INTEGER_LIMIT = 2**63
EXACT_LIMIT = 2.0**53  # from here on a floating-point number may be another one than its digits say
TIMESTAMP_LIMIT = 253_402_300_800  # 10000-01-01T00:00:00Z, the first second a datetime cannot hold

Json = Any


class Oddities:
    """Counts what the appliance sent that this version does not know, by name. Bounded, whatever is sent."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
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


class MessageSplitter:
    """Joins frames to messages: one ends at a newline, may span frames and may be cut inside a character."""

    def __init__(self, limit_bytes: int = MESSAGE_LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._held = bytearray()  # not a list of parts: a hostile peer may send single bytes

    @property
    def is_inside_message(self) -> bool:
        """Whether bytes of an unfinished message are held."""
        return bool(self._held)

    def feed(self, frame: bytes | str) -> list[bytes]:
        """Return the messages that this frame completes, without their newlines; blank ones are left out.

        Raises IllegalMessage when an unfinished message outgrows the limit.
        """
        chunk = frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
        *ends, rest = chunk.split(b"\n")
        messages = []
        for end in ends:
            self._hold(end)
            messages.append(bytes(self._held))
            self._held.clear()
        self._hold(rest)
        return [message for message in messages if message.strip()]

    def _hold(self, part: bytes) -> None:
        if len(self._held) + len(part) > self._limit:
            raise IllegalMessage(f"a message is longer than {self._limit} bytes")
        self._held += part


@dataclass(frozen=True, slots=True)
class AuthenticateResponse:
    """The answer to our credentials."""

    success: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SubscribeResponse:
    """The answer to our subscription; `timestamp` is the appliance's clock in Unix seconds."""

    success: bool
    reason: str
    timestamp: float | None


@dataclass(frozen=True, slots=True)
class ModelUpdate:
    """Rows by wire table name and row id, as sent; `delete` holds lists of row ids."""

    insert: Mapping[str, Json] = field(default_factory=dict)
    update: Mapping[str, Json] = field(default_factory=dict)
    delete: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TruncateModel:
    """Every row of every table is gone."""


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a type this version does not know."""

    type: str


Message = AuthenticateResponse | SubscribeResponse | ModelUpdate | TruncateModel | UnknownMessage


def encode_message(message: Mapping[str, Json]) -> bytes:
    """Return a message as the appliance expects it, newline included."""
    return orjson.dumps(message) + b"\n"


def decode_message(raw: bytes) -> Message:
    """Read one message. Raises IllegalMessage for what is no JSON object (the text never quotes the content)."""
    try:
        body = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise IllegalMessage(f"a message of {len(raw)} bytes is no JSON") from error
    if not isinstance(body, dict):
        raise IllegalMessage(f"a message of {len(raw)} bytes is no JSON object")
    match body.get("type"):
        case "model_update" | "update_model":
            return ModelUpdate(*(_as_object(body.get(part), part) for part in ("insert", "update", "delete")))
        case "truncate_model":
            return TruncateModel()
        case "authenticate_response":
            return AuthenticateResponse(_as_flag(body.get("success")) is True, _as_reason(body.get("reason")))
        case "subscribe_response":
            timestamp = _as_seconds(body.get("timestamp"))
            return SubscribeResponse(_as_flag(body.get("success")) is True, _as_reason(body.get("reason")), timestamp)
        case other:
            return UnknownMessage(other[:NAME_LIMIT] if isinstance(other, str) else "")


def _as_object(value: Json, part: str) -> Mapping[str, Json]:
    """Read one part of a model update; null and an empty list (how some encoders write {}) stand for nothing."""
    if value is None or value == []:
        return {}
    if not isinstance(value, dict):
        raise IllegalMessage(f'"{part}" of a model update is no JSON object')
    return value


def _as_reason(value: Json) -> str:
    return _clean_text(value[:200]) if isinstance(value, str) else ""


class RowDecoder:
    """Turns wire rows of one source into ours. What it cannot place is noted in `oddities` and kept in `extra`."""

    def __init__(self, source: str, oddities: Oddities) -> None:
        self._source = source
        self._oddities = oddities
        self._decoders = {
            table.name: {declared.wire_name: self._decoder(declared) for declared in table.fields}
            for table in TABLES.values()
        }

    def _decoder(self, declared: Field) -> tuple[str, Callable[[Json], Json]]:
        if declared.kind is Kind.REFERENCE:
            prefix = row_key(self._source, "")
            return declared.name, lambda value: _prefixed(prefix, _as_id(value))
        return declared.name, _AS_KIND[declared.kind]

    def rows(self, tables: Mapping[str, Json]) -> Rows:
        """Return the rows of an insert or update."""
        decoded: Rows = {}
        for wire_table, wire_rows in tables.items():
            table = TABLE_ALIASES.get(wire_table, wire_table)
            if not wire_rows:
                continue  # null, {} and [] all say: no rows
            if not isinstance(wire_rows, dict):
                self._oddities.note("rows that are no JSON object, table", wire_table)
            elif table in TABLES:
                self._add_rows(decoded.setdefault(table, {}), table, wire_rows)
            else:
                self._oddities.note("unknown table", wire_table)
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
                self._oddities.note("deletes that are no list, table", wire_table)
            elif table in TABLES:
                keys.setdefault(table, []).extend(self._keys(ids))
            else:
                self._oddities.note("unknown table", wire_table)
                keys.setdefault(UNKNOWN_ROW.name, []).extend(self._keys(ids, f"{_clean_text(wire_table)}/"))
        return keys

    def _keys(self, ids: Iterable[Json], prefix: str = "") -> Iterable[str]:
        for value in ids:
            row_id = self._row_id(value, prefix)
            if row_id is not None:
                yield row_key(self._source, row_id)

    def _row_id(self, value: Json, prefix: str = "") -> str | None:
        row_id = _as_id(value)
        if isinstance(row_id, str) and row_id and len(prefix) + len(row_id) <= ID_LIMIT:
            return prefix + row_id
        self._oddities.note("unusable row id")
        return None

    def _add_rows(self, rows: dict[str, Fields], table: str, wire_rows: Mapping[str, Json]) -> None:
        decoders = self._decoders[table]
        for wire_id, wire_fields in wire_rows.items():
            row_id = self._row_id(wire_id)
            if row_id is None:
                continue
            if wire_fields is not None and not isinstance(wire_fields, dict):
                self._oddities.note("a row that is no JSON object, table", table)
                continue
            rows[row_key(self._source, row_id)] = self._fields(table, decoders, wire_fields or {})

    def _fields(
        self, table: str, decoders: Mapping[str, tuple[str, Callable[[Json], Json]]], wire_fields: Mapping[str, Json]
    ) -> Fields:
        fields: Fields = {}
        extra: dict[str, Json] = {}
        for wire_name, value in wire_fields.items():
            known = decoders.get(wire_name)
            if known is None:
                self._oddities.note("unknown field", f"{table}.{wire_name}")
                extra[_clean_text(wire_name)] = clean_raw(value)
                continue
            name, decode = known
            decoded = None if value is None else decode(value)
            if decoded is None and value is not None:
                self._oddities.note("odd value in field", f"{table}.{wire_name}")
                extra[wire_name] = clean_raw(value)
            fields[name] = decoded
        if extra:
            fields["extra"] = extra
        return fields

    def _add_unknown_rows(self, rows: dict[str, Fields], wire_table: str, wire_rows: Mapping[str, Json]) -> None:
        table = _clean_text(wire_table)
        for wire_id, wire_fields in wire_rows.items():
            row_id = self._row_id(wire_id, f"{table}/")
            if row_id is not None:
                raw = wire_fields if isinstance(wire_fields, dict) else {}
                extra = {_clean_text(name): clean_raw(value) for name, value in raw.items()}
                rows[row_key(self._source, row_id)] = {"table": table} | ({"extra": extra} if extra else {})


def clean_raw(value: Json, depth: int = 0) -> Json:
    """Return a value we keep as sent, made storable, its nesting bounded.

    PostgreSQL takes no NUL characters, and gives a huge number back as an integer that no JSON library writes.
    """
    if depth > NESTING_LIMIT:
        raise IllegalMessage(f"a value is nested more than {NESTING_LIMIT} levels deep")
    match value:
        case str():
            return _clean_text(value)
        case list():
            return [clean_raw(part, depth + 1) for part in value]
        case dict():
            return {_clean_text(name): clean_raw(part, depth + 1) for name, part in value.items()}
        case float() if abs(value) >= EXACT_LIMIT:
            return repr(value)
        case _:
            return value


def _clean_text(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text


def _prefixed(prefix: str, row_id: str | None) -> str | None:
    return None if row_id is None or len(row_id) > ID_LIMIT else prefix + row_id


def _as_id(value: Json) -> str | None:
    """Read an identifier: text, or an integer of any size that JSON numbers carry exactly."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def _as_number(value: Json) -> int | None:
    if isinstance(value, str):
        digits = value.removeprefix("-")
        value = int(value) if digits.isdecimal() and len(digits) < 20 else None
    if isinstance(value, int) and not isinstance(value, bool) and -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        return value
    return None


def _as_flag(value: Json) -> bool | None:
    match value:
        case bool():
            return value
        case 0 | "0" | "false":
            return False
        case 1 | "1" | "true":
            return True
        case _:
            return None


def _as_seconds(value: Json) -> float | None:
    """Read Unix seconds, given as a number or as text."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 32 else None
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < TIMESTAMP_LIMIT:
        return value
    return None


def _as_timestamp(value: Json) -> datetime | None:
    seconds = _as_seconds(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


_AS_KIND: dict[Kind, Callable[[Json], Json]] = {
    Kind.TEXT: _as_id,
    Kind.NUMBER: _as_number,
    Kind.FLAG: _as_flag,
    Kind.TIMESTAMP: _as_timestamp,
}


def encode_rows(rows: Mapping[str, Mapping[str, Fields]]) -> dict[str, dict[str, dict[str, Json]]]:
    """Return held rows in the appliance's own shape: {wire table: {row id: {wire field: value}}}.

    All eleven tables are named, empty or not; ids are text, flags true or false, timestamps Unix seconds. What we
    observed ourselves is no part of it.
    """
    wire: dict[str, dict[str, dict[str, Json]]] = {name: {} for name in TABLES}
    for table, held in rows.items():
        if table in OBSERVED_TABLES:
            continue
        declared = HELD_TABLES[table].fields
        for key, fields in held.items():
            row_id = split_key(key)[1]
            if table == UNKNOWN_ROW.name:
                wire_table = fields.get("table") or ""
                wire.setdefault(wire_table, {})[row_id.removeprefix(f"{wire_table}/")] = fields.get("extra", {})
            else:
                wire[table][row_id] = _encode_fields(declared, fields)
    return wire


def _encode_fields(declared: Iterable[Field], fields: Fields) -> dict[str, Json]:
    encoded = {one.wire_name: _encode_value(one.kind, fields[one.name]) for one in declared if one.name in fields}
    encoded.update(fields.get("extra", {}))
    return encoded


def _encode_value(kind: Kind, value: Json) -> Json:
    if value is None:
        return None
    if kind is Kind.REFERENCE:
        return split_key(value)[1]
    if kind is Kind.TIMESTAMP:
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    return value
