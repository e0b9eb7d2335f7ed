"""What each minute's sample told of who waited, as long ago as a process keeps it, and how long was watched. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Samples = Mapping[str, Mapping[int, Mapping[str, Sequence[int]]]]
"""Source -> minute -> queue -> how many waited, seconds of the longest wait; as `realtime.sampling` makes them."""

Line = tuple[tuple[int, int] | None, ...]
"""Minute after minute: how many waited, and seconds of the longest wait; None where any source is unknown."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How much of a day a source was watched: its first minute, counted from 1970, and how many after it were not."""

    first: int
    missed: int


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The samples of every source. A minute that a source has none of was not watched. `watched` is of today."""

    samples: Samples = field(default_factory=dict)
    watched: Mapping[str, Watched] = field(default_factory=dict)
    _lines: dict[tuple[frozenset[str], frozenset[str]], tuple[range, Line]] = field(default_factory=dict, init=False)

    def line(self, minutes: range, sources: frozenset[str], queues: frozenset[str]) -> Line:
        """Return who waited in these queues; reckoned once a minute, because a wall is looked at many times in one."""
        held = self._lines.get((sources, queues))
        if held is None or held[0] != minutes:
            held = minutes, tuple(self.waits(minute, sources, queues) for minute in minutes)
            self._lines[sources, queues] = held
        return held[1]

    def waits(self, minute: int, sources: frozenset[str], queues: frozenset[str]) -> tuple[int, int] | None:
        """Return how many waited in these queues, and seconds of the longest wait; None where any source is unknown."""
        seen = [self.samples.get(source, {}).get(minute) for source in sources]
        if not seen or None in seen:
            return None
        found = [waits for sample in seen if sample for queue, waits in sample.items() if queue in queues]
        return sum(count for count, _ in found), max((longest for _, longest in found), default=0)
