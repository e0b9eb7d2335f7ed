"""How often something happens per second, from a growing count."""

import math

MEMORY_SECONDS = 10.0


class Rate:
    """An exponentially weighted mean over about the last ten seconds."""

    def __init__(self) -> None:
        self._rate = 0.0
        self._count: int | None = None
        self._at = 0.0

    def per_second(self, count: int, now: float) -> float:
        """Take the count at `now` (monotonic seconds); return the rate."""
        if self._count is not None and now > self._at:
            weight = math.exp(-(now - self._at) / MEMORY_SECONDS)
            self._rate = weight * self._rate + (1 - weight) * (count - self._count) / (now - self._at)
        self._count, self._at = count, now
        return round(self._rate, 2)
