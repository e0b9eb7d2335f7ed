"""The style sheets, the sprite and the templates hold nothing that nobody uses."""

import re
from functools import cache
from pathlib import Path

from tests.services.process import ROOT

BEGINNING = re.compile(r".*--|[a-z]+(?=\d+$)")  # of a class that a value completes: `state--{{ level }}`, `wc{column}`


@cache
def text_of(folder: str, pattern: str) -> str:
    """Return all files of a folder as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path(ROOT / folder).rglob(pattern)))


@cache
def markup() -> str:
    """Return what writes HTML."""
    return text_of("templates", "*.[hj]*") + text_of("static/js", "*.js") + text_of("dashboard", "*.py")


def style() -> str:
    """Return the style sheets without comments and texts."""
    return re.sub(r'/\*.*?\*/|"[^"]*"', "", text_of("static/css", "*.css"), flags=re.DOTALL)


@cache
def written() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of the markup, and those that a value completes."""
    return frozenset(re.findall(r"[\w-]+", markup())), frozenset(re.findall(r"([\w-]+)[{$]", markup()))


def is_written(name: str) -> bool:
    """Whether a class stands in the markup, whole or as a beginning."""
    words, beginnings = written()
    beginning = BEGINNING.match(name)
    return name in words or (beginning is not None and beginning[0] in beginnings)


def test_every_class_of_the_style_sheets_is_written_somewhere() -> None:
    classes = set(re.findall(r"\.([a-zA-Z_][\w-]*)", style()))

    assert len(classes) > 400
    assert sorted(name for name in classes if not is_written(name)) == []


def test_nothing_plays_by_itself() -> (
    None
):  # axe's rule about it needs a second a page (tests/services/accessibility.py)
    assert re.findall(r"\sautoplay\b|<audio|<video|new Audio\(", markup()) == []


def test_every_custom_property_is_used() -> None:
    declared = set(re.findall(r"(--[\w-]+):", re.sub(r"\.[\w-]+", "", style())))

    assert {name for name in declared if f"var({name})" not in style()} == set()


def test_every_symbol_of_the_sprite_is_used() -> None:
    sprite = (ROOT / "templates" / "parts" / "_sprite.html").read_text(encoding="utf-8")
    symbols = re.findall(r'<symbol id="[gi]-([\w-]+)"', sprite)

    assert len(symbols) > 40
    assert [name for name in symbols if not re.search(rf'#[gi]-{name}"|"{name}"', markup())] == []
