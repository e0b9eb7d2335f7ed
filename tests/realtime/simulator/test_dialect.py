"""Every freedom of the protocol is really taken, and costs nothing: what is read equals what was meant."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.schema import TABLES
from realtime.simulator.center import Center
from realtime.simulator.dialect import Dialect, Freedom, is_whole, read_freedoms
from realtime.simulator.ledger import IdMode
from realtime.simulator.options import Options
from realtime.simulator.server import Simulator
from tests.realtime.simulator.integration import Integration, Reader, assert_mirrors, subscribed, without_nulls

Message = dict[str, Any]
Witness = Callable[[Integration], bool]

BUSY = Options(reps=12, sessions=30, rate=400.0, speed=20.0, rows_per_message=40)


def parts(integration: Integration, *names: str) -> list[Message]:
    """All parts of these names: wire table -> rows or ids."""
    found = [message.get(name) for message in integration.messages for name in names or ("insert", "update")]
    return [part for part in found if part is not None]


def rows(integration: Integration, table: str, *names: str) -> list[dict[str, Any]]:
    """All rows sent for a table."""
    return [row for part in parts(integration, *names) for row in (part.get(table) or {}).values()]


def any_value(table: str, field: str, wanted: Callable[[Any], bool]) -> Witness:
    """Find a value of a field."""
    return lambda seen: any(field in row and wanted(row[field]) for row in rows(seen, table))


def as_bytes(frame: bytes | str) -> bytes:
    """Return a frame as it crossed the wire."""
    return frame.encode() if isinstance(frame, str) else frame


def is_digit_flag(value: object) -> bool:
    """1 or 0 but not true or false."""
    return type(value) is int


def updates_before_inserts(seen: Integration) -> bool:
    """A row of unknown id is updated and inserted later."""
    known: set[str] = set()
    early: set[str] = set()
    for message in seen.messages:
        inserted = {row_id for table in (message.get("insert") or {}).values() for row_id in table or {}}
        if inserted & early:
            return True
        known |= inserted
        early |= {row_id for table in (message.get("update") or {}).values() for row_id in table or {}} - known
    return False


def refers_ahead(seen: Integration) -> bool:
    """A row refers to one that was not sent yet."""
    known: set[str] = set()
    for part in parts(seen, "insert"):
        known |= {row_id for table in part.values() for row_id in table or {}}
        for table, declared in TABLES.items():
            names = [reference.wire_name for reference in declared.references]
            targets = [row[name] for row in (part.get(table) or {}).values() for name in names if name in row]
            if not known.issuperset(targets):
                return True
    return False


def repeats_inserts(seen: Integration) -> bool:
    """A row is inserted twice."""
    ids = [row_id for part in parts(seen, "insert") for table in part.values() for row_id in table or {}]
    return len(ids) > len(set(ids))


def deletes_unknown(seen: Integration) -> bool:
    """An id is deleted that never was."""
    return any("77" in map(str, row_ids or ()) for part in parts(seen, "delete") for row_ids in part.values())


def lists_some_fields(seen: Integration) -> bool:
    """A row of a session lacks its lsid."""
    return any("lsid" not in row for row in rows(seen, "support_session"))


def copies_in_one_message(seen: Integration) -> bool:
    """A single message holds more tables and rows than a chunk."""
    return any(sum(len(table or ()) for table in part.values()) > BUSY.rows_per_message for part in parts(seen))


def copies_as_updates(seen: Integration) -> bool:
    """The first rows to arrive are an update."""
    first = next((message for message in seen.messages if message.keys() & {"insert", "update"}), {})
    return bool(first.get("update")) and not first.get("insert")


def table_values(seen: Integration) -> list[Any]:
    """What stands under table names."""
    return [rows for part in parts(seen, "insert", "update", "delete") for rows in part.values()]


WITNESSES: dict[Freedom, Witness] = {
    Freedom.SPLIT: lambda seen: not all(as_bytes(frame).endswith(b"\n") for frame in seen.frames),
    Freedom.MERGE: lambda seen: any(as_bytes(frame).count(b"\n") > 1 for frame in seen.frames),
    Freedom.TEXT_FRAMES: lambda seen: any(isinstance(frame, str) for frame in seen.frames),
    Freedom.NUMBER_IDS: any_value("support_session", "queue_id", lambda value: isinstance(value, int)),
    Freedom.TEXT_IDS: any_value("representative", "user_id", lambda value: isinstance(value, str)),
    Freedom.TEXT_NUMBERS: any_value("support_session", "created_timestamp", lambda value: isinstance(value, str)),
    Freedom.WORD_FLAGS: any_value("representative", "routing_idle", lambda value: isinstance(value, bool)),
    Freedom.TEXT_FLAGS: any_value("representative", "routing_idle", lambda value: isinstance(value, str)),
    Freedom.NULL_TABLES: lambda seen: (
        None in table_values(seen) and any(m.get("delete", 0) is None for m in seen.messages)
    ),
    Freedom.EMPTY_TABLES: lambda seen: {} in table_values(seen),
    Freedom.NULL_FIELDS: lambda seen: any(None in row.values() for row in rows(seen, "support_session")),
    Freedom.PARTIAL_ROWS: lists_some_fields,
    Freedom.UPDATE_BEFORE_INSERT: updates_before_inserts,
    Freedom.UNKNOWN_DELETES: deletes_unknown,
    Freedom.FK_ORDER: refers_ahead,
    Freedom.ATTENDE: lambda seen: any("attende" in part for part in parts(seen)),
    Freedom.UPDATE_MODEL: lambda seen: "update_model" in seen.kinds(),
    Freedom.UNKNOWN_TABLES: lambda seen: any(part.keys() - TABLES.keys() - {"attende"} for part in parts(seen)),
    Freedom.UNKNOWN_FIELDS: lambda seen: any("x_future_field" in row for row in rows(seen, "queue")),
    Freedom.UNKNOWN_TYPES: lambda seen: "model_weather" in seen.kinds(),
    Freedom.ONE_MESSAGE_COPY: copies_in_one_message,
    Freedom.COPY_AS_UPDATES: copies_as_updates,
    Freedom.DUPLICATE_INSERTS: repeats_inserts,
}


@pytest.mark.parametrize("freedom", WITNESSES)
async def test_a_freedom_is_taken_and_means_the_same(freedom: Freedom) -> None:
    async with (
        Simulator(replace(BUSY, freedoms=frozenset({freedom}))) as simulator,
        subscribed(simulator) as integration,
    ):
        await integration.until(lambda: WITNESSES[freedom](integration))
        await assert_mirrors(integration, simulator)


async def test_without_a_freedom_none_is_taken() -> None:
    async with Simulator(BUSY) as simulator, subscribed(simulator) as integration:
        await integration.until(lambda: len(integration.messages) > 60)
        await assert_mirrors(integration, simulator)

        assert [freedom for freedom, witness in WITNESSES.items() if witness(integration)] == []
        assert any_value("representative", "routing_idle", is_digit_flag)(integration)


@pytest.mark.parametrize("seed", range(4))
async def test_all_freedoms_at_once_mean_the_same(seed: int) -> None:
    chosen = frozenset(Freedom) - {Freedom.ECHO_DECODED}
    async with (
        Simulator(replace(BUSY, seed=seed, freedoms=chosen)) as simulator,
        subscribed(simulator) as integration,
    ):
        await integration.until(lambda: len(integration.messages) > 150)
        await assert_mirrors(integration, simulator)


async def test_freedoms_change_while_connected() -> None:
    async with Simulator(BUSY) as simulator, subscribed(simulator) as integration:
        await integration.until(lambda: bool(integration.tables["queue"]))
        simulator.set_freedoms(read_freedoms(["word_flags", "update_model"]))
        await integration.until(lambda: "update_model" in integration.kinds())
        await assert_mirrors(integration, simulator)


@pytest.mark.parametrize(
    ("freedom", "echo"),
    [(None, "ingredi%20state%20api"), (Freedom.ECHO_DECODED, "ingredi state api"), (Freedom.ECHO_NONE, None)],
)
async def test_the_sub_protocol_is_answered_as_the_freedom_says(freedom: Freedom | None, echo: str | None) -> None:
    freedoms = frozenset({freedom}) if freedom else frozenset[Freedom]()
    async with Simulator(Options(sessions=0, reps=0, freedoms=freedoms)) as simulator:
        answer = await shake_hands(simulator, "ingredi%20state%20api")

    assert answer.get("sec-websocket-protocol") == echo


async def shake_hands(simulator: Simulator, protocol: str) -> dict[str, str]:
    """Upgrade by hand and return the answer's headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", simulator.port)
    request = (
        f"GET /nw HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    )
    writer.write(request.encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    await writer.wait_closed()
    lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines if name}


@settings(max_examples=60, deadline=None)
@given(st.frozensets(st.sampled_from(Freedom)), st.integers(0, 2**32), st.sampled_from(IdMode))
def test_any_mix_of_freedoms_means_the_same(freedoms: frozenset[Freedom], seed: int, ids: IdMode) -> None:
    center = Center(seed, 1_780_000_000.0, reps=6, sessions=8, rate=0.2, ids=ids)
    dialect, reader = Dialect(freedoms, seed=seed), Reader()
    written = list(dialect.copy(center.tables, rows_per_message=30))
    for update in center.advance(center.now + 900):
        written += dialect.messages(update)
    for frame in dialect.frames(written):
        reader.take(frame)

    assert without_nulls(reader.tables) == center.tables


def test_all_stands_for_every_freedom() -> None:
    assert read_freedoms(["split", "all"]) == frozenset(Freedom)
    assert set(WITNESSES) == set(Freedom) - {Freedom.DIGIT_FLAGS, Freedom.ECHO_DECODED, Freedom.ECHO_NONE}


def test_a_split_falls_inside_characters_too() -> None:
    message = "名前é👩🏽‍💻".encode() + b"\n"
    cuts = [Dialect(frozenset({Freedom.SPLIT}), seed=seed).frames([message]) for seed in range(50)]

    assert all(b"".join(map(as_bytes, frames)) == message for frames in cuts)
    assert any(not is_whole(as_bytes(frames[0])) for frames in cuts)
    texts = Dialect(frozenset({Freedom.SPLIT, Freedom.TEXT_FRAMES}), seed=3).frames([message])
    assert "".join(map(str, texts)) == message.decode()
