"""The browsers' independent picture, against what the product's own encoder sends."""

import random

from dashboard.live.fragments import Place, Rendering, difference, encode_frame, encode_paint, row_id
from tests.chaos.clients import Picture


def rendering(chance: random.Random) -> Rendering:
    """Return some sessions in some order."""
    keys = chance.sample(range(8), chance.randrange(9))
    rows = {row_id("sessions", f"desk:{key}"): chance.randrange(3) for key in keys}
    return Rendering({key: f'<tr id="{key}"><td>{text} &lt;b&gt;</td></tr>' for key, text in rows.items()},
                     {"sessions": tuple(rows)})  # fmt: skip


def expected(shown: Rendering) -> dict[str, str]:
    """Return what a browser must show."""
    return {
        key.removeprefix("sessions-desk%3A"): f"{shown.fragments[key].split('<td>')[1][0]} <b>"
        for key in shown.lists["sessions"]
    }


def test_picture_follows_steps() -> None:
    chance = random.Random(3)
    shown, picture = rendering(chance), Picture("sessions")
    board = "".join(shown.fragments[key] for key in shown.lists["sessions"])
    picture.take("paint", encode_paint(f'<tbody id="sessions">{board}</tbody>', Place("e", 1)).decode())
    assert picture.shown == expected(shown)
    for seq in range(2, 100):
        after = rendering(chance)
        picture.take("step", encode_frame(difference(shown, after), Place("e", seq)).decode())
        assert picture.shown == expected(after)
        assert list(picture.shown) == list(expected(after))
        shown = after


def test_marks_are_the_highest() -> None:
    rows = {"sessions-desk%3A1": "chaos-a 9", "sessions-desk%3A2": "chaos-a 10", "sessions-desk%3A3": "chaos-b 2"}
    assert Picture("sessions", rows, list(rows)).marks() == {"a": 10, "b": 2}
