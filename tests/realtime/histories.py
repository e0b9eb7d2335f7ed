"""Hypothesis strategies: legal messages in every spelling an appliance may choose, and arbitrary JSON.

A value is drawn as a pair: what it means (canonical) and how it is spelled on the wire.
"""

import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from realtime.schema import TABLES, Kind
from realtime.values import INTEGER_LIMIT, TIMESTAMP_LIMIT
from tests.realtime.naive import Json, Tables

Spelled = tuple[Json, Json]

ROW_IDS = ["1", "2", "7", "007", "9223372036854775808", "18446744073709551615"]
TABLE_NAMES = ["queue", "representative", "support_session", "customer_client", "attendee", "future_table"]
FUTURE_FIELDS = ["future_field", "created_at", "extra", "table", "nul\0field"]
FUTURE_TABLE_FIELDS = ["table", "created_timestamp", "name", "extra", ""]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "\0", "a\0b", "𠮷😀", "<img src=x onerror=alert(1)>", "\u202edlrow", "x" * 3000, "\ufeff", "null", "0"]
)
numbers = st.integers(-INTEGER_LIMIT, INTEGER_LIMIT - 1)
raw_values: SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_LIMIT, 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e25, -1e300, 1.2345678901234567e19, 5e-324])
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def examples(count: int) -> settings:
    """Return how a property is tried; a failure prints what reproduces it."""
    return settings(
        max_examples=count,
        stateful_step_count=10,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


def clean(value: Json) -> Json:
    """Return a raw value as it can be stored everywhere; PRODUCT's "kept raw", with the two exceptions it has."""
    match value:
        case str():
            return value.replace("\0", "\ufffd")
        case list():
            return [clean(part) for part in value]
        case dict():
            return {clean(name): clean(part) for name, part in value.items()}
        case float() if abs(value) >= 2**53:
            return repr(value)
        case _:
            return value


def same(values: SearchStrategy[Json]) -> SearchStrategy[Spelled]:
    """Values that are spelled as they are."""
    return values.map(lambda value: (clean(value), value))


def as_number_or_text(values: SearchStrategy[Any]) -> SearchStrategy[Spelled]:
    """Numbers, each as a number or as text."""
    return st.tuples(values, st.booleans()).map(lambda drawn: (drawn[0], str(drawn[0]) if drawn[1] else drawn[0]))


ids = st.integers(0, 2**64 - 1) | st.sampled_from([1, 2, 7, 2**63, 2**64 - 1])
spelled_ids = as_number_or_text(ids).map(lambda drawn: (str(drawn[0]), drawn[1]))
spelled_flags = st.sampled_from(
    [(True, one) for one in (True, 1, "1", "true")] + [(False, one) for one in (False, 0, "0", "false")]
)
moments = (
    st.integers(0, TIMESTAMP_LIMIT - 1)
    | st.sampled_from([0, TIMESTAMP_LIMIT - 1, 1_700_000_000])
    | st.integers(0, 2_000_000_000).map(lambda whole: whole + 0.25)
)
NEVER_LEGAL = {
    Kind.TEXT: st.sampled_from([True, 1.5, [], {}, ["a"], {"a": 1}]),
    Kind.REFERENCE: st.sampled_from([False, -0.5, [], {"id": 1}, [7], "9" * 200]),
    Kind.NUMBER: st.sampled_from(["many", "", 2**63, True, 1.5, {}, "9" * 30]),
    Kind.FLAG: st.sampled_from([7, "yes", "", [], -1, {"on": 1}]),
    Kind.TIMESTAMP: st.sampled_from([-1, "soon", True, TIMESTAMP_LIMIT, "nan", [], 1e300]),
}
LEGAL: dict[Kind, SearchStrategy[Spelled]] = {
    Kind.TEXT: same(texts) | spelled_ids,
    Kind.REFERENCE: spelled_ids | st.sampled_from([("1", "1"), ("2", 2), ("", "")]),
    Kind.NUMBER: as_number_or_text(numbers),
    Kind.FLAG: spelled_flags,
    Kind.TIMESTAMP: as_number_or_text(moments),
}
SPELLED = {kind: legal | legal | st.just((None, None)) | same(NEVER_LEGAL[kind]) for kind, legal in LEGAL.items()}
FIELDS_OF = {
    table.name: st.sampled_from(table.fields).flatmap(lambda one: st.tuples(st.just(one.wire_name), SPELLED[one.kind]))
    | st.tuples(st.sampled_from(FUTURE_FIELDS), same(raw_values))
    for table in TABLES.values()
}


@dataclass(frozen=True, slots=True)
class Spelling:
    """Rows of one part of a message: what they mean, and what stands on the wire."""

    meaning: Tables = field(default_factory=dict)
    wire: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One model update: its three parts' meaning, and the whole of it on the wire."""

    inserts: Tables
    updates: Tables
    deletes: dict[str, list[str]]
    message: dict[str, Json]


def rows_of(table: str) -> SearchStrategy[dict[str, Spelled]]:
    """One row, partial as it may be, by wire name."""
    if table not in TABLES:
        return st.dictionaries(st.sampled_from(FUTURE_TABLE_FIELDS), same(raw_values), max_size=3)
    return st.lists(FIELDS_OF[table], max_size=4).map(dict)


@st.composite
def spelled_rows(draw: st.DrawFn) -> Spelling:
    """Rows of some tables, empty tables and empty rows as null or empty."""
    meaning: Tables = {}
    wire: dict[str, Json] = {}
    for table in draw(st.lists(st.sampled_from(TABLE_NAMES), max_size=3, unique=True)):
        drawn = draw(st.dictionaries(st.sampled_from(ROW_IDS), rows_of(table), max_size=3))
        if drawn:
            meaning[table] = {row_id: meant(row) for row_id, row in drawn.items()}
        wire[spell_table(draw, table)] = spell_rows(draw, drawn)
    return Spelling(meaning, wire)


def meant(row: dict[str, Spelled]) -> dict[str, Json]:
    """Return what a row means."""
    return {clean(name): canonical for name, (canonical, _) in row.items()}


def spell_table(draw: st.DrawFn, table: str) -> str:
    """Return a table's name as the appliance may write it."""
    return draw(st.sampled_from(["attendee", "attende"])) if table == "attendee" else table


def spell_rows(draw: st.DrawFn, rows: dict[str, dict[str, Spelled]]) -> Json:
    """Return rows as they stand on the wire."""
    if not rows:
        return draw(st.sampled_from([None, {}, []]))
    wire: dict[str, Json] = {}
    for row_id, row in rows.items():
        spelled = {name: value for name, (_, value) in row.items()}
        wire[row_id] = spelled or draw(st.sampled_from([None, {}]))
    return wire


@st.composite
def spelled_deletes(draw: st.DrawFn) -> Spelling:
    """Deletes of rows, known or not; `meaning` names the ids as keys."""
    meaning: Tables = {}
    wire: dict[str, Json] = {}
    for table in draw(st.lists(st.sampled_from(TABLE_NAMES), max_size=2, unique=True)):
        row_ids = draw(st.lists(st.sampled_from(ROW_IDS), max_size=3))
        meaning[table] = {row_id: {} for row_id in row_ids}
        as_numbers = draw(st.booleans())
        written = [int(one) if as_numbers and str(int(one)) == one else one for one in row_ids]
        wire[spell_table(draw, table)] = written or draw(st.sampled_from([None, []]))
    return Spelling(meaning, wire)


@st.composite
def updates(draw: st.DrawFn) -> Said:
    """One legal model update."""
    inserts, changed, gone = draw(spelled_rows()), draw(spelled_rows()), draw(spelled_deletes())
    message: dict[str, Json] = {"type": draw(st.sampled_from(["model_update", "update_model"]))}
    is_nothing_named = draw(st.booleans())
    for name, part in (("insert", inserts), ("update", changed), ("delete", gone)):
        if part.wire or is_nothing_named:
            message[name] = part.wire or None
    deletes = {table: list(rows) for table, rows in gone.meaning.items()}
    return Said(inserts.meaning, changed.meaning, deletes, message)


@dataclass(frozen=True, slots=True)
class CopyStyle:
    """How an appliance sends its full copy."""

    rows_per_message: int
    part: str
    is_halved: bool  # each row comes as two partial ones


copy_styles = st.builds(CopyStyle, st.sampled_from([1, 2, 1000]), st.sampled_from(["insert", "update"]), st.booleans())


def copy_messages(tables: Tables, style: CopyStyle) -> list[dict[str, Json]]:
    """Return the messages that carry a full copy."""
    rows = [(table, row_id, fields) for table, held in tables.items() for row_id, fields in held.items()]
    if style.is_halved:
        rows = [half for row in rows for half in halves(*row)]
    messages = []
    for start in range(0, len(rows), style.rows_per_message):
        batch: dict[str, dict[str, Json]] = {}
        for table, row_id, fields in rows[start : start + style.rows_per_message]:
            batch.setdefault(table, {}).setdefault(row_id, {}).update(fields)
        messages.append({"type": "model_update", style.part: batch})
    return messages


def halves(table: str, row_id: str, fields: dict[str, Json]) -> list[tuple[str, str, dict[str, Json]]]:
    """Return a row as two partial ones."""
    names = list(fields)
    cut = len(names) // 2
    return [(table, row_id, {name: fields[name] for name in part}) for part in (names[:cut], names[cut:])]


def encode(*messages: dict[str, Json], ascii_only: bool = False) -> bytes:
    """Return messages as an appliance writes them."""
    return b"".join(json.dumps(one, ensure_ascii=ascii_only).encode() + b"\n" for one in messages)


@st.composite
def frames(draw: st.DrawFn, stream: bytes) -> list[bytes | str]:
    """A stream of bytes cut anywhere into binary frames, and text frames where a piece happens to be text."""
    cuts = draw(st.lists(st.integers(0, len(stream)), max_size=8))
    pieces = [stream[start:end] for start, end in pairwise(sorted({0, *cuts, len(stream)}))]
    return [as_text(piece) if draw(st.booleans()) else piece for piece in pieces]


def as_text(piece: bytes) -> bytes | str:
    """Return a piece as text if it is any."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return piece


WORDS = ["type", "model_update", "truncate_model", "insert", "update", "delete", "queue", "attende", "success", "7"]
words = st.sampled_from([*WORDS, "authenticate_response", "subscribe_response", "timestamp", "reason"]) | texts
arbitrary: SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
near_messages = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["model_update", "authenticate_response", "subscribe_response", "truncate_model"])
        | words
    },
    optional={name: arbitrary for name in ("insert", "update", "delete", "success", "reason", "timestamp")},
) | st.fixed_dictionaries(
    {"type": st.just("model_update")},
    optional={
        part: st.dictionaries(st.sampled_from(TABLE_NAMES), arbitrary | st.dictionaries(words, arbitrary, max_size=3))
        for part in ("insert", "update", "delete")
    },
)
