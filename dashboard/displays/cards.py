"""A display as the page of the displays shows it: a thumbnail of its wallboard, and how it is, in words."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.models.display import PAIRING_TIME, Display
from dashboard.models.wallboard import Wallboard
from dashboard.wallboards.definition import COLUMNS, Kind, Tile
from dashboard.wallboards.layout import landscape, rows_of
from dashboard.wallboards.reading import Wrong
from dashboard.wallboards.stored import definition_of

UNIT = 10
WIDTH = COLUMNS * UNIT
HEIGHT = WIDTH * 9 / 16
GAP = 1.5


@dataclass(frozen=True, slots=True)
class Box:
    """A tile of a thumbnail, in units of its drawing, and how many lines stand in it."""

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    lines: tuple[float, ...]

    @property
    def text_x(self) -> float:
        """Where its lines begin."""
        return self.x + GAP

    @property
    def text_width(self) -> float:
        """How long its lines are."""
        return self.width - 2 * GAP


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The layout of a wallboard's first page. `more` is how many other pages it has."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a display. `level` is that of `words`, which say how it is."""

    display: Display
    level: str
    words: str
    is_connected: bool
    is_old_build: bool
    note: str
    thumbnail: Thumbnail | None


def card_of(display: Display, now: datetime, build: str) -> Card:
    """Return what the page says of a display at a moment; `build` is what runs here."""
    level, words = judge(display, now)
    is_connected = display.is_connected(now)
    return Card(
        display,
        level,
        words,
        is_connected,
        is_connected and display.build not in ("", build),
        display.note_at(now),
        thumbnail_of(display.wallboard),
    )


def judge(display: Display, now: datetime) -> tuple[str, str]:
    """Return how a display is: a level and words."""
    if display.expires_at is not None and display.expires_at <= now:
        return "off", "its time ran out"
    if display.token_digest is None:
        if now - display.paired_at < PAIRING_TIME:
            return "unknown", "its screen is about to follow"
        return "critical", "its screen never followed: disconnect it and pair it again"
    if display.is_connected(now):
        return ("risk", "live, but behind") if display.frames_behind else ("ok", "live")
    return "critical", "not connected"


def thumbnail_of(wallboard: Wallboard | None) -> Thumbnail | None:
    """Return a drawing of a wallboard's layout, None where there is none."""
    if wallboard is None:
        return None
    try:
        pages = definition_of(wallboard).pages
    except Wrong:
        return None
    tiles = pages[0].tiles
    rows = rows_of(landscape(tiles))
    return Thumbnail(WIDTH, HEIGHT, tuple(box_of(tile, rows) for tile in tiles), len(pages) - 1)


def box_of(tile: Tile, rows: int) -> Box:
    """Return a tile in the drawing of a page with so many rows."""
    row = HEIGHT / rows
    x, y = (tile.column - 1) * UNIT + GAP / 2, (tile.row - 1) * row + GAP / 2
    height = tile.height * row - GAP
    count = int((height - 4) // 4) if tile.kind not in (Kind.NUMBER, Kind.CLOCK, Kind.ANNOUNCEMENT) else 0
    return Box(
        tile.kind, x, y, tile.width * UNIT - GAP, height, tuple(y + 5 + 4 * step for step in range(max(0, count)))
    )
