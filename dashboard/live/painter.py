"""From a board's values to HTML: a piece is rendered again only when its value changed.

Pages and pushes take their HTML from here, so both show the same bytes for the same State. Templates escape what they
show; pieces are put together by templates only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import attrgetter

from django.template import engines
from django.template.loader import get_template
from django.utils.safestring import SafeString
from jinja2 import Environment, Template

from dashboard.live.fragments import BOARD_ID, Rendering


@dataclass(frozen=True, slots=True)
class Piece:
    """One fragment to be: its DOM id, its template, and the value that the template shows as `value`.

    `options` is what else the template needs to know of the view: its query, its columns.
    """

    id: str
    template: str
    value: object
    options: object = None


@dataclass(frozen=True, slots=True)
class Picture:
    """All pieces of a view and the template that places them (its root has the id `root`).

    `tiles` is keyed by the names that the template uses. A list's name is the DOM id of its element; the template
    reaches it with "_" for "-".
    """

    template: str
    tiles: Mapping[str, Piece]
    lists: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    options: object = None
    root: str = BOARD_ID

    def pieces(self) -> Iterator[Piece]:
        """Return each piece once."""
        return chain(self.tiles.values(), *self.lists.values())


class Painter:
    """Renders the pictures of one view, remembering the HTML of every piece on show."""

    def __init__(self) -> None:
        self.render_count = 0
        self._pieces: dict[str, Piece] = {}
        self._html: dict[str, str] = {}

    def render(self, picture: Picture) -> Rendering:
        """Return the picture as fragments. What is the same object as before costs next to nothing: nearly all is."""
        before, self._pieces = self._pieces, {piece.id: piece for piece in picture.pieces()}
        others = [(key, piece) for key, piece in self._pieces.items() if before.get(key) is not piece]
        self._html = self._html | {key: self._show(piece) for key, piece in others if before.get(key) != piece}
        if len(self._html) > len(self._pieces):
            self._html = {key: self._html[key] for key in self._pieces}
        lists = {name: tuple(map(attrgetter("id"), rows)) for name, rows in picture.lists.items()}
        return Rendering(self._html, lists)

    def _show(self, piece: Piece) -> str:
        self.render_count += 1
        return render(piece.template, {"id": piece.id, "value": piece.value, "options": piece.options})

    def paint(self, picture: Picture) -> str:
        """Return the whole board's HTML of the picture that was rendered last."""
        html = self._html
        tiles = {name: html[piece.id] for name, piece in picture.tiles.items()}
        lists = {name.replace("-", "_"): [html[row.id] for row in rows] for name, rows in picture.lists.items()}
        return render(picture.template, {"tiles": tiles, "lists": lists, "options": picture.options})


def render(template: str, context: dict[str, object]) -> SafeString:
    """Return what a template makes: one of `.jinja` is for what lists have hundreds of, one of `.html` for the rest."""
    if template.endswith(".jinja"):
        return SafeString(_list_template(template).render(context))
    return SafeString(get_template(template).render(context))


@cache
def _list_template(name: str) -> Template:
    """Return one of Jinja2's own: to look it up for each row, and Django's wrapper, would cost a third more."""
    environment: Environment = engines["jinja2"].env  # type: ignore[attr-defined]  # what only this engine has
    return environment.get_template(name)
