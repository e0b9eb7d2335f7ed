"""How long to wait before trying again."""

import random


class Backoff:
    """Doubling waits with jitter: each is half to the whole of `first`, 2 `first`, 4 `first` … `most` seconds."""

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._tries = 0

    def next_seconds(self) -> float:
        """Return the next wait."""
        whole = min(self._most, self._first * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return whole * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, keeps no secret

    def reset(self) -> None:
        """Start over: it worked."""
        self._tries = 0
