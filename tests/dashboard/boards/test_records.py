"""What vendors said, made fit to be shown: bounded, links only where they are safe, nothing hidden."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.records import FACT_LIMIT, LINE_LIMIT, TEXT_LIMIT, detail_parts, record_parts, safe_link

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=600),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)
MEMBERS = st.sampled_from(["log", "members", "attendees", "sessionDataDownloadUrl", "notes", "COMPUTER_NAME", "x"])


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        (" https://example.com/ ", "https://example.com/"),
        ("http://example.com/", ""),
        ("javascript:alert(1)", ""),
        ("JaVaScRiPt:alert(1)//https://x", ""),
        ("https:///nowhere", ""),
        ("https://user:word@example.com/", ""),
        ("https://exam\u202eple.com/", ""),
        ("//example.com", ""),
        ("https://[", ""),
        ("data:text/html,<script>", ""),
        ("https://example.com/" + "x" * 3000, ""),
    ],
)
def test_only_https_to_a_host_is_a_link(text: str, link: str) -> None:
    assert safe_link(text) == link


def test_seeit_s_links_have_their_expiry() -> None:
    raw = {
        "sessionDataStatus": "AVAILABLE",
        "sessionDataDownloadUrl": "https://example.test/x.zip",
        "sessionDataDownloadUrlExpiration": 1_767_225_600_000,
        "startUrl": "javascript:alert(1)",
        "sessionRecorded": False,
        "novel": {"deep": [1, 2]},
    }
    first, rest = record_parts("seeit", raw)
    facts = {fact.name: fact for fact in first.facts}

    assert facts["Download"].link == "https://example.test/x.zip"
    assert facts["Download until"].at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (facts["Start link"].link, facts["Start link"].text) == ("", "javascript:alert(1)")
    assert facts["Recorded"].text == "no"
    assert [(fact.name, fact.text) for fact in rest.facts] == [("novel.deep 1", "1"), ("novel.deep 2", "2")]
    assert rest.is_rest


def test_evovoice_s_log_and_members_are_tables() -> None:
    details = {
        "log": [{"date": "2026-01-02T03:04:05.0000000Z", "message": "Ringing"}],
        "members": [{"displayName": "Pat", "role": "Agent", "muted": False}],
    }
    log, members = detail_parts("evovoice", details)

    assert (log.title, log.heads, log.lines) == ("Log", ("When", "What"), (("2026-01-02 03:04:05 UTC", "Ringing"),))
    assert (members.heads, members.lines) == (("Name", "Role", "Muted"), (("Pat", "Agent", "no"),))


def test_an_empty_attendance_is_said() -> None:
    (part,) = detail_parts("gototraining", {"attendees": []})

    assert (part.title, part.lines, part.facts) == ("Attendance", (), ())


def test_take_control_s_members_are_known_in_either_case() -> None:
    (lower,) = record_parts("takecontrol", {"computer_name": "VM9"})
    (upper,) = record_parts("takecontrol", {"COMPUTER_NAME": "VM9"})

    assert lower == upper
    assert lower.facts[0].name == "Computer"


def test_long_tables_and_records_say_what_they_leave_out() -> None:
    (table,) = detail_parts("evovoice", {"log": [{"message": str(number)} for number in range(LINE_LIMIT + 3)]})
    (record,) = record_parts("novel", {f"m{number}": number for number in range(FACT_LIMIT + 5)})

    assert (len(table.lines), table.left_out) == (LINE_LIMIT, 3)
    assert (len(record.facts), record.left_out) == (FACT_LIMIT, 5)


@given(st.sampled_from(["seeit", "evovoice", "novel"]), st.dictionaries(MEMBERS, json_values, max_size=5))
def test_whatever_a_vendor_says_is_bounded(vendor: str, raw: dict[str, Any]) -> None:
    for part in (*record_parts(vendor, raw), *detail_parts(vendor, raw)):
        assert len(part.facts) <= FACT_LIMIT
        assert len(part.lines) <= LINE_LIMIT
        texts = [fact.text for fact in part.facts] + [text for line in part.lines for text in line]
        assert all(len(text) <= TEXT_LIMIT + 1 for text in texts)
        assert all(len(line) == len(part.heads) for line in part.lines)
        assert all(not fact.link or fact.link.startswith("https://") for fact in part.facts)
