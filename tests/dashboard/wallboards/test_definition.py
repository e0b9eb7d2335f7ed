"""Definitions: the legal ones go out and come back, the others say every mistake with its mend."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.privacy import Privacy, initials, masked
from dashboard.wallboards.definition import Wallboard
from dashboard.wallboards.reading import Wrong, read
from dashboard.wallboards.templates import TEMPLATES
from dashboard.wallboards.writing import dump, from_toml, to_toml
from tests.dashboard.wallboards.drawing import wallboards


@given(wallboards)
def test_a_wallboard_goes_out_and_comes_back(wallboard: Wallboard) -> None:
    assert read(dump(wallboard), "UTC") == wallboard
    assert from_toml(to_toml(wallboard), "UTC") == wallboard


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_are_legal(name: str) -> None:
    wallboard = TEMPLATES[name].wallboard
    assert read(dump(wallboard), "UTC") == wallboard


def test_the_floor_safe_template_does_not_tell_how_many_wait() -> None:
    shown = {tile.kind for page in TEMPLATES["floor"].wallboard.pages for tile in page.tiles}
    figures = {tile.figure for page in TEMPLATES["floor"].wallboard.pages for tile in page.tiles}
    assert not shown & {"queues", "waiting", "combined", "trend"}
    assert not figures & {
        "waiting",
        "longest-wait",
        "past-target",
        "at-risk",
        "within-target",
        "next-pickup",
        "assigned",
    }


def tile(**changes: Any) -> dict[str, Any]:
    return {"kind": "number", "figure": "waiting", "column": 1, "row": 1, "width": 3, "height": 2, **changes}


def board(*tiles: dict[str, Any], **changes: Any) -> dict[str, Any]:
    page = {"name": "Page", "tiles": list(tiles) or [tile()]}
    return {"name": "Wall", "pages": [page], **changes}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "Wallboard: Write a table"),
        ({"pages": []}, "pages: Add a page"),
        (board(name=""), "name: Write something"),
        (board(name="\u202e\u200b"), "name: Write something"),
        (board(name="x" * 61), "name: Shorten it to 60"),
        (board(name=5), "name: Write a text"),
        (board(colour="red"), "colour: This is not known"),
        (board(theme="pink"), "theme: Choose one of light, dark, auto"),
        (board(zone="Europe/Wien"), "zone: Write a time zone"),
        (board(queues=[]), "queues: Choose 1 to 500"),
        (board(queues="all"), "queues: Write a list"),
        (board(queues=["a\0"]), "queues: Write a list"),
        (board(targets={"a\0": 5}), "Targets, a: This is no queue's key"),
        (board(targets={"a": 0}), "Targets, a: Write a whole number from 1 to 86400"),
        (board(night={"begins": "8pm"}), "Night, begins: Write a time of day"),
        (board(announcement={"text": "x", "until": "soon"}), "Announcement, until: Write a day and time"),
        (board(privacy={"customers": "visible"}), "Privacy, customers: Choose one of shown, initialled, hidden"),
        (board(thresholds=[{"figure": "waiting"}]), "Threshold 1: Write from where"),
        (
            board(thresholds=[{"figure": "waiting", "warn": 5, "critical": 2}]),
            "Threshold 1: It becomes critical before",
        ),
        (board(thresholds=[{"figure": "waiting", "warn": 5}] * 2), "Threshold 2: There is one for waiting"),
        (board(tile(width=13)), "Page 1, tile 1, width: Write a whole number from 1 to 12"),
        (board(tile(column=11)), "Page 1, tile 1: It reaches beyond"),
        (board(tile(width=1)), "Page 1, tile 1: Make it at least 2 columns wide"),
        (board(tile(kind="game")), "Page 1, tile 1, kind: Choose one of"),
        (board(tile(), tile(column=3)), "Page 1: Tiles 1 and 2 lie over each other"),
        (
            board(tile(kind="trend", figure="available")),
            "figure: Its past is not known; choose one of longest-wait, waiting",
        ),
        (board(tile(kind="trend", figure=None)), "Page 1, tile 1, figure: Choose one of"),
        (board(tile(figure="happiness")), "Page 1, tile 1, figure: Choose one of"),
        (
            {"name": "Wall", "pages": [{"name": "Page", "seconds": 1, "tiles": [tile()]}]},
            "seconds: Write a whole number",
        ),
        ({"name": "Wall", "pages": [{"name": "Page", "tiles": []}]}, "Page 1: Add a tile"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_to_do(raw: object, said: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read(raw, "UTC")
    assert said in str(wrong.value)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(Wrong) as wrong:
        read(board(tile(width=1), name="", theme="pink"), "UTC")
    assert len(wrong.value.mistakes) == 3


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*sorted(board()), "night", "queues", "targets", "thresholds"]), anything))
def test_whatever_comes_is_read_or_refused(raw: dict[str, Any]) -> None:
    try:
        wallboard = read(raw, "UTC")
    except Wrong as wrong:
        assert wrong.mistakes
    else:
        assert read(dump(wallboard), "UTC") == wallboard


@given(st.text(max_size=200))
def test_whatever_file_comes_is_read_or_refused(text: str) -> None:
    with pytest.raises(Wrong):
        from_toml(text, "UTC")


def test_a_file_nested_without_end_is_refused() -> None:
    with pytest.raises(Wrong, match=r"nested too deeply|not TOML"):
        from_toml("a = " + "[" * 50_000, "UTC")


@pytest.mark.parametrize(
    "text", ["a." * 3000 + "b = 1", "[" + "a . " * 3000 + "b]", "x = {" + '"\u2028".' * 3000 + "b = 1}"]
)
def test_a_file_with_an_endless_key_is_refused_unread(text: str) -> None:
    with pytest.raises(Wrong, match="more than 200 dots"):
        from_toml(text, "UTC")


def test_a_file_with_an_endless_number_is_refused() -> None:
    with pytest.raises(Wrong, match="not TOML"):
        from_toml("minimum_cases = " + "9" * 5000, "UTC")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Anna Müller", "A. M."),
        ("anna", "A."),
        ("山田 太郎", "山. 太."),
        ("محمد علي", "م. ع."),
        ("नमस्ते दुनिया", "न. दु."),
        ("e\u0301mile zola", "É. Z."),
        ("(Dr.) Vera von der Au", "D. V. A."),
        ("ßen", "ß."),
        ("\u202eannA", "A."),
        ("🙂 …", ""),
        ("", ""),
    ],
)
def test_initials_of_any_script(name: str, short: str) -> None:
    assert initials(name) == short


@given(st.text(min_size=3, max_size=30))
def test_masking_leaves_no_more_than_it_says(name: str) -> None:
    assert masked(name, Privacy.SHOWN) == name
    assert masked(name, Privacy.HIDDEN) == ""
    assert all(len(part) <= 6 for part in masked(name, Privacy.INITIALLED).split())
    assert len(masked(name, Privacy.INITIALLED).split()) <= 3
