"""`manage.py dumpstate`: the mirrored tables in the appliance's own shape."""

import json

import pytest
from django.core.management import CommandError, call_command

from realtime import store
from realtime.change import Change
from realtime.rows import Oddities, RowDecoder

pytestmark = pytest.mark.usefixtures("each_database")

WIRE = {
    "queue": {"18446744073709551615": {"name": "Süd 😀", "type": None, "colour": {"a": [1]}}},
    "support_session": {"1": {"queue_id": 18446744073709551615, "created_timestamp": 1700000000, "priority": "high"}},
    "future_table": {"7": {"table": 1, "a": None}},
}


def mirror(source: str) -> None:
    """Store the rows under a source's name."""
    lease = store.acquire_lease(source, "test")
    assert lease is not None
    store.commit(lease, Change(source, inserts=RowDecoder(source, Oddities()).rows(WIRE)), "e1")


def dumped(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, dict[str, object]]]:
    """Return what the command prints."""
    call_command("dumpstate", *arguments)
    printed: dict[str, dict[str, dict[str, object]]] = json.loads(capsys.readouterr().out)
    return printed


def test_dumpstate_prints_the_appliances_own_shape(capsys: pytest.CaptureFixture[str]) -> None:
    mirror("desk")
    tables = dumped(capsys)
    assert len(tables) == 12
    assert {name: rows for name, rows in tables.items() if rows} == WIRE | {
        "support_session": {
            "1": {"queue_id": "18446744073709551615", "created_timestamp": 1700000000, "priority": "high"}
        },
    }


def test_dumpstate_of_one_of_several_sources(capsys: pytest.CaptureFixture[str]) -> None:
    mirror("desk")
    mirror("field")
    with pytest.raises(CommandError, match=r"^say which source with --source NAME. Mirrored: desk, field\.$"):
        dumped(capsys)
    assert dumped(capsys, "--source", "field")["future_table"] == WIRE["future_table"]
    with pytest.raises(CommandError, match=r'^there is no mirrored source "none". Mirrored: desk, field\.$'):
        dumped(capsys, "--source", "none")


def test_dumpstate_without_sources_says_what_to_start() -> None:
    with pytest.raises(CommandError, match=r"none yet: start manage\.py runmirror"):
        call_command("dumpstate")
