"""What grows is drawn from a run's JSON, and said in words."""

from typing import Any
from xml.etree.ElementTree import tostring

from tests.bench.chart import Curve, draw, read_curves

MACHINE: dict[str, Any] = {"commit": "abc1234", "is_modified": False, "processor": "Z80", "cores": 2, "load": 0.1}


def line(name: str, value: float) -> dict[str, Any]:
    """Return a line of the JSON."""
    return {"name": name, "unit": "ms", "medians": {"ours": value}}


def test_lines_become_curves_by_what_grows() -> None:
    document = {"lines": [line("p99, 10 sockets", 5), line("p99, 1,000 sockets", 9.5), line("first copy, sqlite", 1)]}

    assert read_curves(document) == {"sockets": [Curve("p99", "ms", {10: 5, 1000: 9.5})]}


def test_picture_says_values_and_where_they_were_measured() -> None:
    picture = draw("sockets", [Curve("p99", "ms", {10: 5, 1000: 9.5})], MACHINE)

    assert [text.text for text in picture.iter("text")] == [
        "p99, ms", "5", "10", "9.5", "1,000", "sockets", "measured at commit abc1234, Z80, 2 cores, load before 0.1",
    ]  # fmt: skip
    assert picture.findtext("title") == "Cost by the number of sockets: p99 in ms: 5 at 10, 9.5 at 1,000"
    assert b"prefers-color-scheme: dark" in tostring(picture)
