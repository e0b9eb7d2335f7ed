"""A listed session as it is stored: bounded, clean, with a digest that changes exactly when something was told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.vendors.base import Listed
from dashboard.vendors.rows import ID_LIMIT, RAW_LIMIT_BYTES, TEXT_LIMIT, stored_form
from realtime.models import VendorSession
from realtime.schema import POLLED_TABLES, Kind
from realtime.vendor_session import Kind as SessionKind
from realtime.vendor_session import State

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LISTED = Listed(
    external_id="a-1",
    kind=SessionKind.VOICE,
    state=State.ACTIVE,
    raw={"id": "a-1", "from": "+15550100"},
    created_at=AT,
    customer="Pat Doe",
    duration_seconds=12,
)


def test_row_holds_what_was_told_and_nothing_else() -> None:
    stored = stored_form("phones", "evovoice", LISTED)
    assert stored.key == "phones:a-1"
    assert stored.raw == LISTED.raw
    digest = stored.fields.pop("digest")
    assert len(digest) == 24
    assert stored.fields == {
        "vendor": "evovoice",
        "external_id": "a-1",
        "kind": "voice",
        "state": "active",
        "time_basis": "exact",
        "created_at": AT,
        "customer": "Pat Doe",
        "duration_seconds": 12,
    }


@pytest.mark.parametrize(
    "other",
    [{"state": State.ENDED}, {"customer": "Pat"}, {"raw": {"id": "a-1"}}, {"created_at": None}, {"subject": "Printer"}],
)
def test_digest_changes_with_whatever_is_told(other: dict[str, Any]) -> None:
    digest = stored_form("phones", "evovoice", LISTED).fields["digest"]
    assert stored_form("phones", "evovoice", replace(LISTED)).fields["digest"] == digest
    assert stored_form("phones", "evovoice", replace(LISTED, **other)).fields["digest"] != digest


def test_order_of_raw_members_does_not_matter() -> None:
    turned = replace(LISTED, raw=dict(reversed(list(LISTED.raw.items()))))
    assert stored_form("s", "v", turned).fields["digest"] == stored_form("s", "v", LISTED).fields["digest"]


@pytest.mark.parametrize("external_id", ["x" * (ID_LIMIT + 1), "a\nb", "a\0b", "\ud800"])
def test_identity_that_fits_no_key_is_hashed(external_id: str) -> None:
    stored = stored_form("s", "v", replace(LISTED, external_id=external_id))
    assert stored.fields["external_id"] != external_id
    assert len(stored.key) < 60
    other = stored_form("s", "v", replace(LISTED, external_id=external_id + "2"))
    assert other.key != stored.key


def test_raw_that_is_too_large_or_too_deep_says_so() -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"in": deep}
    for raw in ({"notes": "x" * RAW_LIMIT_BYTES}, deep):
        assert set(stored_form("s", "v", replace(LISTED, raw=raw)).raw) == {"left out"}


def test_times_and_numbers_out_of_reach_are_left_out() -> None:
    odd = replace(LISTED, created_at=datetime(1, 1, 1, tzinfo=UTC), duration_seconds=-5)
    assert not {"created_at", "duration_seconds"} & stored_form("s", "v", odd).fields.keys()


def test_line_is_cleaned_of_what_steers_a_terminal_or_turns_the_text_round() -> None:
    odd = stored_form("s", "v", replace(LISTED, customer="a\x1b[31m \u202e b\n\tc\0d", subject="श्री\u200cमान"))
    assert (odd.fields["customer"], odd.fields["subject"]) == ("a[31m b cd", "श्री\u200cमान")


@given(st.text(), st.text(), st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists)))
def test_anything_a_vendor_says_can_be_stored(external_id: str, text: str, raw: dict[str, Any]) -> None:
    stored = stored_form(
        "s", "v", replace(LISTED, external_id=external_id or "0", customer=text, subject=text, raw=raw)
    )
    orjson.dumps([stored.fields, stored.raw])
    assert len(stored.fields.get("customer", "")) <= TEXT_LIMIT
    assert "\0" not in repr(stored.raw)


def test_declared_fields_are_those_that_are_stored() -> None:
    declared = {one.name for one in POLLED_TABLES["vendor_session"].fields}
    whole = replace(
        LISTED,
        scheduled_at=AT,
        started_at=AT,
        joined_at=AT,
        ended_at=AT,
        technician="T",
        technician_email="t@example.com",
        organisation="O",
        queue_name="Q",
        subject="S",
        url="https://example.com/1",
    )
    assert stored_form("s", "v", whole).fields.keys() == declared
    times = {one.name for one in POLLED_TABLES["vendor_session"].fields if one.kind is Kind.TIMESTAMP}
    assert times == {"created_at", "scheduled_at", "started_at", "joined_at", "ended_at"}
    assert {one.attname for one in VendorSession._meta.concrete_fields} - {"key", "source", "extra"} == declared
