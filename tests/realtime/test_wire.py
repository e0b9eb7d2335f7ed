"""Messages from bytes, and wire values to ours: every legal freedom and every illegal input, case by case."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import IllegalMessage
from realtime.rows import ID_LIMIT, LEFT_OUT, NAME_LIMIT, ODDITY_LIMIT, Oddities, RowDecoder, encode_rows
from realtime.values import NESTING_LIMIT
from realtime.wire import (
    AuthenticateResponse,
    MessageSplitter,
    ModelUpdate,
    SubscribeResponse,
    TruncateModel,
    UnknownMessage,
    decode_message,
    encode_message,
)
from tests.realtime.histories import examples

BIGGEST = 2**64 - 1
MESSAGE = '{"type":"model_update","insert":{"queue":{"1":{"name":"Süd 𠮷 😀"}}}}'.encode()


def decoded(tables: dict[str, Any]) -> tuple[dict[str, dict[str, dict[str, Any]]], dict[str, int]]:
    """Return the decoded rows of one part of a message and the oddities noted."""
    oddities = Oddities()
    return RowDecoder("desk", oddities).rows(tables), dict(oddities.counts)


def decoded_row(table: str, **fields: Any) -> dict[str, Any]:
    """Return one decoded row."""
    rows, _ = decoded({table: {"1": fields}})
    return rows[table]["desk:1"]


@pytest.mark.parametrize("cut", range(len(MESSAGE) + 2))
def test_splitter_joins_a_message_cut_at_any_byte(cut: int) -> None:
    splitter = MessageSplitter()
    stream = MESSAGE + b"\n"
    assert splitter.feed(stream[:cut]) + splitter.feed(stream[cut:]) == [MESSAGE]
    assert not splitter.is_inside_message


def test_splitter_takes_single_bytes_text_frames_and_several_messages_per_frame() -> None:
    splitter = MessageSplitter()
    stream = MESSAGE + b"\r\n \n\n" + MESSAGE + b"\n"
    assert [message for byte in stream for message in splitter.feed(bytes([byte]))] == [MESSAGE + b"\r", MESSAGE]
    assert splitter.feed(stream.decode() + "{") == [MESSAGE + b"\r", MESSAGE]
    assert splitter.is_inside_message
    assert splitter.feed(b"}\n") == [b"{}"]


@examples(100)
@given(st.lists(st.binary(max_size=12), max_size=8))
def test_splitter_gives_what_newlines_end(frames: list[bytes]) -> None:
    splitter = MessageSplitter()
    messages = [message for frame in frames for message in splitter.feed(frame)]
    *ended, rest = b"".join(frames).split(b"\n")
    assert messages == [message for message in ended if message.strip()]
    assert splitter.is_inside_message == bool(rest)


@pytest.mark.parametrize("frames", [[b"x" * 11], [b"x" * 10, b"x"], [b"x" * 11 + b"\n"], [b"\n", b"x" * 6, b"x" * 6]])
def test_splitter_refuses_a_message_without_end(frames: list[bytes]) -> None:
    splitter = MessageSplitter(limit_bytes=10)
    with pytest.raises(IllegalMessage, match="longer than 10 bytes"):
        for frame in frames:
            splitter.feed(frame)


def test_splitter_limits_each_message_not_their_sum() -> None:
    assert MessageSplitter(limit_bytes=3).feed(b"abc\nabc\nabc\nabc") == [b"abc"] * 3


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ('{"type":"truncate_model"}', TruncateModel()),
        ('{"type":"truncate_model","more":1}\r', TruncateModel()),
        ('{"type":"model_update"}', ModelUpdate()),
        ('{"type":"update_model","insert":{"queue":null}}', ModelUpdate(insert={"queue": None})),
        ('{"type":"model_update","insert":null,"update":[],"delete":{"queue":[]}}', ModelUpdate(delete={"queue": []})),
        ('{"type":"authenticate_response","success":true}', AuthenticateResponse(True, "")),
        ('{"type":"authenticate_response","success":1,"reason":null}', AuthenticateResponse(True, "")),
        ('{"type":"authenticate_response","success":"0","reason":"no"}', AuthenticateResponse(False, "no")),
        ('{"type":"authenticate_response"}', AuthenticateResponse(False, "")),
        ('{"type":"authenticate_response","reason":"a\\u0000b"}', AuthenticateResponse(False, "a\ufffdb")),
        ('{"type":"subscribe_response","success":true,"timestamp":1700000000}', SubscribeResponse(True, "", 1.7e9)),
        ('{"type":"subscribe_response","success":"true","timestamp":"1.5"}', SubscribeResponse(True, "", 1.5)),
        ('{"type":"subscribe_response","success":true,"timestamp":"nan"}', SubscribeResponse(True, "", None)),
        ('{"type":"subscribe_response","success":true,"timestamp":-1}', SubscribeResponse(True, "", None)),
        ('{"type":"subscribe_response","success":true,"timestamp":1e300}', SubscribeResponse(True, "", None)),
        ('{"type":"session_event"}', UnknownMessage("session_event")),
        ('{"type":["model_update"]}', UnknownMessage("")),
        ('{"type":7}', UnknownMessage("")),
        ("{}", UnknownMessage("")),
        (f'{{"type":"{"x" * 500}"}}', UnknownMessage("x" * NAME_LIMIT)),
        ('{"type":' + "[" * 1000 + "]" * 1000 + "}", UnknownMessage("")),
    ],
)  # fmt: skip
def test_legal_messages_decode(raw: str, message: object) -> None:
    assert decode_message(raw.encode()) == message


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense",
        b"{",
        b'{"type":"model_update",}',
        b'{"type":"model_update"}}',
        b"\xef\xbb\xbf{}",
        b'{"type":"\xff"}',
        b'{"type":"\xed\xa0\x80"}',
        b'{"type":"\xc3',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"a":"\x00"}',
        b"[" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[]",
        b"null",
        b'"model_update"',
        b"7",
        b'{"type":"model_update","insert":7}',
        b'{"type":"model_update","update":["queue"]}',
        b'{"type":"model_update","delete":"queue"}',
    ],
)
def test_illegal_messages_are_refused_without_their_content(raw: bytes) -> None:
    with pytest.raises(IllegalMessage) as refusal:
        decode_message(raw)
    assert str(refusal.value).isascii() and len(str(refusal.value)) < 80


def test_encoded_message_ends_with_one_newline() -> None:
    assert encode_message({"type": "subscribe", "tables": "all"}) == b'{"type":"subscribe","tables":"all"}\n'


@pytest.mark.parametrize(
    ("table", "wire_name", "value", "name", "meaning"),
    [
        ("queue", "name", "Süd", "name", "Süd"),
        ("queue", "name", "", "name", ""),
        ("queue", "name", None, "name", None),
        ("queue", "name", "a\0b", "name", "a\ufffdb"),
        ("queue", "support_team_id", 2, "support_team_id", "2"),
        ("queue", "support_team_id", BIGGEST, "support_team_id", str(BIGGEST)),
        ("queue", "support_team_id", str(BIGGEST), "support_team_id", str(BIGGEST)),
        ("queue", "created_timestamp", 0, "created_at", datetime(1970, 1, 1, tzinfo=UTC)),
        ("queue", "created_timestamp", 1.5, "created_at", datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)),
        ("queue", "created_timestamp", "86400", "created_at", datetime(1970, 1, 2, tzinfo=UTC)),
        ("queue", "created_timestamp", 252771148799, "created_at", datetime(9979, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("support_session", "queue_id", 7, "queue_id", "desk:7"),
        ("support_session", "queue_id", str(BIGGEST), "queue_id", f"desk:{BIGGEST}"),
        ("support_session", "queue_id", None, "queue_id", None),
        ("support_session", "priority", "2", "priority", 2),
        ("support_session", "priority", -(2**63), "priority", -(2**63)),
        ("support_session", "priority", "-5", "priority", -5),
        ("representative", "routing_busy", "1", "routing_busy", True),
        ("representative", "routing_busy", 0, "routing_busy", False),
        ("representative", "routing_busy", "false", "routing_busy", False),
        ("representative", "routing_busy", True, "routing_busy", True),
    ],
)
def test_legal_values_decode(table: str, wire_name: str, value: Any, name: str, meaning: Any) -> None:
    row = decoded_row(table, **{wire_name: value})
    assert row == {name: meaning}
    assert type(row[name]) is type(meaning)


@pytest.mark.parametrize(
    ("table", "wire_name", "value", "name"),
    [
        ("queue", "name", 1.5, "name"),
        ("queue", "name", True, "name"),
        ("queue", "name", ["a"], "name"),
        ("queue", "created_timestamp", -1, "created_at"),
        ("queue", "created_timestamp", 253402128000, "created_at"),
        ("queue", "created_timestamp", "soon", "created_at"),
        ("queue", "created_timestamp", True, "created_at"),
        ("support_session", "queue_id", {"id": 7}, "queue_id"),
        ("support_session", "queue_id", "9" * (ID_LIMIT + 1), "queue_id"),
        ("support_session", "priority", 2**63, "priority"),
        ("support_session", "priority", "high", "priority"),
        ("support_session", "priority", True, "priority"),
        ("representative", "routing_busy", "yes", "routing_busy"),
        ("representative", "routing_busy", 2, "routing_busy"),
    ],
)
def test_odd_values_are_kept_raw_and_counted(table: str, wire_name: str, value: Any, name: str) -> None:
    rows, counts = decoded({table: {"1": {wire_name: value}}})
    assert rows == {table: {"desk:1": {name: None, "extra": {wire_name: value}}}}
    assert counts == {f"odd value in field {f'{table}.{wire_name}'!a}": 1}
    assert encode_rows(rows)[table] == {"1": {wire_name: value}}


@pytest.mark.parametrize("nothing", [None, {}, [], "", 0, False])
def test_empty_tables_in_any_form_are_no_rows(nothing: Any) -> None:
    assert decoded({"queue": nothing, "future_table": nothing}) == ({}, {})
    assert RowDecoder("desk", Oddities()).deleted_keys({"queue": nothing, "future_table": nothing}) == {}


def test_attende_is_attendee() -> None:
    rows, counts = decoded({"attende": {"1": {"connected": "1"}}})
    assert (rows, counts) == ({"attendee": {"desk:1": {"connected": True}}}, {})
    assert RowDecoder("desk", Oddities()).deleted_keys({"attende": [1]}) == {"attendee": ["desk:1"]}


def test_unknown_fields_and_tables_are_kept_and_counted_once_per_name() -> None:
    oddities = Oddities()
    decoder = RowDecoder("desk", oddities)
    for _ in range(3):
        rows = decoder.rows({"queue": {"1": {"colour": [1]}}, "future": {"1": {"a": "\0"}, "2": None, "3": 7}})
    assert rows == {
        "queue": {"desk:1": {"extra": {"colour": [1]}}},
        "unknown_row": {
            "desk:future/1": {"table": "future", "extra": {"a": "\ufffd"}},
            "desk:future/2": {"table": "future"},
            "desk:future/3": {"table": "future"},
        },
    }
    assert oddities.counts == {"unknown field 'queue.colour'": 3, "unknown table 'future'": 3}
    assert oddities.take_unseen() == ["unknown field 'queue.colour'", "unknown table 'future'"]
    assert oddities.take_unseen() == []
    assert decoder.deleted_keys({"future": [1, "2"]}) == {"unknown_row": ["desk:future/1", "desk:future/2"]}


def test_unknown_table_with_nul_in_its_name_is_deleted_as_it_was_kept() -> None:
    decoder = RowDecoder("desk", Oddities())
    rows = decoder.rows({"fut\0ure": {"1": {}}})
    assert list(rows["unknown_row"]) == decoder.deleted_keys({"fut\0ure": [1]})["unknown_row"]


@pytest.mark.parametrize("wire_id", ["", "9" * (ID_LIMIT + 1)])
def test_rows_without_a_usable_id_are_counted_and_skipped(wire_id: str) -> None:
    rows, counts = decoded({"queue": {wire_id: {"name": "a"}, "1": {"name": "b"}}, "future": {wire_id: {}}})
    assert rows == {"queue": {"desk:1": {"name": "b"}}, "unknown_row": {}}
    assert counts == {"unusable row id": 2, "unknown table 'future'": 1}


@pytest.mark.parametrize("odd", [None, True, 1.5, [], {}, ["1"]])
def test_deletes_without_a_usable_id_are_counted_and_skipped(odd: Any) -> None:
    oddities = Oddities()
    assert RowDecoder("desk", oddities).deleted_keys({"queue": [odd, 7]}) == {"queue": ["desk:7"]}
    assert oddities.counts == {"unusable row id": 1}


@pytest.mark.parametrize(
    ("tables", "label"),
    [
        ({"queue": [{"1": {}}]}, "rows that are no JSON object, table 'queue'"),
        ({"queue": "all"}, "rows that are no JSON object, table 'queue'"),
        ({"queue": {"1": ["name"]}}, "a row that is no JSON object, table 'queue'"),
        ({"queue": {"1": 7}}, "a row that is no JSON object, table 'queue'"),
    ],
)
def test_rows_of_another_shape_are_counted_and_skipped(tables: dict[str, Any], label: str) -> None:
    rows, counts = decoded(tables)
    assert not any(rows.values())
    assert counts == {label: 1}


def test_deletes_of_another_shape_are_counted_and_skipped() -> None:
    oddities = Oddities()
    assert RowDecoder("desk", oddities).deleted_keys({"queue": 7, "presenter": "7"}) == {}
    assert len(oddities.counts) == 2


@pytest.mark.parametrize("number", [1e25, -1e300, 1.2345678901234567e19, float(2**53)])
def test_numbers_too_large_for_json_libraries_are_kept_as_text(number: float) -> None:
    assert decoded_row("queue", colour={"deep": [number]})["extra"] == {"colour": {"deep": [repr(number)]}}


@pytest.mark.parametrize("number", [BIGGEST, -(2**63), 0.1, 5e-324, -0.0, 1e15])
def test_other_numbers_are_kept_as_they_are(number: float) -> None:
    assert decoded_row("queue", colour=number)["extra"] == {"colour": number}


def nested(depth: int) -> Any:
    """Return lists within lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [NESTING_LIMIT + 1, 1000])
@pytest.mark.parametrize(
    ("table", "field", "counts"),
    [
        ("queue", "colour", {"unknown field 'queue.colour'": 1, "too deep a value in field 'queue.colour'": 1}),
        ("queue", "name", {"odd value in field 'queue.name'": 1, "too deep a value in field 'queue.name'": 1}),
        ("future", "a", {"unknown table 'future'": 1, "too deep a value in field 'future.a'": 1}),
    ],
)
def test_a_value_nested_too_deep_is_left_out_and_counted(
    depth: int, table: str, field: str, counts: dict[str, int]
) -> None:
    rows, found = decoded({table: {"1": {field: nested(depth), "b": 1}}})
    ((row,),) = (held.values() for held in rows.values())
    assert row["extra"] == {field: LEFT_OUT, "b": 1}
    assert found == counts | ({"unknown field 'queue.b'": 1} if table == "queue" else {})


def test_a_value_as_deep_as_may_be_is_kept() -> None:
    assert decoded_row("queue", colour=nested(NESTING_LIMIT))["extra"]["colour"] == nested(NESTING_LIMIT)


def test_a_copy_with_a_value_nested_too_deep_may_come_again_and_change() -> None:
    decoder = RowDecoder("desk", Oddities())
    told: list[Any] = [{"colour": nested(1000), "name": name} for name in ("a", "a", "b")]
    named = []
    for row in [*told, None]:
        decoder.begin_copy()
        named.append(decoder.rows({"queue": {"1": row}}, are_whole=True)["queue"]["desk:1"].get("name"))
        decoder.end_copy()
    assert named == ["a", "a", "b", None]


def test_a_deleted_id_nested_deep_is_counted_and_skipped() -> None:
    oddities = Oddities()
    assert RowDecoder("desk", oddities).deleted_keys({"queue": [nested(1000), 7]}) == {"queue": ["desk:7"]}
    assert oddities.counts == {"unusable row id": 1}


def test_oddities_stay_bounded_and_ascii() -> None:
    oddities = Oddities()
    for number in range(10_000):
        oddities.note("unknown field", f"ü\0{number}" + "x" * 1000)
    assert len(oddities.counts) == ODDITY_LIMIT + 1
    assert oddities.counts["further oddities"] == 10_000 - ODDITY_LIMIT
    assert all(len(label) < 700 and label.isascii() and label.isprintable() for label in oddities.take_unseen())


def test_dump_names_every_documented_table_and_writes_ids_as_text() -> None:
    rows, _ = decoded({"support_session": {str(BIGGEST): {"queue_id": 7, "created_timestamp": "1.5", "lsid": None}}})
    dump = encode_rows(rows)
    assert len(dump) == 11
    assert dump["support_session"] == {str(BIGGEST): {"queue_id": "7", "created_timestamp": 1.5, "lsid": None}}
    assert orjson.loads(orjson.dumps(dump)) == dump
