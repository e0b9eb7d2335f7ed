"""One browser's socket as the hub sees it: what it was sent, what it has acknowledged, when it is too slow."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from dashboard.live.admission import Ticket
from dashboard.live.message import Message
from dashboard.live.outlet import Outlet
from dashboard.live.view import ViewKey

WINDOW_STEPS = 20
WINDOW_BYTES = 512 * 1024
BACKLOG_BYTES = 8 * WINDOW_BYTES
"""A window and the largest paint: no browser that reads what it acknowledges leaves more untaken."""

ACK_SECONDS = 5.0


class CloseCode:
    """Why a socket ends. 4401, 4403 and 4429 are final for the browser; after any other it comes back."""

    COME_BACK = 4000
    SESSION_GONE = 4401
    NOT_ALLOWED = 4403
    SLOW = 4408
    TOO_MANY = 4429


@dataclass(frozen=True, slots=True)
class Question:
    """A message that asked for an acknowledgement: when, and how many steps and bytes had been sent by then."""

    seq: int
    at: float
    steps: int
    size: int


@dataclass(eq=False, slots=True)
class LiveSocket:
    """Unacknowledged steps are bounded in number and size; beyond that it only owes the browser a full paint.

    Not every step asks for an acknowledgement, but well within each window one does (`dashboard.live.show`), and
    every paint: so a socket whose window is full always waits for an answer, and ends when none comes. One that answers
    and does not read ends by what piles up for it.
    """

    key: ViewKey
    query: str
    ticket: Ticket
    outlet: Outlet
    stance: Hashable = field(default=None, init=False)  # the doorkeeper's: what its view was chosen by
    owes_paint: bool = field(default=False, init=False)
    is_closed: bool = field(default=False, init=False)
    _seq: int = field(default=0, init=False)
    _questions: deque[Question] = field(default_factory=deque, init=False)
    _steps: int = field(default=0, init=False)  # sent
    _size: int = field(default=0, init=False)  # of all steps, in bytes
    _answered_steps: int = field(default=0, init=False)
    _answered_size: int = field(default=0, init=False)

    def push(self, message: Message, now: float) -> None:
        """Send a step of the view, or remember that the browser missed it. `now` is the loop's clock."""
        if self.is_closed or self.owes_paint or message.seq <= self._seq:
            return
        if self._is_full:
            self.owes_paint = True
            return
        self._steps += 1
        self._size += len(message.payload)
        self._send(message, now)

    def paint(self, message: Message, now: float) -> None:
        """Send the whole board: all that was missed is in it."""
        self.owes_paint = False
        if not self.is_closed:
            self._send(message, now)

    def beat(self, message: Message) -> None:
        """Send a heartbeat, unless the browser has not yet taken what came before."""
        if not self.is_closed and not self._is_full and self.outlet.backlog <= BACKLOG_BYTES:
            self.outlet.write(message)

    def acknowledge(self, seq: int) -> bool:
        """Take note that the browser shows `seq`; return whether a paint is owed and may go now."""
        if seq > self._seq:
            return False  # of what nobody sent
        while self._questions and self._questions[0].seq <= seq:
            answered = self._questions.popleft()
            self._answered_steps, self._answered_size = answered.steps, answered.size
        return self.owes_paint and not self._questions

    def is_slow(self, now: float) -> bool:
        """Say whether the oldest message that asked has waited too long for its acknowledgement."""
        return bool(self._questions) and now - self._questions[0].at > ACK_SECONDS

    @property
    def steps_behind(self) -> int:
        """How many steps it was sent up to the last that asked, and has not acknowledged."""
        return self._questions[-1].steps - self._answered_steps if self._questions else 0

    @property
    def _is_full(self) -> bool:
        return self._steps - self._answered_steps >= WINDOW_STEPS or self._size - self._answered_size >= WINDOW_BYTES

    def close(self, code: int) -> None:
        """End it; once."""
        if not self.is_closed:
            self.is_closed = True
            self._questions.clear()
            self.outlet.close(code)

    def _send(self, message: Message, now: float) -> None:
        if self.outlet.backlog > BACKLOG_BYTES:
            self.close(CloseCode.SLOW)
            return
        self._seq = message.seq
        if message.asks:
            self._questions.append(Question(message.seq, now, self._steps, self._size))
        self.outlet.write(message)
