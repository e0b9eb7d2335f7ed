"""The lines, by module.

A module's `lines` is a generator: each line it yields is measured before the generator goes on, so what a line needs
stands exactly as long as the `with` blocks around its `yield`.
"""

from collections.abc import Callable, Iterator

from tests.bench.line import LeftOut, Line
from tests.bench.lines import (
    apply,
    board,
    browser,
    combined,
    copy,
    growth,
    live,
    memory,
    poll,
    scale,
    stopped,
    sustained,
    tail,
    wire,
    workers,
)
from tests.bench.surroundings import Surroundings

Module = Callable[[Surroundings], Iterator[Line | LeftOut]]

MODULES: dict[str, Module] = {
    "scale": scale.lines,
    "apply": apply.lines,
    "wire": wire.lines,
    "copy": copy.lines,
    "sustained": sustained.lines,
    "memory": memory.lines,
    "workers": workers.lines,
    "poll": poll.lines,
    "growth": growth.lines,
    "combined": combined.lines,
    "tail": tail.lines,
    "board": board.lines,
    "live": live.lines,
    "stopped": stopped.lines,
    "browser": browser.lines,
}
"""In the order of the table; the boards stand last and share a mirror. `python -m tests.bench apply` runs one only."""

BY_NAME = ("scale", "growth")
"""Run only when they are named: with them the whole would take longer than ten minutes."""
