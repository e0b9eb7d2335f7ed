"""Small believable changes that keep a quiet center at a wished rate of row changes."""

from realtime.simulator.casework import Casework
from realtime.simulator.staffing import Staffing
from realtime.simulator.world import World

PULSE_SECONDS = 0.002
LONGEST_CREDIT_SECONDS = 2.0


class Noise:
    """Counts the changes of all others and makes up what is missing: idle flips, estimates, attributes."""

    def __init__(self, world: World, staffing: Staffing, casework: Casework, rate: float) -> None:
        self.world = world
        self._staffing = staffing
        self._casework = casework
        self._rate = rate
        self._owed = 0.0
        self._counted_at = world.now

    def start(self) -> None:
        """Begin to pulse, if a rate is wished."""
        if self._rate > 0:
            self.world.later(self._pause(), self._pulse)

    def count(self, rows: int) -> None:
        """Take changed rows into account."""
        if self._rate > 0:
            self._owed -= rows

    def _pause(self) -> float:
        return max(1 / self._rate, PULSE_SECONDS)

    def _pulse(self) -> None:
        elapsed = self.world.now - self._counted_at
        self._counted_at = self.world.now
        self._owed = max(self._owed + elapsed * self._rate, -LONGEST_CREDIT_SECONDS * self._rate)
        for _ in range(min(int(self._owed), 10_000)):
            self._make_change()
        self.world.later(self._pause(), self._pulse)

    def _make_change(self) -> None:
        kind = self.world.dice.random()
        if kind < 0.35:
            self._flip_representative()
        elif kind < 0.65:
            case = self._casework.waiting.choose(self.world.dice)
            if case is not None:
                self._casework.estimate(case)
        else:
            case = self._casework.open_cases.choose(self.world.dice)
            if case is not None:
                self._casework.note_progress(case)

    def _flip_representative(self) -> None:
        person = self._staffing.online.choose(self.world.dice)
        if person is None:
            return
        if self.world.chance(0.8):
            self._staffing.set_idle(person, not person.idle)
        else:
            self._staffing.set_enabled(person, not person.enabled)
