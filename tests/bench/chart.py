"""Draw how cost grows: `python -m tests.bench.chart <the JSON of make bench ARGS=growth>` writes docs/charts/*.svg."""

import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import orjson

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "charts"
NAME = re.compile(r"(.*), ([\d,]+) (sessions|sockets|views)")
WIDTH, HEIGHT, LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 280, 170, 30, 44, 210, 88
COLUMNS = 3
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 10px; fill: #57606a }
line { stroke: #d0d7de }
polyline { fill: none; stroke: #0969da; stroke-width: 2 }
circle { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } line { stroke: #3d444d }
  polyline { stroke: #4493f8 } circle { fill: #4493f8 }
}
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure: size -> value."""

    what: str
    unit: str
    points: dict[int, float]


def read_curves(document: dict[str, Any]) -> dict[str, list[Curve]]:
    """Return the curves of a run, by what grows."""
    found: dict[str, dict[str, Curve]] = defaultdict(dict)
    for line in document["lines"]:
        if place := NAME.fullmatch(line["name"]):
            what, size, of = place.groups()
            curve = found[of].setdefault(what, Curve(what, line["unit"], {}))
            curve.points[int(size.replace(",", ""))] = line["medians"]["ours"]
    return {of: list(curves.values()) for of, curves in found.items()}


def draw(of: str, curves: list[Curve], machine: dict[str, Any]) -> Element:
    """Return a picture with a panel for each curve: sizes by their logarithm, values from zero."""
    width, height = WIDTH * min(len(curves), COLUMNS), HEIGHT * -(-len(curves) // COLUMNS) + 24
    box = {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)}
    picture = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **box})
    SubElement(picture, "title").text = f"Cost by the number of {of}: " + "; ".join(map(in_words, curves))
    SubElement(picture, "style").text = STYLE
    for place, curve in enumerate(curves):
        at = f"translate({place % COLUMNS * WIDTH} {place // COLUMNS * HEIGHT})"
        draw_panel(SubElement(picture, "g", transform=at), of, curve)
    measured = f"commit {machine['commit']}{' (modified)' if machine['is_modified'] else ''}, {machine['processor']}"
    write(picture, LEFT, height - 8, f"measured at {measured}, {machine['cores']} cores, load before {machine['load']}")
    return picture


def draw_panel(panel: Element, of: str, curve: Curve) -> None:
    """Draw one curve with its values."""
    sizes, most = sorted(curve.points), max(curve.points.values()) or 1.0
    first, span = log10(sizes[0]), (log10(sizes[-1]) - log10(sizes[0])) or 1.0
    bottom = TOP + PLOT_HEIGHT
    places = [
        (LEFT + PLOT_WIDTH * (log10(size) - first) / span, bottom - PLOT_HEIGHT * curve.points[size] / most)
        for size in sizes
    ]
    write(panel, LEFT - 12, 18, f"{curve.what}, {curve.unit}", "")
    SubElement(panel, "line", x1=str(LEFT - 12), x2=str(LEFT + PLOT_WIDTH + 12), y1=str(bottom), y2=str(bottom))
    SubElement(panel, "polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places))
    for size, (x, y) in zip(sizes, places, strict=True):
        SubElement(panel, "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="3")
        write(panel, x, y - 8, figure(curve.points[size]), "small", "middle")
        write(panel, x, bottom + 14, f"{size:,}", "small", "middle")
    write(panel, LEFT + PLOT_WIDTH / 2, bottom + 28, of, "small", "middle")


def write(parent: Element, x: float, y: float, text: str, kind: str = "small", anchor: str = "start") -> None:
    """Put a text somewhere."""
    element = SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "class": kind})
    element.text = text


def figure(value: float) -> str:
    """Return a value as people read it."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.1f}"


def in_words(curve: Curve) -> str:
    """Return a curve for those who cannot see it."""
    values = ", ".join(f"{figure(value)} at {size:,}" for size, value in sorted(curve.points.items()))
    return f"{curve.what} in {curve.unit}: {values}"


def main(path: Path) -> None:
    """Draw a picture for each thing that grows."""
    document = orjson.loads(path.read_bytes())
    FOLDER.mkdir(exist_ok=True)
    for of, curves in read_curves(document).items():
        picture = draw(of, curves, document["machine"])
        indent(picture)
        ElementTree(picture).write(FOLDER / f"growth-{of}.svg", encoding="unicode")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
