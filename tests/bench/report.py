"""The run as a table for people and as JSON for comparisons between runs."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from tests.bench.line import LeftOut, Measure, Result, Side
from tests.bench.surroundings import QUICK

ROOT = Path(__file__).resolve().parent.parent.parent
HEADINGS = ("line", "unit", "ours", "CPU s", "textbook", "limit", "ours/textbook", "ours/limit", "bar", "")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures come from. `load` is what ran on the machine before we began."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    load: float
    commit: str
    is_modified: bool


def describe_machine() -> Machine:
    """Look around."""
    return Machine(
        processor_name(),
        os.cpu_count() or 0,
        round(psutil.virtual_memory().total / 1e9, 1),
        f"{platform.system()} {platform.release()}",
        platform.python_version(),
        round(os.getloadavg()[0], 2),
        git("rev-parse", "--short", "HEAD"),
        bool(git("status", "--porcelain", "--untracked-files=no")),
    )


def processor_name() -> str:
    """Return the processor's name where the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def git(*arguments: str) -> str:
    """Return what git says, empty outside a checkout."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def as_row(result: Result | LeftOut) -> tuple[str, ...]:
    """Return a line's cells, in the order of `HEADINGS`."""
    if isinstance(result, LeftOut):
        return (result.name, *[""] * (len(HEADINGS) - 2), result.why)
    sides = [figure(result.medians.get(side)) for side in (Side.TEXTBOOK, Side.LIMIT)]
    ratios = [times(result.measured(measure)) for measure in (Measure.TO_TEXTBOOK, Measure.TO_LIMIT)]
    ours = figure(result.medians[Side.OURS])
    return result.name, result.unit, ours, figure(result.cpu_seconds), *sides, *ratios, bar(result), verdict(result)


def figure(value: float | None) -> str:
    """Return three significant digits."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def times(value: float | None) -> str:
    """Return a ratio."""
    return "-" if value is None else f"{figure(value)}x"


def bar(result: Result) -> str:
    """Return what the line must reach."""
    if result.bar is None:
        return ""
    if result.bar.measure is Measure.OURS:
        return f"≤ {figure(result.bar.limit)}"
    return f"≤ {figure(result.bar.limit)}x {result.bar.measure.partition('/')[2]}"


def verdict(result: Result) -> str:
    """Return whether it does, in a word."""
    return {None: "", True: "reached", False: "MISSED"}[result.is_reached]


def print_table(results: Iterable[Result | LeftOut]) -> None:
    """Print all lines, aligned."""
    rows = [HEADINGS, *map(as_row, results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    for row in rows:
        cells = [cell.ljust(width) if place < 2 else cell.rjust(width) for place, (cell, width) in columns(row, widths)]
        print("  ".join(cells).rstrip())


def columns(row: Sequence[str], widths: Sequence[int]) -> Iterable[tuple[int, tuple[str, int]]]:
    """Return a row's cells with their widths, numbered."""
    return enumerate(zip(row, widths, strict=True))


def write_json(path: Path, machine: Machine, results: Iterable[Result], *, seconds: float) -> None:
    """Write everything that was measured, each sample too."""
    document = {
        "machine": asdict(machine),
        "quick": QUICK,
        "seconds": round(seconds, 1),
        "lines": [as_document(one) for one in results],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n")


def as_document(result: Result) -> dict[str, Any]:
    """Return a line with its samples, medians, ratios and verdict."""
    return asdict(result) | {
        "ratios": {measure: result.measured(measure) for measure in (Measure.TO_TEXTBOOK, Measure.TO_LIMIT)},
        "reached": result.is_reached,
    }
