"""One thing, live: what the drawer shows, or a page of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dashboard.boards.details import (
    presentation_detail,
    queue_detail,
    representative_detail,
    session_detail,
    vendor_session_detail,
)
from dashboard.boards.freshness import Notice, notice_of
from dashboard.boards.masking import (
    mask_presentation,
    mask_queue_detail,
    mask_representative_detail,
    mask_session_detail,
    mask_vendor_session_detail,
)
from dashboard.boards.moment import Moment
from dashboard.boards.relations import key_in
from dashboard.boards.scope import Scope, Sight, sight_of
from dashboard.live.painter import Picture, Piece
from dashboard.live.view import ViewKey
from dashboard.privacy import Privacy
from realtime.change import Applied, Cause
from realtime.schema import split_key

DETAIL_ID = "detail"


@dataclass(frozen=True, slots=True)
class DetailKind:
    """One kind of detail: its name (in ids and templates), how it is drawn (None when there is no such thing), whether
    somebody sees it, and what is left of it for those who may not see customers' names.

    `table` holds the rows whose end we can see, "" where there are none. `link` is what a link names the thing by,
    where that tells it from the next owner of its key.
    """

    name: str
    draw: Callable[[Moment, str], Any]
    covers: Callable[[Sight, Any], bool]
    mask: Callable[[Any, Privacy], Any]
    table: str = ""
    link: Callable[[Any], str] | None = None

    def draw_for(self, scope: Scope, moment: Moment, key: str) -> Any:
        """Return the detail as a scope sees it: what it does not cover is not there."""
        return self.seen(scope, moment, self.draw(moment, key))

    def seen(self, scope: Scope, moment: Moment, detail: Any) -> Any:
        """Return what a scope sees of a detail, None where it does not cover it."""
        if detail is None or scope.is_everything:
            return detail
        if not self.covers(sight_of(scope, moment), detail):
            return None
        return detail if scope.customers is Privacy.SHOWN else self.mask(detail, scope.customers)


DETAILS = {
    "session": DetailKind(
        "session",
        session_detail,
        lambda sight, one: sight.covers_session(one.row),
        mask_session_detail,
        "support_session",
        lambda one: one.row.link,
    ),
    "representative": DetailKind(
        "representative",
        representative_detail,
        lambda sight, one: sight.covers_representative(one.row),
        mask_representative_detail,
        "representative",
        lambda one: one.row.link,
    ),
    "queue": DetailKind("queue", queue_detail, lambda sight, one: sight.covers_queue(one.row), mask_queue_detail),
    "presentation": DetailKind(
        "presentation", presentation_detail, Sight.covers_presentation, mask_presentation, "presentation_session"
    ),
    "vendor-session": DetailKind(
        "vendor-session",
        vendor_session_detail,
        lambda sight, one: sight.covers_activity(one.row),
        mask_vendor_session_detail,
    ),
}


class Gone(StrEnum):
    """Why a thing that was shown is not there any more."""

    ENDED = "ended"  # we saw it end
    HIDDEN = "hidden"  # it is there, but not for whoever looks
    LOST = "lost"  # a copy or a restart took it away: of its end nothing is known


@dataclass(frozen=True, slots=True)
class Shown:
    """What a detail shows: the thing now, or as it was last seen before it was gone.

    `notice` says why its source cannot be trusted now, None where it can.
    """

    detail: object | None
    gone: Gone | None
    notice: Notice | None


class DetailView:
    """Draws one thing anew at every step: cheap, and only what changed is sent."""

    def __init__(self, key: ViewKey, kind: DetailKind, link: str) -> None:
        self.key = key
        self._kind = kind
        self._link = link
        self._row_key = key_in(link) if kind.link else link
        self._source = split_key(self._row_key)[0]
        self._last: object | None = None
        self._has_ended = False

    def touch(self, applied: Applied) -> bool:
        """A step may concern the thing or anything it is joined with."""
        own = applied.rows.get(self._kind.table, {}).get(self._row_key)
        self._has_ended |= own is not None and own.after is None and applied.cause is Cause.LIVE
        return applied.source == self._source

    def tick(self, moment: Moment) -> bool:
        """Time may turn a wait."""
        return True

    def picture(self, moment: Moment) -> Picture:
        """Return the detail in one piece."""
        status = moment.statuses.get(self._source)
        shown = Shown(*self._look(moment), notice_of(status, moment.at) if status else None)
        piece = Piece(f"tile-{self._kind.name}", f"tiles/{self._kind.name}.html", shown)
        return Picture("boards/detail.html", {"detail": piece}, root=DETAIL_ID)

    def _look(self, moment: Moment) -> tuple[object | None, Gone | None]:
        """Return the thing, or as it was last seen and why it is gone."""
        held = self._kind.draw(moment, self._row_key)
        if held is not None and self._is_same(held):
            seen = self._kind.seen(self.key.scope, moment, held)
            if seen is None:
                return self._last, Gone.HIDDEN
            self._last, self._has_ended = seen, False
            return seen, None
        return self._last, Gone.ENDED if self._has_ended else Gone.LOST

    def _is_same(self, held: object) -> bool:
        """Whether what is held under the key is what the link means; a bare key means whatever is there."""
        return self._kind.link is None or self._link in (self._row_key, self._kind.link(held))
