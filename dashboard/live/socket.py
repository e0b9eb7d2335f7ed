"""One browser's socket as the hub sees it: what it was sent, what it has acknowledged, when it is too slow."""

from collections import deque
from dataclasses import dataclass, field

from dashboard.live.message import Message
from dashboard.live.outlet import Outlet
from dashboard.live.view import ViewKey

WINDOW = 4
ACK_SECONDS = 5.0


class CloseCode:
    """Why a socket ends. 4401 and 4403 are final for the browser; after any other it comes back."""

    COME_BACK = 4000
    SESSION_GONE = 4401
    NOT_ALLOWED = 4403
    SLOW = 4408


@dataclass(eq=False, slots=True)
class LiveSocket:
    """At most `WINDOW` unacknowledged messages are on their way; beyond that it only owes the browser a full paint."""

    key: ViewKey
    query: str
    session_key: str
    outlet: Outlet
    owes_paint: bool = field(default=False, init=False)
    is_closed: bool = field(default=False, init=False)
    _seq: int = field(default=0, init=False)
    _unacked: deque[tuple[int, float]] = field(default_factory=deque, init=False)

    def push(self, message: Message, now: float) -> None:
        """Send a step of the view, or remember that the browser missed it. `now` is the loop's clock."""
        if self.is_closed or self.owes_paint or message.seq <= self._seq:
            return
        if len(self._unacked) >= WINDOW:
            self.owes_paint = True
            return
        self._send(message, now)

    def paint(self, message: Message, now: float) -> None:
        """Send the whole board: all that was missed is in it."""
        self.owes_paint = False
        if not self.is_closed:
            self._send(message, now)

    def beat(self, message: Message) -> None:
        """Send a heartbeat, unless the browser has not yet taken what came before."""
        if not self.is_closed and len(self._unacked) < WINDOW:
            self.outlet.write(message)

    def acknowledge(self, seq: int) -> bool:
        """Take note that the browser shows `seq`; return whether a paint is owed and may go now."""
        while self._unacked and self._unacked[0][0] <= seq:
            self._unacked.popleft()
        return self.owes_paint and not self._unacked

    def is_slow(self, now: float) -> bool:
        """Say whether the oldest message has waited too long for its acknowledgement."""
        return bool(self._unacked) and now - self._unacked[0][1] > ACK_SECONDS

    def close(self, code: int) -> None:
        """End it; once."""
        if not self.is_closed:
            self.is_closed = True
            self._unacked.clear()
            self.outlet.close(code)

    def _send(self, message: Message, now: float) -> None:
        self._seq = message.seq
        self._unacked.append((message.seq, now))
        self.outlet.write(message)
