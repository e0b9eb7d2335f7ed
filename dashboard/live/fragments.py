"""What a page shows as keyed pieces of HTML, the difference between two of them, and its bytes. Pure.

A frame reaches the browser as one out-of-band swap of htmx with our own swap style `live` (`static/js/frame.js`).
Each piece travels in a `<template>`, because a bare `<tr>` beside other elements does not survive an HTML parser.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import TypeVar
from urllib.parse import quote

BOARD_ID = "board"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Rendering:
    """One picture of a view.

    `fragments` is DOM id -> the HTML of the element with that id. `lists` is the DOM id of a list's element -> the ids
    of its rows, in order; each row is in `fragments` and in one list only. A fragment outside all lists has a fixed
    place in the page: two renderings of one view have the same ones, and the same lists.
    """

    fragments: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """The difference of two renderings. `orders` names the lists whose rows, or their order, changed."""

    changed: Mapping[str, str] = field(default_factory=dict)
    new: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.changed or self.orders)

    @property
    def size(self) -> int:
        """About how many characters it has."""
        return sum(map(len, self.changed.values())) + sum(map(len, self.new.values()))


def difference(old: Rendering, new: Rendering) -> Frame:
    """Return the frame that turns `old` into `new`."""
    before, now = old.fragments, new.fragments
    others = [(key, html) for key, html in now.items() if before.get(key) is not html]  # nearly all are the same object
    changed = {key: html for key, html in others if key in before and before[key] != html}
    added = {key: html for key, html in others if key not in before}
    has_gone = len(before) + len(added) > len(now)
    gone = tuple(key for key in before if key not in now) if has_gone else ()
    orders = {name: rows for name, rows in new.lists.items() if rows != old.lists.get(name)}
    return Frame(changed, added, gone, orders)


def apply(frame: Frame, old: Rendering) -> Rendering:
    """Return the rendering that `frame` makes of `old`: what a browser does with its DOM."""
    gone = frozenset(frame.gone)
    kept = {key: html for key, html in old.fragments.items() if key not in gone}
    return Rendering({**kept, **frame.changed, **frame.new}, {**old.lists, **frame.orders})


def row_id(list_name: str, key: str) -> str:
    """Return the DOM id of a row: the list's name and the row's key, with every sign an id should not hold encoded."""
    return f"{list_name}-{quoted(key)}"


@lru_cache(maxsize=8192)
def quoted(key: str) -> str:
    """Return a key with every sign encoded that ids and addresses should not hold; a row asks for its own twice."""
    return quote(key, safe="")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a socket is in a view's stream: a new epoch means that the numbers start anew.

    `root` is the DOM id of the view's whole: a page can show two views, a list and beside it a drawer. `asks` says
    whether the browser is to acknowledge that it got there.
    """

    epoch: str
    seq: int
    root: str = BOARD_ID
    asks: bool = True


def encode_frame(frame: Frame, place: Place) -> bytes:
    """Return a frame as the browser takes it."""
    parts = [_template("swap", key, html) for key, html in frame.changed.items()]
    parts += [_template("new", key, html) for key, html in frame.new.items()]
    parts += [f'<i data-gone="{escape(key)}"></i>' for key in frame.gone]
    parts += [f'<i data-order="{escape(name)}">{escape(" ".join(rows))}</i>' for name, rows in frame.orders.items()]
    return _envelope("step", place, parts)


def encode_paint(html: str, place: Place) -> bytes:
    """Return the whole board, for a browser that just joined or missed something."""
    return _envelope("paint", place, [_template("swap", place.root, html)])


def _template(kind: str, key: str, html: str) -> str:
    return f'<template data-{kind}="{escape(key)}">{html}</template>'


def _envelope(kind: str, place: Place, parts: Iterable[str]) -> bytes:
    head = (
        f'<div hx-swap-oob="live:#{place.root}"{" data-ack" * place.asks} data-frame="{kind}" '
        f'data-epoch="{place.epoch}" data-seq="{place.seq}">'
    )
    return f"{head}{''.join(parts)}</div>".encode()
