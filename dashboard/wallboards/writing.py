"""A wallboard as plain values, as its model keeps them, and as TOML, to carry it elsewhere. Pure."""

import tomllib
from typing import Any

import tomli_w

from dashboard.wallboards.definition import Page, Threshold, Tile, Wallboard
from dashboard.wallboards.reading import Mistake, Wrong, read

TOML_LIMIT = 200_000  # characters
DOT_LIMIT = 200  # in one line; an announcement has fewer signs


def dump(wallboard: Wallboard) -> dict[str, Any]:
    """Return a wallboard as values that JSON and TOML hold; `read` makes the same wallboard of them."""
    until = wallboard.announcement.until
    return {
        "name": wallboard.name,
        **({} if wallboard.queues is None else {"queues": list(wallboard.queues)}),
        "zone": wallboard.zone,
        "theme": wallboard.theme.value,
        "sounds": wallboard.sounds,
        "minimum_cases": wallboard.minimum_cases,
        "privacy": {"customers": wallboard.customers.value, "representatives": wallboard.representatives.value},
        "night": {
            "begins": f"{wallboard.night.begins:%H:%M}",
            "ends": f"{wallboard.night.ends:%H:%M}",
            "dims": wallboard.night.dims,
        },
        "announcement": {"text": wallboard.announcement.text, **({"until": until.isoformat()} if until else {})},
        "targets": dict(wallboard.targets),
        "thresholds": [_threshold(one) for one in wallboard.thresholds],
        "pages": [_page(page) for page in wallboard.pages],
    }


def _threshold(threshold: Threshold) -> dict[str, Any]:
    limits = {"warn": threshold.warn, "critical": threshold.critical}
    given = {name: value for name, value in limits.items() if value is not None}
    return {"figure": threshold.figure.value, **given, "direction": threshold.direction.value}


def _page(page: Page) -> dict[str, Any]:
    return {"name": page.name, "seconds": page.seconds, "tiles": [_tile(tile) for tile in page.tiles]}


def _tile(tile: Tile) -> dict[str, Any]:
    options = {
        "figure": tile.figure.value if tile.figure else "",
        "form": tile.form.value if tile.form else "",
        "title": tile.title,
    }
    area = {"column": tile.column, "row": tile.row, "width": tile.width, "height": tile.height}
    return {"kind": tile.kind.value, **area, **{name: value for name, value in options.items() if value}}


def to_toml(wallboard: Wallboard) -> str:
    """Return a wallboard as TOML."""
    return tomli_w.dumps(dump(wallboard))


def from_toml(text: str, site_zone: str) -> Wallboard:
    """Return the wallboard that a TOML text describes. Raises Wrong."""
    if len(text) > TOML_LIMIT:
        raise Wrong([Mistake("File", f"It has more than {TOML_LIMIT} characters; no wallboard is that long.")])
    if any(line.count(".") > DOT_LIMIT for line in text.split("\n")):  # a key a.a.a… costs the square of its length
        raise Wrong([Mistake("File", f"A line has more than {DOT_LIMIT} dots; no wallboard needs them.")])
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise Wrong([Mistake("File", "This is not TOML: it is nested too deeply.")]) from None
    except ValueError as error:  # TOMLDecodeError is one, and so is what `int` says of thousands of digits
        raise Wrong([Mistake("File", f"This is not TOML: {error}.")]) from None
    return read(raw, site_zone)
