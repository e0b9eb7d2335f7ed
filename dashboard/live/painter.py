"""From a board's values to HTML: a piece is rendered again only when its value changed.

Pages and pushes take their HTML from here, so both show the same bytes for the same State. Templates return safe
strings; they are put together by templates only, never marked safe by hand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.template.loader import get_template

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
        """Yield each piece once."""
        yield from self.tiles.values()
        for rows in self.lists.values():
            yield from rows


class Painter:
    """Renders the pictures of one view, remembering the HTML of every piece on show."""

    def __init__(self) -> None:
        self.render_count = 0
        self._shown: dict[str, tuple[Piece, str]] = {}

    def render(self, picture: Picture) -> Rendering:
        """Return the picture as fragments."""
        self._shown = {piece.id: self._show(piece) for piece in picture.pieces()}
        fragments = {key: html for key, (_, html) in self._shown.items()}
        return Rendering(fragments, {name: tuple(row.id for row in rows) for name, rows in picture.lists.items()})

    def _show(self, piece: Piece) -> tuple[Piece, str]:
        shown = self._shown.get(piece.id)
        if shown is not None and shown[0] == piece:
            return shown
        self.render_count += 1
        return piece, get_template(piece.template).render(
            {"id": piece.id, "value": piece.value, "options": piece.options}
        )

    def paint(self, picture: Picture) -> str:
        """Return the whole board's HTML of the picture that was rendered last."""
        html = {key: html for key, (_, html) in self._shown.items()}
        tiles = {name: html[piece.id] for name, piece in picture.tiles.items()}
        lists = {name.replace("-", "_"): [html[row.id] for row in rows] for name, rows in picture.lists.items()}
        return get_template(picture.template).render({"tiles": tiles, "lists": lists, "options": picture.options})
