"""Invariant 2 of the design: `apply(difference(a, b), a) == b`."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.live.fragments import Frame, Place, Rendering, apply, difference, encode_frame, encode_paint, row_id

HTML = st.sampled_from(["<p>one</p>", "<p>two</p>", "<p>&lt;img onerror&gt;</p>"])
ROWS = st.lists(st.integers(0, 8), unique=True, max_size=9)


@st.composite
def renderings(draw: st.DrawFn) -> Rendering:
    """Draw a rendering with two tiles and two lists."""
    lists = {name: tuple(row_id(name, str(number)) for number in draw(ROWS)) for name in ("queues", "sessions")}
    ids = ["tile-totals", "tile-head", *(key for rows in lists.values() for key in rows)]
    return Rendering({key: draw(HTML) for key in ids}, lists)


@given(renderings(), renderings())
def test_a_difference_applied_gives_the_new_rendering(old: Rendering, new: Rendering) -> None:
    assert apply(difference(old, new), old) == new


@given(renderings(), renderings())
def test_a_difference_carries_nothing_that_did_not_change(old: Rendering, new: Rendering) -> None:
    frame = difference(old, new)

    assert bool(frame) == (old != new)
    assert not any(old.fragments[key] == html for key, html in frame.changed.items())
    assert set(frame.new).isdisjoint(old.fragments)
    assert set(frame.gone) == set(old.fragments) - set(new.fragments)
    assert all(old.lists[name] != rows for name, rows in frame.orders.items())


def test_a_row_id_holds_nothing_that_breaks_an_id_or_a_list() -> None:
    assert row_id("queues", "help desk:1/ä\"'<") == "queues-help%20desk%3A1%2F%C3%A4%22%27%3C"


def test_a_frame_is_one_element_that_says_its_place() -> None:
    frame = Frame({"a": "<p id=a></p>"}, {"b": "<p id=b></p>"}, ("c",), {"list": ("b", "a")})

    assert encode_frame(frame, Place("e1", 7)).decode() == (
        '<div hx-swap-oob="live:#board" data-ack data-frame="step" data-epoch="e1" data-seq="7">'
        '<template data-swap="a"><p id=a></p></template><template data-new="b"><p id=b></p></template>'
        '<i data-gone="c"></i><i data-order="list">b a</i></div>'
    )


def test_a_paint_carries_the_page_s_own_bytes() -> None:
    html = '<div id="board">é</div>\n'

    assert html.encode() in encode_paint(html, Place("e1", 7))
