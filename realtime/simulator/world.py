"""What all parts of the simulated center share: dice, clock, ledger and an agenda of what happens next."""

import heapq
import itertools
import math
import random
from collections.abc import Callable

from realtime.simulator.ledger import IdMode, Ids, Ledger
from realtime.simulator.load import SECONDS_PER_HOUR

Action = Callable[[], None]


class World:
    """Time passes only in `run`. The same seed and the same start give the same world.

    At a `speed` the center works so many times as fast, below a clock that goes as every clock does.
    """

    def __init__(
        self, seed: int, started_at: float, hour: float, ids: IdMode, skew_seconds: float = 0.0, speed: float = 1.0
    ) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - believable, not secret
        self.ledger = Ledger(Ids(ids, self.dice))
        self.now = started_at
        self.skew_seconds = skew_seconds
        self._speed = speed
        self._started_at = started_at
        self._hour = hour
        self._agenda: list[tuple[float, int, Action]] = []
        self._order = itertools.count()

    @property
    def hour(self) -> float:
        """The hour of the center's local day."""
        return (self._hour + (self.now - self._started_at) / SECONDS_PER_HOUR) % 24

    @property
    def next_at(self) -> float:
        """When the next thing happens."""
        return self._agenda[0][0] if self._agenda else math.inf

    def clock(self, at: float) -> float:
        """Return what the appliance's clock shows at a moment of the center's time."""
        return self._started_at + (at - self._started_at) / self._speed + self.skew_seconds

    def stamp(self, seconds_ago: float = 0.0) -> int:
        """Return a UNIX timestamp on the appliance's clock."""
        return int(self.clock(self.now) - seconds_ago)

    def later(self, seconds: float, action: Action) -> None:
        """Put an action on the agenda."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), action))

    def run(self) -> None:
        """Let the next thing happen."""
        self.now, _, action = heapq.heappop(self._agenda)
        action()

    def wait(self, mean_seconds: float, least_seconds: float = 0.0) -> float:
        """Draw a waiting time: at least `least_seconds`, `mean_seconds` on average."""
        return least_seconds + self.dice.expovariate(1 / max(mean_seconds - least_seconds, 0.001))

    def chance(self, share: float) -> bool:
        """Draw yes with a probability."""
        return self.dice.random() < share

    def draw_lsid(self) -> str:
        """Draw a logging session id: 32 lower-case hexadecimal digits."""
        return f"{self.dice.getrandbits(128):032x}"
