"""How the simulated appliance words its messages: plainly, or with any mix of the freedoms the protocol leaves.

Pure. A Dialect turns an Update of the truth, or a full copy of it, into messages (bytes that end with a newline), and
messages into websocket frames.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

import orjson

from realtime.schema import TABLES, Kind
from realtime.simulator.ledger import Deletes, Fields, Tables, Update

Message = dict[str, Any]
Rows = dict[str, Fields]

COPY_ORDER = (
    "queue",
    "representative",
    "representative_queue",
    "support_session",
    "presentation_session",
    "customer_client",
    "representative_support_session",
    "support_session_attribute",
    "support_session_skill",
    "attendee",
    "presenter",
)
"""Referenced tables before those that refer to them."""

DECLARED = {table: tuple(field.wire_name for field in declared.fields) for table, declared in TABLES.items()}

NUMERIC_TEXTS = {"support_team_id", "user_id", "public_site_id"}
"""Identifiers that arrive as JSON numbers although the document shows some as text (VENDORS 5.3 i)."""


class Freedom(StrEnum):
    """What the protocol leaves open. Several of one kind (say of flags) are mixed value by value."""

    SPLIT = "split"  # a message cut at any byte over several websocket messages
    MERGE = "merge"  # several messages in one websocket message
    TEXT_FRAMES = "text_frames"
    NUMBER_IDS = "number_ids"
    TEXT_IDS = "text_ids"
    TEXT_NUMBERS = "text_numbers"  # priorities and timestamps as text
    WORD_FLAGS = "word_flags"  # true / false
    DIGIT_FLAGS = "digit_flags"  # 1 / 0, also what is sent without a freedom
    TEXT_FLAGS = "text_flags"  # "1" / "0"
    NULL_TABLES = "null_tables"
    EMPTY_TABLES = "empty_tables"
    NULL_FIELDS = "null_fields"
    PARTIAL_ROWS = "partial_rows"  # updates list changed fields only; an insert may be completed by an update
    UPDATE_BEFORE_INSERT = "update_before_insert"
    UNKNOWN_DELETES = "unknown_deletes"
    FK_ORDER = "fk_order"  # referring rows before the rows they refer to
    ATTENDE = "attende"
    UPDATE_MODEL = "update_model"
    UNKNOWN_TABLES = "unknown_tables"
    UNKNOWN_FIELDS = "unknown_fields"
    UNKNOWN_TYPES = "unknown_types"
    ONE_MESSAGE_COPY = "one_message_copy"
    COPY_AS_UPDATES = "copy_as_updates"
    DUPLICATE_INSERTS = "duplicate_inserts"
    ECHO_DECODED = "echo_decoded"  # the sub-protocol answered as "ingredi state api" whatever was offered
    ECHO_NONE = "echo_none"


Writer = Callable[[Any], Any]


def read_freedoms(names: Iterable[str]) -> frozenset[Freedom]:
    """Read names of freedoms; "all" stands for each."""
    names = list(names)
    return frozenset(Freedom) if "all" in names else frozenset(Freedom(name) for name in names)


def write_number(value: str) -> Any:
    """Return an identifier as a number if it is one."""
    return int(value) if value.isdecimal() else value


FLAG_WRITERS: dict[Freedom, Writer] = {
    Freedom.DIGIT_FLAGS: int,
    Freedom.WORD_FLAGS: bool,
    Freedom.TEXT_FLAGS: lambda flag: "1" if flag else "0",
}
ID_WRITERS: dict[Freedom, Writer] = {Freedom.TEXT_IDS: str, Freedom.NUMBER_IDS: write_number}


class Dialect:
    """One connection's way of writing."""

    def __init__(self, freedoms: frozenset[Freedom], tables: frozenset[str] | None = None, seed: int = 0) -> None:
        self.freedoms = freedoms
        self.tables = tables
        self._dice = random.Random(seed)  # noqa: S311 - variety, not secrecy
        self._writers = {table: self._table_writers(table) for table in TABLES}

    @property
    def is_shared(self) -> bool:
        """The messages depend on nothing but the update, so that connections of one `tables` may share them."""
        return not self.freedoms

    def messages(self, update: Update) -> list[bytes]:
        """Write one update."""
        return [self._dump(message) for message in self._word(update)]

    def copy(self, tables: Tables, rows_per_message: int) -> Iterator[bytes]:
        """Write the full copy, some rows at a time; rows are read when their message is written."""
        if self._has(Freedom.ONE_MESSAGE_COPY):
            rows_per_message = 2**62
        order = COPY_ORDER[::-1] if self._has(Freedom.FK_ORDER) else COPY_ORDER
        keys = [(table, row_id) for table in order if self._wants(table) for row_id in tables[table]]
        if not keys and self.freedoms & {Freedom.NULL_TABLES, Freedom.EMPTY_TABLES}:
            yield from self._write_copy({})
        for start in range(0, len(keys), rows_per_message):
            chunk: Tables = {}
            for table, row_id in keys[start : start + rows_per_message]:
                row = tables[table].get(row_id)
                if row is not None:
                    chunk.setdefault(table, {})[row_id] = row
            if chunk:
                yield from self._write_copy(chunk)

    def frames(self, messages: list[bytes]) -> list[bytes | str]:
        """Lay messages out over websocket messages."""
        texts = [b"".join(messages)] if self._has(Freedom.MERGE) else messages
        if self._has(Freedom.SPLIT):
            texts = [piece for text in texts for piece in self._cut(text)]
        if not self._has(Freedom.TEXT_FRAMES):
            return list(texts)
        return list(decode_pieces(texts))

    def _has(self, freedom: Freedom) -> bool:
        return freedom in self.freedoms

    def _sometimes(self, freedom: Freedom, share: float = 0.5) -> bool:
        return freedom in self.freedoms and self._dice.random() < share

    def _wants(self, table: str) -> bool:
        return self.tables is None or table in self.tables

    def _cut(self, text: bytes) -> list[bytes]:
        count = min(self._dice.randint(0, 4), len(text) - 1)
        cuts = sorted(self._dice.sample(range(1, len(text)), count)) if count > 0 else []
        return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    def _word(self, update: Update) -> Iterator[Message]:
        insert, delete = self._select(update.insert), self._select_deletes(update.delete)
        changes = self._select(update.update if self._has(Freedom.PARTIAL_ROWS) else update.after)
        if not (insert or changes or delete or self.freedoms):
            return
        if self._sometimes(Freedom.UNKNOWN_TYPES, 0.2):
            yield {"type": "model_weather", "forecast": [1, None, {"wind": "n/a"}]}
        if insert and self._sometimes(Freedom.UPDATE_BEFORE_INSERT):
            yield self._message({"update": self._write_tables(self._some_fields(insert), whole=False)})
        yield from self._word_parts(insert, changes, delete)

    def _word_parts(self, insert: Tables, changes: Tables, delete: Deletes) -> Iterator[Message]:
        if self._has(Freedom.FK_ORDER):
            for table in sorted(insert, key=COPY_ORDER.index, reverse=True) if len(insert) > 1 else ():
                yield self._message({"insert": self._write_tables({table: insert[table]})})
        rest: Tables = {}
        if insert and self._sometimes(Freedom.PARTIAL_ROWS):
            rest, insert = insert, self._some_fields(insert)
        parts: Message = {}
        if insert:
            parts["insert"] = self._write_tables(insert)
        if changes:
            parts["update"] = self._write_tables(changes, whole=not self._has(Freedom.PARTIAL_ROWS))
        if delete or self._has(Freedom.UNKNOWN_DELETES):
            parts["delete"] = self._write_deletes(delete)
        if parts and not rest and insert and self._sometimes(Freedom.DUPLICATE_INSERTS):
            yield self._message({"insert": parts["insert"]})
        if parts:
            yield self._message(parts)
        if rest:
            yield self._message({"update": self._write_tables(rest)})

    def _write_copy(self, rows: Tables) -> Iterator[bytes]:
        part = "update" if self._has(Freedom.COPY_AS_UPDATES) else "insert"
        message = self._dump(self._message({part: self._write_tables(rows)}))
        yield message
        if self._sometimes(Freedom.DUPLICATE_INSERTS):
            yield message

    def _message(self, parts: Message) -> Message:
        if self._has(Freedom.NULL_TABLES):
            parts = {"insert": None, "update": None, "delete": None} | parts
        return {"type": "update_model" if self._has(Freedom.UPDATE_MODEL) else "model_update"} | parts

    def _dump(self, message: Message) -> bytes:
        return orjson.dumps(message) + b"\n"

    def _select(self, tables: Tables) -> Tables:
        return {table: rows for table, rows in tables.items() if self._wants(table)}

    def _select_deletes(self, deletes: Deletes) -> Deletes:
        return {table: row_ids for table, row_ids in deletes.items() if self._wants(table)}

    def _some_fields(self, tables: Tables) -> Tables:
        return {
            table: {
                row_id: {name: value for name, value in fields.items() if self._dice.random() < 0.5}
                for row_id, fields in rows.items()
            }
            for table, rows in tables.items()
        }

    def _write_tables(self, tables: Tables, whole: bool = True) -> dict[str, Any]:
        written: dict[str, Any] = {
            self._name(table): self._write_table(table, rows, whole) for table, rows in tables.items()
        }
        for table in COPY_ORDER if self.freedoms & {Freedom.NULL_TABLES, Freedom.EMPTY_TABLES} else ():
            if self._wants(table) and self._dice.random() < 0.3:
                written.setdefault(self._name(table), self._write_nothing({}))
        if self._sometimes(Freedom.UNKNOWN_TABLES):
            written["jump_client_beta"] = {
                "9000000000000000001": {"hostname": "from-a-later-version", "tags": [1, "x"]}
            }
        return written

    def _write_deletes(self, deletes: Deletes) -> dict[str, Any]:
        write = self._writer(ID_WRITERS, str)
        written: dict[str, Any] = {
            self._name(table): [write(row_id) for row_id in row_ids] for table, row_ids in deletes.items()
        }
        if self._sometimes(Freedom.UNKNOWN_DELETES) or not deletes:
            table = self._dice.choice([table for table in COPY_ORDER if self._wants(table)])
            written.setdefault(self._name(table), []).append("77")
        if self._has(Freedom.NULL_TABLES):
            written.setdefault(self._name(self._dice.choice(COPY_ORDER)), None)
        return written

    def _write_nothing(self, empty: object) -> object:
        return empty if not self._has(Freedom.NULL_TABLES) or self._sometimes(Freedom.EMPTY_TABLES) else None

    def _name(self, table: str) -> str:
        return "attende" if table == "attendee" and self._sometimes(Freedom.ATTENDE, 0.8) else table

    def _write_table(self, table: str, rows: Rows, whole: bool) -> Rows:
        writers = self._writers.get(table, {})
        nulls = dict.fromkeys(DECLARED.get(table, ())) if whole and self._has(Freedom.NULL_FIELDS) else {}
        return {row_id: nulls | self._write_row(fields, writers) for row_id, fields in rows.items()}

    def _write_row(self, fields: Fields, writers: dict[str, Writer]) -> Fields:
        row = {name: writers[name](value) if name in writers else value for name, value in fields.items()}
        if self._has(Freedom.UNKNOWN_FIELDS):
            row["x_future_field"] = {"since": "99.1"}
        return row

    def _table_writers(self, table: str) -> dict[str, Writer]:
        writers = {}
        for field in TABLES[table].fields:
            match field.kind:
                case Kind.FLAG:
                    writers[field.wire_name] = self._writer(FLAG_WRITERS, int)
                case Kind.REFERENCE:
                    writers[field.wire_name] = self._writer(ID_WRITERS, str)
                case Kind.NUMBER | Kind.TIMESTAMP if self._has(Freedom.TEXT_NUMBERS):
                    writers[field.wire_name] = str
                case Kind.TEXT if field.wire_name in NUMERIC_TEXTS:
                    writers[field.wire_name] = self._writer(ID_WRITERS, write_number)
        return {name: tolerate_none(writer) for name, writer in writers.items()}

    def _writer(self, choices: dict[Freedom, Writer], default: Writer) -> Writer:
        chosen = [writer for freedom, writer in choices.items() if freedom in self.freedoms]
        if len(chosen) > 1:
            return lambda value: self._dice.choice(chosen)(value)
        return chosen[0] if chosen else default


def tolerate_none(writer: Writer) -> Writer:
    """Let a hand-made None through."""
    return lambda value: None if value is None else writer(value)


def decode_pieces(pieces: Iterable[bytes]) -> Iterator[str]:
    """Decode pieces cut at any byte: a character cut in two goes whole into the later piece."""
    held = b""
    for piece in pieces:
        held += piece
        text = held.decode(errors="ignore") if not is_whole(held) else held.decode()
        held = held[len(text.encode()) :]
        yield text


def is_whole(text: bytes) -> bool:
    """Say whether bytes end with a whole character."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
