"""What the tiles of a wallboard say and where they stand: words, classes and the parts in which a row shows."""

from dataclasses import dataclass
from html import escape

import orjson
from django import template
from django.utils.safestring import SafeString

from dashboard.boards.clock import duration
from dashboard.boards.moment import Level
from dashboard.boards.wall import ShownTile, Turn
from dashboard.boards.wall_figures import Number
from dashboard.boards.wall_lines import QueueLine
from dashboard.privacy import Privacy
from dashboard.templatetags.clocks import at_minute
from dashboard.templatetags.figures import UNKNOWN, count
from dashboard.templatetags.words import words
from dashboard.wallboards.definition import GUARDED, RATES, TIMES, Kind, Tile, Wallboard
from dashboard.wallboards.editing import AREA, STEPS
from dashboard.wallboards.layout import Slot
from dashboard.wallboards.sheet import TileForm
from dashboard.wallboards.words import FIGURES, KINDS, Meaning
from realtime.presence import RepresentativeState

register = template.Library()

_LEVELS = {Level.OK: "OK", Level.RISK: "At risk", Level.CRITICAL: "Past limit"}
_PRIVACY = {Privacy.SHOWN: "shown", Privacy.INITIALLED: "as initials", Privacy.HIDDEN: "hidden"}
_FEW = "too few"


@register.simple_tag
def area(tile: ShownTile) -> str:
    """Return the classes that put a tile into its cells, on a wide and on an upright screen."""
    wide, tall = tile.wide, tile.tall
    return (
        f"wc{wide.column} ww{wide.width} wr{wide.row} wh{wide.height} "
        f"uc{tall.column} uw{tall.width} ur{tall.row} uh{tall.height}"
    )


@register.simple_tag
def parts(slot: Slot) -> SafeString:
    """Return the attributes that say in which parts of its page a row shows; none where it always does."""
    shown = (("wide", slot.wide), ("tall", slot.tall))
    return SafeString("".join(f' data-{name}="{" ".join(map(str, own))}"' for name, own in shown if own is not None))


@register.filter
def turns(pages: tuple[Turn, ...]) -> str:
    """Return how a screen turns its pages: each one's seconds, parts on a wide and an upright screen, and name."""
    return orjson.dumps([[one.seconds, one.wide, one.tall, one.name] for one in pages]).decode()


@register.filter
def meaning(tile: ShownTile) -> Meaning:
    """Return what a tile is called and means."""
    own, kind = tile.tile.figure, KINDS[tile.tile.kind]
    if own is None:
        return kind
    if tile.tile.kind is Kind.TREND:
        figure = FIGURES[own]
        return Meaning(f"{figure.label}, last hour", f"{figure.definition} {kind.definition}", figure.formula)
    return FIGURES[own]


@register.filter
def title(tile: ShownTile) -> str:
    """Return what stands above a tile."""
    return tile.tile.title or meaning(tile).label


@register.filter
def level_words(level: Level) -> str:
    """Return how a figure stands against its limit."""
    return _LEVELS[level]


@register.filter
def value_words(number: Number) -> str:
    """Return a figure that is no clock: a count, a rate, a span of time, or how few cases there are."""
    if number.seconds is not None:
        return duration(number.seconds)
    if number.figure in TIMES or number.count is None:
        return UNKNOWN
    if number.is_few:
        return f"{number.count} of {number.of}" if number.of else UNKNOWN
    return count(number.percent) if is_rate(number) else count(number.count)


@register.filter
def when(number: Number) -> str:
    """Return of which time a figure is."""
    return "Today" if number.day else "Now"


@register.filter
def day_words(number: Number) -> str:
    """Return which part of the day a figure of the day leaves out; nothing where it is of all of today."""
    day = number.day
    if day is None:
        return ""
    if not day.is_today:
        return f"of {day.date:%d %b}"
    if day.watch is None:
        return "not watched yet"
    if day.watch.is_late:
        return f"since {at_minute(day.watch.since)}"
    return f"but for {day.watch.missed_minutes} min" if day.watch.missed_minutes else ""


@register.filter
def is_rate(number: Number) -> bool:
    """Say whether a figure is shown in per cent."""
    return number.figure in RATES and not number.is_few


@register.filter
def limit_said(number: Number) -> str:
    """Return what a figure should stay on the good side of, in its own unit."""
    side, _, limit = number.limit.partition(" ")
    if not limit:
        return ""
    if number.figure in TIMES:
        limit = duration(float(limit))
    return f"{side} {limit}{' %' if number.figure in RATES else ''}"


@register.filter
def cases_words(number: Number) -> str:
    """Return how many cases a figure has, or why it is not one."""
    if number.is_few:
        return _FEW
    if number.figure in GUARDED:
        return f"n = {number.of}"
    return f"of {number.of}" if number.of is not None else ""


@register.filter
def queue_state(line: QueueLine) -> str:
    """Return how a queue stands, in words."""
    if line.condition == "ok" and not line.waiting:
        return "Nobody waiting"
    return words(line.condition)


@register.filter
def privacy_words(wallboard: Wallboard) -> str:
    """Return what a screen shows of names."""
    if wallboard.customers is wallboard.representatives:
        return f"names {_PRIVACY[wallboard.customers]} on this screen"
    return f"customers {_PRIVACY[wallboard.customers]}, reps {_PRIVACY[wallboard.representatives]} on this screen"


@register.filter
def rep_words(state: RepresentativeState, sessions: int) -> str:
    """Return a representative's state, with the number of sessions where they are in some."""
    return f"{words(state)} ({sessions})" if state is RepresentativeState.IN_SESSION else words(state)


@register.simple_tag
def alert(kind: str, name: str, whose: str = "") -> SafeString:
    """Return the attribute by which a screen knows a new alert from one it has told of, and what it says of it.

    `whose` tells queues of one name on several appliances apart.
    """
    return SafeString(f' data-alert="{kind}:{escape(f"{name}, {whose}" if whose else name)}"')


@dataclass(frozen=True, slots=True)
class Box:
    """A tile in the small picture of a layout, of which a cell is 10 x 8.5."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its text stands."""
        return self.x + self.width / 2

    @property
    def center(self) -> float:
        """Where its text stands."""
        return self.y + self.height / 2


@register.simple_tag
def layout_rect(tile: Tile | TileForm) -> Box:
    """Return a tile's box; its area may come from a form, as text."""
    column, row, width, height = (int(value) for value in (tile.column, tile.row, tile.width, tile.height))
    return Box(10 * (column - 1) + 0.6, 8.5 * (row - 1) + 0.6, 10 * width - 1.2, 8.5 * height - 1.2)


@register.filter
def area_fields(tile: TileForm) -> list[tuple[str, str]]:
    """Return a tile's area field by field."""
    return [(name, getattr(tile, name)) for name in AREA]


@register.filter
def steps_of(_tile: TileForm) -> list[tuple[str, str]]:
    """Return the buttons that move and resize a tile."""
    return list(zip(STEPS, "←→↑↓⇥⇤⤓⤒", strict=True))
