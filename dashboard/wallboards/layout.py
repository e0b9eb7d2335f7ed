"""Where things stand on a screen and how much fits, in rem. Pure.

A screen is at least 120 x 67.5 rem, or 67.5 x 120 upright, whatever its pixels (`static/css/wall/screen.css` makes it
so). So what fits into a tile follows from its area alone; the rest is dealt out to parts that take turns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from dashboard.wallboards.definition import COLUMNS, LISTS, Form, Kind, Tile

GAP = 1.125
PARTS = 24  # that a page may have, as `wall/turn.css` lists them; what is beyond them is only counted
SPLIT = (7, 5)  # of the columns, between the two worst queues


@dataclass(frozen=True, slots=True)
class Area:
    """Cells of a grid; columns and rows count from 1."""

    column: int
    row: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A screen's room for tiles, beside head, announcement and foot, and what rows of lists need in it."""

    width: float
    height: float
    row: dict[Kind, float]
    queue_row: float
    card: tuple[float, float] | None  # width and height of queues as cards, where there may be any


LANDSCAPE = Shape(
    116.0,
    47.5,
    {Kind.WAITING: 4.2, Kind.REPRESENTATIVES: 4.6, Kind.COMBINED: 4.2, Kind.TRAININGS: 5.25},
    5.5,
    (26.0, 12.25),
)
UPRIGHT = Shape(
    63.5,
    83.0,
    {Kind.WAITING: 5.0, Kind.REPRESENTATIVES: 4.6, Kind.COMBINED: 5.0, Kind.TRAININGS: 5.25},
    8.5,
    None,
)
HEADING = 4.25  # of a tile with rows, its padding with it
QUEUE_HEADING = 3.5
PERSON_WIDTH = 19.0
PERSON_GAP = 1.5


@dataclass(frozen=True, slots=True)
class Slot:
    """In which parts of its page a row is to be seen, on either shape of screen; None in all of them.

    `span` is a card's width in columns, and `line` the line it stands in.
    """

    wide: tuple[int, ...] | None = None
    tall: tuple[int, ...] | None = None
    span: int = COLUMNS
    line: int = 1


def upright(tiles: Sequence[Tile]) -> tuple[Area, ...]:
    """Return where tiles stand on an upright screen: lists over the whole width, the others side by side."""
    order = sorted(range(len(tiles)), key=lambda place: (tiles[place].row, tiles[place].column))
    lines: list[list[int]] = []
    used = COLUMNS
    for place in order:
        width = _upright_width(tiles[place])
        if used + width > COLUMNS:
            lines.append([])
            used = 0
        lines[-1].append(place)
        used += width
    areas: dict[int, Area] = {}
    row = 1
    for line in lines:
        height = max(tiles[place].height for place in line)
        column = 1
        for place, width in zip(line, _stretched([_upright_width(tiles[place]) for place in line]), strict=True):
            areas[place] = Area(column, row, width, height)
            column += width
        row += height
    return tuple(areas[place] for place in range(len(tiles)))


def _upright_width(tile: Tile) -> int:
    if tile.kind in LISTS or tile.kind in (Kind.STATES, Kind.ANNOUNCEMENT) or tile.width > 6:
        return COLUMNS
    return 4 if tile.width <= 2 else 6


def _stretched(widths: list[int]) -> list[int]:
    """Return widths that fill a line."""
    made = list(widths)
    for step in range(COLUMNS - sum(widths)):
        made[step % len(made)] += 1
    return made


def landscape(tiles: Iterable[Tile]) -> tuple[Area, ...]:
    """Return where tiles stand on a screen that is wider than high."""
    return tuple(Area(tile.column, tile.row, tile.width, tile.height) for tile in tiles)


def room(area: Area, rows: int, shape: Shape) -> tuple[float, float]:
    """Return an area's width and height on a page that uses so many rows of the grid."""
    column = (shape.width - GAP * (COLUMNS - 1)) / COLUMNS
    row = (shape.height - GAP * (rows - 1)) / rows
    return column * area.width + GAP * (area.width - 1), row * area.height + GAP * (area.height - 1)


def rows_of(areas: Iterable[Area]) -> int:
    """Return how many rows of the grid areas reach down to."""
    return max((area.row + area.height - 1 for area in areas), default=1)


def capacity(tile: Tile, size: tuple[float, float], shape: Shape) -> int:
    """Return how many rows of a list fit into a tile of this width and height."""
    width, height = size
    match tile.kind:
        case Kind.QUEUES if tile.form is Form.CARDS and shape.card:
            return sum(map(len, card_lines(COLUMNS * COLUMNS, size)))
        case Kind.QUEUES:
            return max(1, int((height - QUEUE_HEADING) / shape.queue_row))
        case Kind.REPRESENTATIVES:
            across = max(1, int((width - PERSON_GAP) / (PERSON_WIDTH + PERSON_GAP)))
            return across * max(1, int((height - HEADING) / shape.row[tile.kind]))
        case _:
            return max(1, int((height - HEADING) / shape.row.get(tile.kind, height)))


def card_lines(count: int, size: tuple[float, float]) -> list[list[int]]:
    """Return the widths of up to `count` cards, line by line: the two worst large, the others alike."""
    card = LANDSCAPE.card or (1.0, 1.0)
    across, down = max(1, int(size[0] / card[0])), max(1, int(size[1] / card[1]))
    is_split = across >= len(SPLIT) + 2 and down > 1 and count not in (1, 3)
    lines = [list(SPLIT)] if is_split else []
    left = min(count - sum(map(len, lines)), across * (down - len(lines)))
    while left > 0:
        each = ceil(left / ceil(left / across))
        lines.append([COLUMNS // each] * each)
        left -= each
    return lines


def deal(count: int, pinned: int, fits: int) -> list[int | None]:
    """Return the part, from 1 on, in which each of `count` rows shows; None for rows that stay.

    The first `pinned` rows stay, as far as they leave half the room to the others. Rows beyond the last part are cut.
    Parts are alike, the first the largest: a last one of a row or two would leave a screen empty.
    """
    if count <= fits:
        return [None] * count
    stay = min(pinned, fits // 2)
    each = fits - stay
    rest = min(count - stay, each * PARTS)
    parts = ceil(rest / each)
    return [None] * stay + [1 + place * parts // rest for place in range(rest)]


def parts_of(dealt: Iterable[int | None]) -> int:
    """Return how many parts rows were dealt to."""
    return max((part or 1 for part in dealt), default=1)


def repeated(part: int | None, own: int, all_parts: int) -> tuple[int, ...] | None:
    """Return in which of a page's parts a row shows whose tile has `own` parts: short tiles begin again."""
    return None if part is None else tuple(range(part, all_parts + 1, own))
