"""A wallboard's picture: rows in view, a moment and a definition in, the values of its tiles out. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.boards.freshness import Notice, Trusted, tile_of
from dashboard.boards.moment import Moment
from dashboard.boards.overview import StateShare
from dashboard.boards.wall_figures import Floor, number
from dashboard.boards.wall_lines import Line, lines_of, time_of_day, trust_of_all
from dashboard.boards.wall_trend import trend_tile
from dashboard.wallboards import definition
from dashboard.wallboards.definition import LISTS, Announcement, Figure, Form, Kind, Page, Wallboard
from dashboard.wallboards.layout import (
    LANDSCAPE,
    UPRIGHT,
    Area,
    Shape,
    Slot,
    capacity,
    card_lines,
    deal,
    landscape,
    parts_of,
    repeated,
    room,
    rows_of,
    upright,
)
from realtime.presence import RepresentativeState

MIXED_FIGURES = frozenset({Figure.GOING_ON, Figure.TRAININGS})
MIXED_KINDS = frozenset({Kind.COMBINED, Kind.TRAININGS})
WITHOUT_SOURCE = frozenset({Kind.CLOCK, Kind.ANNOUNCEMENT})


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a list, worst first, each with its slot; `more_…` counts what no part shows, wide and upright."""

    lines: tuple[tuple[Line, Slot], ...]
    more_wide: int
    more_tall: int
    count: int
    cards: int = 0
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownTile:
    """A tile with its place on both shapes of screen, and its value."""

    page: int
    place: int
    tile: definition.Tile
    wide: Area
    tall: Area
    value: Trusted[object]

    @property
    def id(self) -> str:
        """Its DOM id."""
        return f"wall-tile-{self.page}-{self.place}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One page of the rotation: how long each part stays, and how many there are on a wide and on an upright screen."""

    name: str
    seconds: int
    wide: int
    tall: int


@dataclass(frozen=True, slots=True)
class Band:
    """The announcement that holds now, above every page but those whose tile shows it already (`bare`)."""

    text: str
    until: str
    bare: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """The whole picture; `zone` is that of its times."""

    wallboard: Wallboard
    zone: str
    turns: tuple[Turn, ...]
    tiles: tuple[ShownTile, ...]
    band: Band | None


def make_wall(floor: Floor) -> Wall:
    """Draw a wallboard."""
    wallboard = floor.wallboard
    turns, tiles = [], []
    for count, page in enumerate(wallboard.pages, start=1):
        turn, shown = _draw_page(floor, page, count)
        turns.append(turn)
        tiles.extend(shown)
    return Wall(wallboard, floor.zone, tuple(turns), tuple(tiles), _band(floor, tiles))


def _band(floor: Floor, tiles: Sequence[ShownTile]) -> Band | None:
    announcement = _standing(floor.wallboard.announcement, floor.moment.at)
    if announcement is None:
        return None
    until = announcement.until
    said = time_of_day(until, floor.zone, floor.moment.at) if until else ""
    return Band(announcement.text, said, tuple(one.page for one in tiles if one.tile.kind is Kind.ANNOUNCEMENT))


def _standing(announcement: Announcement, at: datetime) -> Announcement | None:
    is_over = announcement.until is not None and announcement.until <= at
    return announcement if announcement.text and not is_over else None


def _draw_page(floor: Floor, page: Page, count: int) -> tuple[Turn, list[ShownTile]]:
    wide, tall = landscape(page.tiles), upright(page.tiles)
    drawn = [lines_of(floor, tile.kind) if tile.kind in LISTS else None for tile in page.tiles]
    dealt = [
        [
            deal(len(lines), sum(1 for line in lines if line.is_breaching), capacity(tile, size, shape))
            if lines is not None
            else []
            for lines, tile, size in zip(drawn, page.tiles, _sizes(areas, shape), strict=True)
        ]
        for areas, shape in ((wide, LANDSCAPE), (tall, UPRIGHT))
    ]
    parts = [max(map(parts_of, lists), default=1) for lists in dealt]
    shown = []
    for place, tile in enumerate(page.tiles):
        lines = drawn[place]
        if lines is None:
            value = _single(floor, tile)
        else:
            slots = _slots(dealt[0][place], dealt[1][place], parts)
            value = _rows(floor, tile, lines, slots, _sizes(wide, LANDSCAPE)[place])
        shown.append(ShownTile(count, place + 1, tile, wide[place], tall[place], _trusted(floor, tile, value)))
    return Turn(page.name, page.seconds, *parts), shown


def _sizes(areas: Sequence[Area], shape: Shape) -> list[tuple[float, float]]:
    rows = rows_of(areas)
    return [room(area, rows, shape) for area in areas]


def _slots(wide: list[int | None], tall: list[int | None], parts: list[int]) -> list[Slot]:
    """Return each row's slot; a row that one shape of screen cuts has none there."""
    own_wide, own_tall = parts_of(wide), parts_of(tall)
    made = []
    for place in range(max(len(wide), len(tall))):
        on_wide = repeated(wide[place], own_wide, parts[0]) if place < len(wide) else ()
        on_tall = repeated(tall[place], own_tall, parts[1]) if place < len(tall) else ()
        made.append(Slot(on_wide, on_tall))
    return made


def _rows(
    floor: Floor, tile: definition.Tile, lines: Sequence[Line], slots: list[Slot], size: tuple[float, float]
) -> Rows:
    kept = list(zip(lines, slots, strict=False))
    at_once = sum(slot.wide is None or 1 in slot.wide for slot in slots)
    arranged = card_lines(at_once, size) if tile.form is Form.CARDS else []
    spans = [(span, line) for line, each in enumerate(arranged, start=1) for span in each]
    if spans:
        kept = _span(kept, spans)
    notices = (trust_of_all(floor.moment) if tile.kind in MIXED_KINDS else floor.trust).notices
    wide = sum(slot.wide != () for _, slot in kept)
    tall = sum(slot.tall != () for _, slot in kept)
    return Rows(tuple(kept), len(lines) - wide, len(lines) - tall, len(lines), len(arranged), notices)


def _span(kept: list[tuple[Line, Slot]], spans: list[tuple[int, int]]) -> list[tuple[Line, Slot]]:
    """Give each card its width: in every part, the cards take the same places one after the other."""
    pinned = sum(1 for _, slot in kept if slot.wide is None)
    taken = Counter[int]()  # by part
    made = []
    for place, (line, slot) in enumerate(kept):
        own = place
        if slot.wide:
            own = pinned + taken[slot.wide[0]]
            taken[slot.wide[0]] += 1
        span, row = spans[min(own, len(spans) - 1)]
        made.append((line, replace(slot, span=span, line=row)))
    return made


def _trusted(floor: Floor, tile: definition.Tile, value: object) -> Trusted[object]:
    """Return a tile's value with how far it can be trusted."""
    moment = floor.moment
    if tile.kind in WITHOUT_SOURCE:
        return Trusted(value, None, is_known=True)
    if tile.kind in MIXED_KINDS:
        return Trusted(value, None, tile_of(None, moment.statuses, moment.at).is_known)
    if tile.figure in MIXED_FIGURES:
        every = tile_of(value, moment.statuses, moment.at)
        return replace(every, stale=None, without=trust_of_all(moment).notices) if _has_current(moment) else every
    total = floor.trust.total(value)
    return replace(total, without=()) if tile.kind in LISTS else total  # a list dims rows, and says whose


def _has_current(moment: Moment) -> bool:
    """Whether any source of any vendor can be trusted now."""
    return len(trust_of_all(moment).stale) < len(moment.statuses)


def _of_all_current(floor: Floor) -> Floor:
    """Return the floor that figures of all vendors are made of: without sources that cannot be trusted."""
    if not _has_current(floor.moment):
        return floor
    stale = trust_of_all(floor.moment).stale
    return replace(
        floor,
        going_on=[row for row in floor.going_on if row.source not in stale],
        presentations=[row for row in floor.presentations if row.source not in stale],
    )


def _single(floor: Floor, tile: definition.Tile) -> object:
    match tile.kind:
        case Kind.NUMBER if tile.figure in MIXED_FIGURES:
            return number(_of_all_current(floor), tile.figure)
        case Kind.NUMBER if tile.figure is not None:
            return number(floor.current, tile.figure)
        case Kind.TREND if tile.figure is not None:
            return trend_tile(floor.current, tile.figure)
        case Kind.STATES:
            return tuple(StateShare(state, floor.current.members[state]) for state in RepresentativeState)
        case Kind.ANNOUNCEMENT:
            return _band(floor, ())
        case _:
            return floor.zone
