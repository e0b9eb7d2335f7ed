"""One view on show: its board, its last rendering, its place in the stream, and the sockets that watch it."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

from dashboard.boards.moment import Moment
from dashboard.live.fragments import Frame, Place, difference, encode_frame, encode_paint
from dashboard.live.message import Message
from dashboard.live.painter import Painter, Picture
from dashboard.live.socket import LiveSocket
from dashboard.live.view import BoardView, ViewKey

ASK_SECONDS = timedelta(seconds=2.5)
ASK_STEPS = 8
ASK_CHARACTERS = 128 * 1024


class Show:
    """Renders each change once. `next_at` and `idle_since` are on the loop's clock. `has_drawn` says whether the last
    look found anything to draw: a change that does not concern a view costs it neither time nor its turn. `turn` is
    held from a look to the end of its sending.

    An acknowledgement costs the server more than the sending of a step, so a busy view asks for every eighth only.
    """

    def __init__(self, key: ViewKey, board: BoardView, moment: Moment) -> None:
        self.key = key
        self.sockets: set[LiveSocket] = set()
        self.is_dirty = self.has_drawn = False
        self.turn = asyncio.Lock()
        self.next_at = 0.0
        self.idle_since = 0.0
        self._board = board
        self._painter = Painter()
        self._epoch = secrets.token_hex(4)
        self._seq = 1
        self._picture = board.picture(moment)
        self._rendering = self._painter.render(self._picture)
        self._html: str | None = None
        self._paint: Message | None = None
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._steps_since = self._characters_since = 0  # since a step asked

    @property
    def is_due(self) -> bool:
        """Whether something changed that somebody watches."""
        return self.is_dirty and bool(self.sockets)

    @property
    def board(self) -> BoardView:
        """The board that follows the State."""
        return self._board

    def refresh(self, moment: Moment) -> Message | None:
        """Look again; return the step from the last rendering to this one, or None when both are equal."""
        self.is_dirty = False
        picture: Picture = self._board.picture(moment)
        self.has_drawn = picture is not self._picture
        if not self.has_drawn:
            return None
        rendering = self._painter.render(picture)
        frame = difference(self._rendering, rendering)
        self._picture, self._rendering = picture, rendering
        if not frame:
            return None
        self._html = self._paint = None
        self._seq += 1
        asks = self._asks(frame, moment.at)
        return Message(encode_frame(frame, self._place(asks=asks)), self._seq, asks)

    def _asks(self, frame: Frame, at: datetime) -> bool:
        """Say whether browsers are to acknowledge this step; our clock may have been turned back."""
        self._steps_since += 1
        self._characters_since += frame.size
        is_recent = timedelta() <= at - self._asked_at < ASK_SECONDS
        if is_recent and self._steps_since < ASK_STEPS and self._characters_since < ASK_CHARACTERS:
            return False
        self._asked_at, self._steps_since, self._characters_since = at, 0, 0
        return True

    def html(self) -> str:
        """Return the whole board as it is on show, for a page."""
        if self._html is None:
            self._html = self._painter.paint(self._picture)
        return self._html

    def paint(self) -> Message:
        """Return the whole board as it is on show, for a socket: the page's bytes in an envelope."""
        if self._paint is None:
            self._paint = Message(encode_paint(self.html(), self._place(asks=True)), self._seq, asks=True)
        return self._paint

    def _place(self, *, asks: bool) -> Place:
        return Place(self._epoch, self._seq, self._picture.root, asks)
