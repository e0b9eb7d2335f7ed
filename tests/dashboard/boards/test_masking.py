"""What those who may not see customers get of rows and details: of every text that a vendor sends, only PUBLIC."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.boards.activities import activity_row
from dashboard.boards.masking import (
    mask_activity,
    mask_presentation,
    mask_queue,
    mask_representative,
    mask_session,
    name_left,
)
from dashboard.boards.moment import Moment
from dashboard.boards.presentations import presentation_row
from dashboard.boards.queues import queue_row
from dashboard.boards.relations import NAMELESS
from dashboard.boards.representatives import representative_row
from dashboard.boards.scope import Scope
from dashboard.boards.sessions import session_row
from dashboard.live.details import DETAILS
from dashboard.live.scoped import ScopedTables
from dashboard.live.tables import Tables
from dashboard.privacy import Privacy
from realtime.change import Change
from realtime.schema import HELD_TABLES, Kind
from realtime.state import State

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
KEY, CALL, CLASS = "desk:1", "desk:call", "desk:class"
PUBLIC = {
    *("queue.name", "known_queue.name", "known_queue.type", "queue_stay.queue_name", "customer_client.client_type"),
    *("customer_client.operating_system", "attendee.operating_system", "representative.private_display_name"),
    *("representative.public_display_name", "representative.username", "representative.skill_code_names"),
    *("representative_queue.role", "support_session.lsid", "support_session.start_method"),
    *("support_session.public_site_name", "support_session_skill.code_name", "vendor_session.vendor"),
    *("vendor_session.external_id", "vendor_session.technician", "vendor_session.technician_email"),
    *("vendor_session.queue_name", "vendor_session.time_basis", "vendor_session.kind"),
}
MEANT: dict[str, dict[str, Any]] = {
    "queue": {"type": "team"},
    "representative": {"queue_id": "desk:own"},
    "vendor_session": {"state": "active"},
}
KINDS = {
    "session": (session_row, mask_session, KEY),
    "representative": (representative_row, mask_representative, KEY),
    "queue": (queue_row, mask_queue, KEY),
    "call": (activity_row, mask_activity, CALL),
    "appliance's session": (activity_row, mask_activity, "desk:support_session/1"),
    "appliance's presentation": (activity_row, mask_activity, "desk:presentation_session/1"),
    "presentation": (presentation_row, mask_presentation, "desk:presentation_session/1"),
    "training": (presentation_row, mask_presentation, CLASS),
}
DETAIL_KEYS = {"vendor-session": (CALL, CLASS)}
HARD = (Privacy.INITIALLED, Privacy.HIDDEN)


def marked(table: str) -> dict[str, Any]:
    """Return a row of a table, every text of it saying what it is, every reference leading to the only row there."""
    row: dict[str, Any] = {}
    for field in HELD_TABLES[table].fields:
        match field.kind:
            case Kind.TEXT:
                row[field.name] = f"~{table}.{field.name}~"
            case Kind.REFERENCE:
                row[field.name] = KEY
            case Kind.FLAG:
                row[field.name] = True
    return row | MEANT.get(table, {})


@pytest.fixture(scope="module")
def moment() -> Moment:
    """One row of every table, and a training beside a call."""
    state = State()
    rows: dict[str, Any] = {table: {KEY: marked(table)} for table in HELD_TABLES}
    call = marked("vendor_session")
    rows["vendor_session"] = {CALL: call, CLASS: call | {"kind": "training"}}
    state.apply(Change("desk", inserts=rows))
    return Moment(state, {}, NOW)


def said(value: object) -> set[str]:
    """Return which texts a value holds, anywhere."""
    return set(re.findall(r"~([a-z_.]+)~", repr(value)))


@pytest.mark.parametrize("privacy", HARD)
@pytest.mark.parametrize("kind", KINDS)
def test_of_a_row_only_what_is_public_is_left(moment: Moment, kind: str, privacy: Privacy) -> None:
    draw, mask, key = KINDS[kind]
    row: Any = draw(moment, key)
    masking: Any = mask

    assert said(row)
    assert said(masking(row, privacy)) == said(row) & PUBLIC


@pytest.mark.parametrize("privacy", HARD)
@pytest.mark.parametrize("kind", DETAILS)
def test_of_a_detail_only_what_is_public_is_left(moment: Moment, kind: str, privacy: Privacy) -> None:
    for key in DETAIL_KEYS.get(kind, (KEY,)):
        whole = DETAILS[kind].draw_for(Scope(), moment, key)

        assert said(whole)
        assert said(DETAILS[kind].draw_for(Scope(customers=privacy), moment, key)) == said(whole) & PUBLIC


def test_shelves_of_everything_without_names_hold_every_row_without_names(moment: Moment) -> None:
    tables = Tables(moment.state)
    tables.refresh(moment)
    masked = ScopedTables(tables, Scope(customers=Privacy.INITIALLED))
    masked.refresh(moment)

    for name in ("combined", "sessions", "representatives", "queues", "presentations"):
        whole, shelf = getattr(tables, name), getattr(masked, name)
        assert shelf.rows.keys() == whole.rows.keys() != set()
        assert said((shelf.rows, shelf.sections, shelf.tally)) <= PUBLIC
        found = [text for row in shelf.rows.values() for text in shelf.spec.search(row)]
        assert said(found) <= PUBLIC


def test_a_name_leaves_initials_a_word_or_that_there_is_none() -> None:
    assert name_left("Ada Byron Lovelace", Privacy.INITIALLED) == "A. B. L."
    assert name_left("Ada", Privacy.HIDDEN) == "(hidden)"
    assert name_left("?!", Privacy.INITIALLED) == "(hidden)"
    assert name_left(NAMELESS, Privacy.HIDDEN) == NAMELESS
