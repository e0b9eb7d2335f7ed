"""One thing, live: what the drawer shows, or a page of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.boards.details import (
    presentation_detail,
    queue_detail,
    representative_detail,
    session_detail,
    vendor_session_detail,
)
from dashboard.boards.masking import (
    mask_presentation,
    mask_queue_detail,
    mask_representative_detail,
    mask_session_detail,
    mask_vendor_session_detail,
)
from dashboard.boards.moment import Moment
from dashboard.boards.scope import Scope, Sight, sight_of
from dashboard.live.painter import Picture, Piece
from dashboard.live.view import ViewKey
from dashboard.wallboards.definition import Privacy
from realtime.change import Applied

DETAIL_ID = "detail"


@dataclass(frozen=True, slots=True)
class DetailKind:
    """One kind of detail: its name (in ids and templates), how it is drawn (None when there is no such thing), whether
    somebody sees it, and what is left of it for those who may not see customers' names.
    """

    name: str
    draw: Callable[[Moment, str], Any]
    covers: Callable[[Sight, Any], bool]
    mask: Callable[[Any, Privacy], Any]

    def draw_for(self, scope: Scope, moment: Moment, key: str) -> Any:
        """Return the detail as a scope sees it: what it does not cover is not there."""
        detail = self.draw(moment, key)
        if detail is None or scope.is_everything:
            return detail
        if not self.covers(sight_of(scope, moment), detail):
            return None
        return detail if scope.customers is Privacy.SHOWN else self.mask(detail, scope.customers)


DETAILS = {
    "session": DetailKind(
        "session", session_detail, lambda sight, one: sight.covers_session(one.row), mask_session_detail
    ),
    "representative": DetailKind(
        "representative",
        representative_detail,
        lambda sight, one: sight.covers_representative(one.row),
        mask_representative_detail,
    ),
    "queue": DetailKind("queue", queue_detail, lambda sight, one: sight.covers_queue(one.row), mask_queue_detail),
    "presentation": DetailKind("presentation", presentation_detail, Sight.covers_presentation, mask_presentation),
    "vendor-session": DetailKind(
        "vendor-session",
        vendor_session_detail,
        lambda sight, one: sight.covers_activity(one.row),
        mask_vendor_session_detail,
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a detail shows: the thing now, or as it was last seen before it went."""

    detail: object | None
    is_gone: bool


class DetailView:
    """Draws one thing anew at every step: cheap, and only what changed is sent."""

    def __init__(self, key: ViewKey, kind: DetailKind, row_key: str) -> None:
        self.key = key
        self._kind = kind
        self._row_key = row_key
        self._last: object | None = None

    def touch(self, applied: Applied) -> bool:
        """A step may concern the thing or anything it is joined with."""
        return applied.source == self._row_key.partition(":")[0]

    def tick(self, moment: Moment) -> bool:
        """Time may turn a wait."""
        return True

    def picture(self, moment: Moment) -> Picture:
        """Return the detail in one piece."""
        now = self._kind.draw_for(self.key.scope, moment, self._row_key)
        self._last = now or self._last
        shown = Shown(self._last, is_gone=now is None)
        piece = Piece(f"tile-{self._kind.name}", f"tiles/{self._kind.name}.html", shown)
        return Picture("boards/detail.html", {"detail": piece}, root=DETAIL_ID)
