"""A line of the table: up to three sides of one comparison, sampled in turns, so that noise hits all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Side(StrEnum):
    """Whose cost a sample is."""

    OURS = "ours"
    TEXTBOOK = "textbook"  # what people would write by hand
    LIMIT = "limit"  # what cannot be undercut


class Measure(StrEnum):
    """What a bar limits."""

    OURS = "ours"
    TO_TEXTBOOK = "ours/textbook"
    TO_LIMIT = "ours/limit"


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement in the line's unit; `cpu_seconds` is what our own process (or the measured one) spent on it."""

    value: float
    cpu_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """What the line must reach: its measure at most `limit`."""

    limit: float
    measure: Measure = Measure.OURS


Take = Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison. `sides` give one sample at each call; `compares` says in words what stands beside what.

    `samples` None takes as many as the run does; costly lines name fewer.
    """

    name: str
    unit: str
    compares: str
    sides: dict[Side, Take]
    bar: Bar | None = None
    samples: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines that are not measured, and why."""

    name: str
    why: str = "not in the quick run"


@dataclass(frozen=True, slots=True)
class Result:
    """A measured line. Lower is better in every unit."""

    name: str
    unit: str
    compares: str
    samples: dict[Side, list[Sample]]
    bar: Bar | None = None
    medians: dict[Side, float] = field(init=False)

    def __post_init__(self) -> None:
        medians = {side: statistics.median(one.value for one in taken) for side, taken in self.samples.items()}
        object.__setattr__(self, "medians", medians)

    def measured(self, measure: Measure) -> float | None:
        """Return a figure, or None where a side is missing."""
        ours = self.medians[Side.OURS]
        if measure is Measure.OURS:
            return ours
        other = self.medians.get(Side.TEXTBOOK if measure is Measure.TO_TEXTBOOK else Side.LIMIT)
        return ours / other if other else None

    @property
    def cpu_seconds(self) -> float | None:
        """The median processor time of our side."""
        spent = [one.cpu_seconds for one in self.samples[Side.OURS] if one.cpu_seconds is not None]
        return statistics.median(spent) if spent else None

    @property
    def is_reached(self) -> bool | None:
        """Whether the bar is reached; None where there is none."""
        measured = self.measured(self.bar.measure) if self.bar else None
        return None if self.bar is None or measured is None else measured <= self.bar.limit


def measure_line(line: Line, samples: int) -> Result:
    """Take the samples, one of each side in turn; each round begins with another side."""
    sides = list(line.sides)
    taken: dict[Side, list[Sample]] = {side: [] for side in sides}
    gc.collect()
    gc.freeze()  # what stands around is not walked again before each sample
    for turn in range(line.samples or samples):
        start = turn % len(sides)
        for side in sides[start:] + sides[:start]:
            gc.collect()
            taken[side].append(line.sides[side]())
    return Result(line.name, line.unit, line.compares, taken, line.bar)


def already_taken(samples: Iterable[Sample]) -> Take:
    """Return a side whose samples exist: one long measurement gave them all."""
    return iter(list(samples)).__next__


class Stopwatch:
    """Wall and processor time of a block, in this process."""

    def __enter__(self) -> "Stopwatch":
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.perf_counter() - self._wall
        self.cpu_seconds = time.process_time() - self._cpu

    @property
    def sample(self) -> Sample:
        """The wall time, with the processor time beside it."""
        return Sample(self.seconds, self.cpu_seconds)

    def cpu_microseconds_each(self, count: int) -> Sample:
        """The processor time for each of `count` pieces: for pure code, which never waits."""
        return Sample(self.cpu_seconds / count * 1e6, self.cpu_seconds)
