"""From plain values, as JSON, TOML or a form gives them, to a legal wallboard; or every mistake with its mend. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from itertools import combinations
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dashboard.line import clean_line, cut_line, is_visible
from dashboard.privacy import Privacy
from dashboard.wallboards.definition import (
    CASES,
    COLUMNS,
    FIGURES_OF,
    MINIMUM_CASES,
    NAME_LIMIT,
    PAGE_LIMIT,
    QUEUE_LIMIT,
    ROWS,
    SECONDS,
    SMALLEST,
    TARGET_SECONDS,
    TEXT_LIMIT,
    THRESHOLDS,
    TILE_LIMIT,
    TITLE_LIMIT,
    Announcement,
    Direction,
    Figure,
    Form,
    Kind,
    Night,
    Page,
    Theme,
    Threshold,
    Tile,
    Wallboard,
)
from dashboard.zones import known_zones

KEY_LIMIT = 256  # characters of a queue's key
MISTAKE_LIMIT = 30

Choice = TypeVar("Choice", bound=StrEnum)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong: where, and what to do about it."""

    place: str
    mend: str

    def __str__(self) -> str:
        return f"{self.place}: {self.mend}"


class Wrong(Exception):
    """A definition is not legal."""

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        self.mistakes = tuple(mistakes)[:MISTAKE_LIMIT]
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass
class Reader:
    """Takes values out of one table, noting each mistake; what is missing gets its default."""

    place: str
    values: Values
    mistakes: list[Mistake] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def wrong(self, mend: str, name: str = "") -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(", ".join(filter(None, (self.place, name))) or "Wallboard", mend))

    def take(self, name: str) -> Any:
        """Return a value as it is; None where there is none."""
        self._taken.add(name)
        return self.values.get(name)

    def text(self, name: str, limit: int, *, required: bool = False) -> str:
        """Return a text of at most `limit` characters."""
        given = self.take(name)
        if given is not None and not isinstance(given, str):
            self.wrong("Write a text.", name)
            return ""
        made = clean_line((given or "")[: limit * 4])
        if len(made) > limit:
            self.wrong(f"Shorten it to {limit} characters; it has {len(made)}.", name)
        elif required and not is_visible(made):
            self.wrong("Write something here.", name)
        return made[:limit]

    def number(self, name: str, allowed: range, default: int | None) -> int | None:
        """Return a whole number within `allowed`; a form gives it as text."""
        given = self.take(name)
        if given is None or given == "":
            return default
        if isinstance(given, str) and given.isascii() and given.strip().isdigit() and len(given) < 20:
            given = int(given)
        if not isinstance(given, int) or isinstance(given, bool) or given not in allowed:
            self.wrong(f"Write a whole number from {allowed.start} to {allowed.stop - 1}.", name)
            return default
        return given

    def choice(self, name: str, among: type[Choice], default: Choice | None) -> Choice | None:
        """Return one of the choices; without a default it must be given."""
        given = self.take(name)
        if given in (None, "") and default is not None:
            return default
        if isinstance(given, str) and given in set(among):
            return among(given)
        self.wrong(f"Choose one of {', '.join(among)}.", name)
        return default

    def flag(self, name: str, default: bool) -> bool:
        """Return yes or no."""
        given = self.take(name)
        if given is None:
            return default
        if not isinstance(given, bool):
            self.wrong("Write true or false.", name)
            return default
        return given

    def table(self, name: str, place: str) -> "Reader":
        """Return a reader of a table within this one."""
        given = self.take(name)
        if given is not None and not isinstance(given, Mapping):
            self.wrong("Write a table.", name)
        return Reader(place, given if isinstance(given, Mapping) else {}, self.mistakes)

    def tables(self, name: str, place: Callable[[int], str], limit: int) -> list["Reader"]:
        """Return readers of the tables of a list."""
        given = self.take(name)
        if given is None:
            return []
        if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
            self.wrong("Write a list of tables.", name)
            return []
        if len(given) > limit:
            self.wrong(f"There are {len(given)}; keep at most {limit}.", name)
        return [Reader(place(number), one, self.mistakes) for number, one in enumerate(given[:limit], start=1)]

    def end(self) -> None:
        """Note what nobody asked for."""
        for name in self.values:
            if name not in self._taken:
                self.wrong("This is not known here; take it out.", cut_line(str(name), NAME_LIMIT))


def read(raw: object, site_zone: str) -> Wallboard:
    """Return the wallboard that plain values describe. Raises Wrong, with every mistake.

    `site_zone` holds for the times of a wallboard that names no zone of its own.
    """
    if not isinstance(raw, Mapping):
        raise Wrong([Mistake("Wallboard", "Write a table of settings.")])
    reader = Reader("", raw)
    made = _wallboard(reader, site_zone)
    reader.end()
    if reader.mistakes:
        raise Wrong(reader.mistakes)
    return made


def _wallboard(reader: Reader, site_zone: str) -> Wallboard:
    zone = _zone(reader)
    privacy = reader.table("privacy", "Privacy")
    customers = privacy.choice("customers", Privacy, Privacy.HIDDEN)
    representatives = privacy.choice("representatives", Privacy, Privacy.INITIALLED)
    privacy.end()
    return Wallboard(
        name=reader.text("name", NAME_LIMIT, required=True),
        pages=_pages(reader),
        queues=_queues(reader),
        targets=_targets(reader),
        thresholds=_thresholds(reader),
        minimum_cases=reader.number("minimum_cases", CASES, MINIMUM_CASES) or MINIMUM_CASES,
        customers=customers or Privacy.HIDDEN,
        representatives=representatives or Privacy.HIDDEN,
        theme=reader.choice("theme", Theme, Theme.AUTO) or Theme.AUTO,
        night=_night(reader.table("night", "Night")),
        zone=zone,
        sounds=reader.flag("sounds", default=False),
        announcement=_announcement(reader.table("announcement", "Announcement"), ZoneInfo(zone or site_zone)),
    )


def _zone(reader: Reader) -> str:
    zone = reader.text("zone", NAME_LIMIT)
    if zone and zone not in known_zones():
        reader.wrong("Write a time zone as the IANA names it, for example Europe/Vienna.", "zone")
        return ""
    return zone


def _queues(reader: Reader) -> tuple[str, ...] | None:
    given = reader.take("queues")
    if given is None:
        return None
    if not isinstance(given, list) or not all(map(_is_key, given)):
        reader.wrong("Write a list of queues' keys, or leave it out for all queues.", "queues")
        return ()
    if not given or len(given) > QUEUE_LIMIT:
        reader.wrong(f"Choose 1 to {QUEUE_LIMIT} queues, or the whole support center.", "queues")
    return tuple(dict.fromkeys(given))[:QUEUE_LIMIT]


def _is_key(given: object) -> bool:
    """Whether something can be a queue's key; PostgreSQL stores no NUL."""
    return isinstance(given, str) and 0 < len(given) <= KEY_LIMIT and "\0" not in given


def _targets(reader: Reader) -> dict[str, int]:
    table = reader.table("targets", "Targets")
    if len(table.values) > QUEUE_LIMIT:
        table.wrong(f"Keep at most {QUEUE_LIMIT}.")
    made = {}
    for name in list(table.values)[:QUEUE_LIMIT]:
        seconds = table.number(name, TARGET_SECONDS, None)
        if not _is_key(name):
            table.wrong("This is no queue's key; take it out.", cut_line(name, NAME_LIMIT))
        elif seconds is not None:
            made[name] = seconds
    return made


def _thresholds(reader: Reader) -> tuple[Threshold, ...]:
    made: dict[Figure, Threshold] = {}
    for one in reader.tables("thresholds", lambda number: f"Threshold {number}", len(Figure)):
        figure = one.choice("figure", Figure, None)
        warn, critical = (one.number(name, THRESHOLDS, None) for name in ("warn", "critical"))
        direction = one.choice("direction", Direction, Direction.ABOVE)
        one.end()
        if figure is None or direction is None:
            continue
        if figure in made:
            one.wrong(f"There is one for {figure} already; take this one out.")
        if warn is None and critical is None:
            one.wrong("Write from where on it is at risk or critical.")
        elif _is_reversed(warn, critical, direction):
            one.wrong("It becomes critical before it is at risk; exchange the two or the direction.")
        made[figure] = Threshold(figure, warn, critical, direction)
    return tuple(made.values())


def _is_reversed(warn: int | None, critical: int | None, direction: Direction) -> bool:
    if warn is None or critical is None:
        return False
    return critical < warn if direction is Direction.ABOVE else critical > warn


def _night(reader: Reader) -> Night:
    made = Night(
        _clock_time(reader, "begins", Night().begins),
        _clock_time(reader, "ends", Night().ends),
        reader.flag("dims", default=True),
    )
    reader.end()
    return made


def _clock_time(reader: Reader, name: str, default: time) -> time:
    given = reader.take(name)
    if given in (None, ""):
        return default
    try:
        made = time.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        made = None
    if not isinstance(made, time) or made.tzinfo is not None:
        reader.wrong("Write a time of day, for example 20:00.", name)
        return default
    return made.replace(second=0, microsecond=0)


def _announcement(reader: Reader, zone: ZoneInfo) -> Announcement:
    text, given = reader.text("text", TEXT_LIMIT), reader.take("until")
    reader.end()
    if given in (None, ""):
        return Announcement(text)
    try:
        until = datetime.fromisoformat(given) if isinstance(given, str) else given
        if not isinstance(until, datetime):
            raise ValueError
        return Announcement(text, _last_moment(until, zone).replace(second=0, microsecond=0))
    except (ValueError, OverflowError):
        reader.wrong("Write a day and time, for example 2026-03-11 19:10.", "until")
        return Announcement(text)


def _last_moment(until: datetime, zone: ZoneInfo) -> datetime:
    """Return in UTC what is written in a wallboard's zone, unless it names another.

    An hour that the clocks go through twice is its second pass: by the first, what is written in between were over.
    Raises OverflowError at the calendar's end, where the zone could not show it.
    """
    if until.tzinfo is None:
        return max(until.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return until.astimezone(zone).astimezone(UTC)


def _pages(reader: Reader) -> tuple[Page, ...]:
    readers = reader.tables("pages", lambda number: f"Page {number}", PAGE_LIMIT)
    if not readers:
        reader.wrong("Add a page.", "pages")
    return tuple(_page(one) for one in readers)


def _page(reader: Reader) -> Page:
    place = reader.place
    readers = reader.tables("tiles", lambda number: f"{place}, tile {number}", TILE_LIMIT)
    tiles = [tile for one in readers if (tile := _tile(one)) is not None]
    if not readers:
        reader.wrong("Add a tile.")
    for (number, one), (other_number, other) in combinations(enumerate(tiles, start=1), 2):
        if one.overlaps(other):
            reader.wrong(f"Tiles {number} and {other_number} lie over each other; move one of them.")
    made = Page(
        reader.text("name", NAME_LIMIT, required=True), reader.number("seconds", SECONDS, 20) or 20, tuple(tiles)
    )
    reader.end()
    return made


def _tile(reader: Reader) -> Tile | None:
    kind = reader.choice("kind", Kind, None)
    column, width = (reader.number(name, range(1, COLUMNS + 1), None) for name in ("column", "width"))
    row, height = (reader.number(name, range(1, ROWS + 1), None) for name in ("row", "height"))
    figure = _figure(reader, FIGURES_OF[kind]) if kind and kind in FIGURES_OF else None
    form = reader.choice("form", Form, Form.CARDS) if kind is Kind.QUEUES else None
    title = reader.text("title", TITLE_LIMIT)
    reader.end()
    if kind is None:
        return None
    if column is None or row is None or width is None or height is None:
        if not any(reader.place in mistake.place for mistake in reader.mistakes):
            reader.wrong("Write its column, row, width and height.")
        return None
    if column + width > COLUMNS + 1 or row + height > ROWS + 1:
        reader.wrong(f"It reaches beyond the {COLUMNS} columns and {ROWS} rows; move it or make it smaller.")
    least = SMALLEST[kind]
    if width < least[0] or height < least[1]:
        reader.wrong(f"Make it at least {least[0]} columns wide and {least[1]} rows high, or nobody can read it.")
    return Tile(kind, column, row, width, height, figure, form, title)


def _figure(reader: Reader, known: Collection[Figure]) -> Figure | None:
    figure = reader.choice("figure", Figure, None)
    if figure is not None and figure not in known:
        reader.wrong(f"Its past is not known; choose one of {', '.join(sorted(known))}.", "figure")
        return None
    return figure
