"""The editor's form: from its fields to the plain values of a definition, and what its buttons do to them. Pure.

A field's name says where its value belongs: `name`, `privacy:customers`, `page:1:name`, `tile:1:2:width`,
`threshold:waiting:warn`, `target:<queue>`. Buttons are `do=<what>:<where>`. Pages and tiles count from 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.wallboards.definition import (
    COLUMNS,
    FIGURES_OF,
    LISTS,
    PAGE_LIMIT,
    ROWS,
    SMALLEST,
    TILE_LIMIT,
    Direction,
    Figure,
    Form,
    Kind,
    Tile,
)

Raw = dict[str, Any]
Fields = Mapping[str, Sequence[str]]

WHOLE = "all"
AREA = ("column", "row", "width", "height")
STEPS: Mapping[str, tuple[str, int]] = {
    "left": ("column", -1),
    "right": ("column", 1),
    "up": ("row", -1),
    "down": ("row", 1),
    "wider": ("width", 1),
    "narrower": ("width", -1),
    "taller": ("height", 1),
    "lower": ("height", -1),
}
NEW_SIZES: Mapping[Kind, tuple[int, int]] = {kind: (6, 4) for kind in LISTS} | {
    Kind.NUMBER: (3, 2),
    Kind.TREND: (4, 2),
    Kind.STATES: (6, 3),
    Kind.CLOCK: (3, 2),
    Kind.ANNOUNCEMENT: (6, 2),
}


class NoRoom(Exception):
    """What a button asked for does not fit; the text says why."""


def from_fields(fields: Fields) -> Raw:
    """Return the plain values of a definition that a form's fields hold; `read` judges them."""
    nested: dict[str, Any] = {}
    for name, values in fields.items():
        kind, *path = name.split(":", 1 if name.startswith("target:") else 3)
        if values and len(path) == _DEPTHS.get(kind):
            _put(nested, [kind, *path], values[-1])
    return {
        **{name: fields[name][-1] for name in ("name", "zone", "theme", "minimum_cases") if fields.get(name)},
        **({"queues": list(fields.get("queues", ()))} if fields.get("scope", [WHOLE])[-1] != WHOLE else {}),
        "sounds": "sounds" in fields,
        "privacy": nested.get("privacy", {}),
        "night": nested.get("night", {}) | {"dims": "night:dims" in fields},
        "targets": {key: value for key, value in nested.get("target", {}).items() if value.strip()},
        "thresholds": [
            {"figure": figure, **{name: value for name, value in limits.items() if value}}
            for figure, limits in nested.get("threshold", {}).items()
            if limits.get("warn", "").strip() or limits.get("critical", "").strip()
        ],
        "pages": [
            {**page, "tiles": [_given(tile) for tile in _in_order(nested.get("tile", {}).get(number, {}))]}
            for number, page in _numbered(nested.get("page", {}))
        ],
    }


# How many names follow the first one in a field's name; a field with more or fewer is none of ours.
_DEPTHS = {"privacy": 1, "night": 1, "target": 1, "threshold": 2, "page": 2, "tile": 3}


def _put(nested: dict[str, Any], path: list[str], value: str) -> None:
    for step in path[:-1]:
        nested = nested.setdefault(step, {})
    nested[path[-1]] = value


def _numbered(tables: Mapping[str, Raw]) -> list[tuple[str, Raw]]:
    """Return tables by the number that names them."""
    return sorted(
        ((number, table) for number, table in tables.items() if _is_small_number(number)), key=lambda pair: int(pair[0])
    )


def _in_order(tables: Mapping[str, Raw]) -> list[Raw]:
    return [table for _, table in _numbered(tables)]


def _given(tile: Raw) -> Raw:
    """Return a tile without the options that another kind has."""
    kind = tile.get("kind")
    figures = {figure.value for own, known in FIGURES_OF.items() if own == kind for figure in known}
    foreign = {"form"} if kind != Kind.QUEUES else set()
    if tile.get("figure") not in figures:
        foreign.add("figure")
    made = {name: value for name, value in tile.items() if name not in foreign and value != ""}
    if figures:
        made.setdefault("figure", Figure.WAITING.value)
    return made


def act(raw: Raw, do: str) -> Raw:
    """Return the values after a button was pressed; a button that is not known does nothing. Raises NoRoom."""
    what, *where = do.split(":")
    numbers = [int(one) - 1 for one in where if _is_small_number(one)]
    pages: list[Raw] = [{**page, "tiles": list(page["tiles"])} for page in raw["pages"]]
    made = {**raw, "pages": pages}
    match what, numbers:
        case "add-page", []:
            _refuse(len(pages) >= PAGE_LIMIT, f"A wallboard has at most {PAGE_LIMIT} pages.")
            pages.append({"name": f"Page {len(pages) + 1}", "seconds": 20, "tiles": [_new_tile(Kind.NUMBER, [])]})
        case "remove-page", [page] if 0 <= page < len(pages):
            _refuse(len(pages) == 1, "A wallboard needs a page.")
            del pages[page]
        case "earlier-page", [page] if 0 < page < len(pages):
            pages[page - 1], pages[page] = pages[page], pages[page - 1]
        case "add-tile", [page] if 0 <= page < len(pages) and where[-1] in set(Kind):
            tiles = pages[page]["tiles"]
            _refuse(len(tiles) >= TILE_LIMIT, f"A page has at most {TILE_LIMIT} tiles.")
            tiles.append(_new_tile(Kind(where[-1]), tiles))
        case "remove-tile", [page, tile] if 0 <= page < len(pages) and 0 <= tile < len(pages[page]["tiles"]):
            _refuse(len(pages[page]["tiles"]) == 1, "A page needs a tile. Add another one first, or remove the page.")
            del pages[page]["tiles"][tile]
        case "tile", [page, tile] if 0 <= page < len(pages) and 0 <= tile < len(pages[page]["tiles"]):
            _step(pages[page]["tiles"], tile, where[-1])
    return made


def _refuse(is_impossible: bool, why: str) -> None:
    if is_impossible:
        raise NoRoom(why)


def _step(tiles: list[Raw], place: int, step: str) -> None:
    """Move or resize a tile by a cell."""
    if step not in STEPS:
        return
    name, by = STEPS[step]
    area = _area(tiles[place])
    if area is None:
        return
    moved = {**area, name: area[name] + by}
    least = SMALLEST.get(Kind(tiles[place]["kind"]), (1, 1)) if tiles[place].get("kind") in set(Kind) else (1, 1)
    is_small = moved["width"] < least[0] or moved["height"] < least[1]
    _refuse(is_small, f"This kind of tile needs {least[0]} columns and {least[1]} rows, or nobody can read it.")
    others = [other for one in (*tiles[:place], *tiles[place + 1 :]) if (other := _area(one))]
    _refuse(not _is_free(moved, others), "There is no room: another tile, or the edge, is in the way.")
    tiles[place] = {**tiles[place], **moved}


def _area(tile: Raw) -> dict[str, int] | None:
    """Return a tile's area; None while its fields hold no numbers."""
    values = {name: str(tile.get(name, "")) for name in AREA}
    return {name: int(value) for name, value in values.items()} if all(map(_is_small_number, values.values())) else None


def _is_small_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 4


def _is_free(area: Mapping[str, int], others: Sequence[Mapping[str, int]]) -> bool:
    one = _cells(area)
    if one.column < 1 or one.row < 1 or one.column + one.width > COLUMNS + 1 or one.row + one.height > ROWS + 1:
        return False
    return not any(one.overlaps(_cells(other)) for other in others)


def _cells(area: Mapping[str, int]) -> Tile:
    """Return an area as a tile; of which kind does not matter."""
    return Tile(Kind.CLOCK, area["column"], area["row"], area["width"], area["height"])


def _new_tile(kind: Kind, tiles: Sequence[Raw]) -> Raw:
    """Return a tile of a kind where the first room for it is: at its usual size, else at its smallest."""
    others = [area for tile in tiles if (area := _area(tile))]
    for width, height in (NEW_SIZES[kind], SMALLEST[kind]):
        for row in range(1, ROWS + 2 - height):
            for column in range(1, COLUMNS + 2 - width):
                area = {"column": column, "row": row, "width": width, "height": height}
                if _is_free(area, others):
                    return {"kind": kind.value, **area, **_options(kind)}
    raise NoRoom("There is no room on this page. Make a tile smaller, remove one, or add a page.")


def _options(kind: Kind) -> Raw:
    match kind:
        case Kind.NUMBER | Kind.TREND:
            return {"figure": Figure.WAITING.value}
        case Kind.QUEUES:
            return {"form": Form.ROWS.value}
        case _:
            return {}


def usual_direction(figure: Figure) -> Direction:
    """Return on which side a figure is usually bad."""
    return Direction.BELOW if figure in _BETTER_HIGH else Direction.ABOVE


_BETTER_HIGH = frozenset(
    {
        *(Figure.AVAILABLE, Figure.CAN_TAKE, Figure.LOGGED_IN, Figure.WITHIN_TARGET, Figure.PICKUP),
        *(Figure.SERVICE_LEVEL, Figure.ANSWERED),
    }
)
