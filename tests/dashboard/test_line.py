"""Names and other short texts, whoever typed them: one line, and nothing in it that nobody sees."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.line import clean_line, cut_line, is_visible


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  Night\r\n shift\x07 ", "Night shift"),
        ("e\u0301", "\u00e9"),
        ("\u202eevil\u2066", "evil"),
        ("a\u200bb\ufeff", "ab"),
        ("a\ue000b\ud800c\0", "abc"),
        ("श्री\u200cमान", "श्री\u200cमान"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\u2028b\u00a0c", "a b c"),
    ],
)
def test_a_line_holds_what_people_see(typed: str, line: str) -> None:
    assert clean_line(typed) == line


@given(st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    line = clean_line(text)

    assert clean_line(line) == line
    assert {unicodedata.category(sign) for sign in line} & {"Cc", "Cs", "Co", "Zl", "Zp"} == set()
    assert len(cut_line(text, 5)) <= 5


@pytest.mark.parametrize(("line", "is_seen"), [("", False), ("\u200d", False), ("\u200d.", True), ("山", True)])
def test_a_line_of_joiners_shows_nothing(line: str, is_seen: bool) -> None:
    assert is_visible(line) is is_seen
