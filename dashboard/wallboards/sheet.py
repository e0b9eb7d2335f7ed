"""What the editor's form shows of a definition's plain values, right or wrong: its lists of choices and rows. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.privacy import Privacy
from dashboard.wallboards.definition import (
    COLUMNS,
    FIGURES_OF,
    MINIMUM_CASES,
    RATES,
    ROWS,
    TIMES,
    Direction,
    Figure,
    Form,
    Kind,
    Theme,
)
from dashboard.wallboards.editing import Raw, usual_direction
from dashboard.wallboards.words import FIGURES, KINDS
from realtime.schema import split_key

THEMES = {Theme.AUTO: "Light by day, dark at night", Theme.LIGHT: "Always light", Theme.DARK: "Always dark"}
PRIVACIES = {Privacy.SHOWN: "Shown", Privacy.INITIALLED: "As initials", Privacy.HIDDEN: "Hidden"}
FORMS = {Form.CARDS: "Cards, the worst large", Form.ROWS: "Rows"}
DIRECTIONS = {Direction.ABOVE: "or more", Direction.BELOW: "or fewer"}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a menu."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure's thresholds."""

    figure: str
    label: str
    unit: str
    warn: str
    critical: str
    directions: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class QueueChoice:
    """A queue: whether the wallboard is limited to it with others, and its target."""

    key: str
    name: str
    is_chosen: bool
    target: str


@dataclass(frozen=True, slots=True)
class TileForm:
    """A tile's fields; `place` is "<page>:<tile>"."""

    place: str
    number: int
    label: str
    kind: str
    kinds: tuple[Option, ...]
    figures: tuple[Option, ...]
    forms: tuple[Option, ...]
    title: str
    column: str
    row: str
    width: str
    height: str

    @property
    def has_area(self) -> bool:
        """Whether the picture of the layout can show it."""
        return all(
            text.isdecimal() and len(text) < 3 and int(text) > 0
            for text in (self.column, self.row, self.width, self.height)
        )


@dataclass(frozen=True, slots=True)
class PageForm:
    """A page's fields."""

    number: int
    name: str
    seconds: str
    tiles: tuple[TileForm, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole form."""

    name: str
    zone: str
    sounds: bool
    minimum_cases: str
    is_whole: bool
    themes: tuple[Option, ...]
    customers: tuple[Option, ...]
    representatives: tuple[Option, ...]
    night_begins: str
    night_ends: str
    night_dims: bool
    queues: tuple[QueueChoice, ...]
    limits: tuple[Limit, ...]
    pages: tuple[PageForm, ...]
    kinds: tuple[Option, ...]
    columns: int = COLUMNS
    rows: int = ROWS

    @property
    def limits_used(self) -> int:
        """How many figures have a limit."""
        return sum(1 for one in self.limits if one.warn or one.critical)


def make_sheet(raw: Raw, queues: Mapping[str, str]) -> Sheet:
    """Return the form of a definition's values; `queues` are the known ones, key -> name."""
    privacy, night = raw.get("privacy", {}), raw.get("night", {})
    return Sheet(
        name=_text(raw.get("name")),
        zone=_text(raw.get("zone")),
        sounds=bool(raw.get("sounds")),
        minimum_cases=_text(raw.get("minimum_cases", MINIMUM_CASES)),
        is_whole="queues" not in raw,
        themes=options(THEMES, raw.get("theme")),
        customers=options(PRIVACIES, privacy.get("customers")),
        representatives=options(PRIVACIES, privacy.get("representatives")),
        night_begins=_text(night.get("begins", "20:00")),
        night_ends=_text(night.get("ends", "06:00")),
        night_dims=bool(night.get("dims", True)),
        queues=tuple(_queues(raw, queues)),
        limits=tuple(_limits(raw)),
        pages=tuple(_page(page, number) for number, page in enumerate(raw.get("pages", ()), start=1)),
        kinds=options(KINDS_BY_NAME, None),
    )


def options(labels: Mapping[Any, str], chosen: object) -> tuple[Option, ...]:
    """Return a menu's choices."""
    return tuple(Option(value.value, label, value.value == chosen) for value, label in labels.items())


KINDS_BY_NAME = {kind: meaning.label for kind, meaning in KINDS.items()}
FIGURES_BY_NAME = {figure: meaning.label for figure, meaning in FIGURES.items()}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def queue_choices(known: Mapping[str, str], named: Iterable[str]) -> list[tuple[str, str]]:
    """Return the known queues (key -> name) by name, with those that something still names although they are gone.

    Queues of several appliances carry the name of theirs: most names are on each.
    """
    is_one = len({split_key(key)[0] for key in known}) < 2
    names = {key: name if is_one else f"{name} ({split_key(key)[0]})" for key, name in known.items()}
    gone = {key: f"{key} (not seen any more)" for key in named if key not in known}
    return sorted((names | gone).items(), key=lambda choice: (choice[1].casefold(), choice[0]))


def _queues(raw: Raw, known: Mapping[str, str]) -> Iterator[QueueChoice]:
    chosen, targets = set(raw.get("queues", ())), raw.get("targets", {})
    for key, name in queue_choices(known, (*chosen, *targets)):
        yield QueueChoice(key, name, key in chosen, _text(targets.get(key)))


def _limits(raw: Raw) -> Iterator[Limit]:
    given = {one.get("figure"): one for one in raw.get("thresholds", ()) if isinstance(one, dict)}
    for figure in Figure:
        one = given.get(figure.value, {})
        unit = "seconds" if figure in TIMES else "%" if figure in RATES else ""
        direction = one.get("direction", usual_direction(figure).value)
        yield Limit(
            figure.value,
            FIGURES[figure].label,
            unit,
            _text(one.get("warn")),
            _text(one.get("critical")),
            options(DIRECTIONS, direction),
        )


def _page(page: Raw, number: int) -> PageForm:
    tiles = tuple(_tile(tile, number, place) for place, tile in enumerate(page.get("tiles", ()), start=1))
    return PageForm(number, _text(page.get("name")), _text(page.get("seconds", 20)), tiles)


def _tile(tile: Raw, page: int, number: int) -> TileForm:
    kind, figure = tile.get("kind"), tile.get("figure")
    known = FIGURES_OF.get(kind, frozenset())  # type: ignore[arg-type]  # equal as text
    figures = {one: label for one, label in FIGURES_BY_NAME.items() if one in known}
    own = FIGURES_BY_NAME.get(figure) if kind == Kind.NUMBER else KINDS_BY_NAME.get(kind)  # type: ignore[arg-type]  # equal as text
    return TileForm(
        f"{page}:{number}",
        number,
        _text(tile.get("title")) or own or "Tile",
        _text(kind),
        options(KINDS_BY_NAME, kind),
        options(figures, figure or Figure.WAITING.value),
        options(FORMS, tile.get("form", Form.CARDS.value)) if kind == Kind.QUEUES else (),
        _text(tile.get("title")),
        *(_text(tile.get(name)) for name in ("column", "row", "width", "height")),
    )
