"""Somebody to be woken: anybody on the loop rings, and one task waits, for so long and no longer."""

import asyncio


class Bell:
    """Rung several times before it is heard, it has rung once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake who waits, or whoever waits next."""
        self._rung.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until it has rung since the last wait, or until the time is over; without a time for ever."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            pass
        self._rung.clear()
