"""How many sockets of this process each user and each network holds: one of them alone must not use it up."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Crowd:
    """Counts holders, such as `user 5`, and networks. Lives on the event loop."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @contextmanager
    def seat(self, whose: str) -> Iterator[int]:
        """Count one more for as long as the block runs; gives how many there are with it."""
        self._counts[whose] += 1
        try:
            yield self._counts[whose]
        finally:
            self._counts[whose] -= 1
            if not self._counts[whose]:
                del self._counts[whose]
