"""How long representatives had a session, counted when it ends (PRODUCT §6, "Avg session time with rep"). Pure.

It is held beside the session's stay in a team queue: from when it first came to a team, and a representative was in
it, to its end, without the times in which nobody was. A session counts for the queue of its last stay, on the day it
ends. If nobody listened while somebody came to it, left it or ended it, it is in no average.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from realtime.change import Fields
from realtime.days import add_to_day
from realtime.look import LONGEST, TICK, Look

HOLD = ("held_since", "joined_at", "released_at", "is_held_unseen")
"""The fields of a `team_stay` that go over to the session's next one."""


def hold_of(stay: Fields) -> Fields:
    """Return what is known of who had a session, for its next stay."""
    return {name: stay[name] for name in HOLD if name in stay}


def with_hold(look: Look, stay: Fields, joined: Sequence[datetime | None]) -> Fields:
    """Return a stay with what its rows say now of who has the session. `joined`: when those who are in it came."""
    if look.applied is None and not _has_gone_on(stay, joined):
        return stay | {"is_held_unseen": True}
    since, released_at = stay.get("held_since"), stay.get("released_at")
    if not joined:
        return stay if since is None or released_at else stay | {"released_at": look.now}
    told = [at for at in joined if at is not None]
    begun_at = min(max(min(told, default=look.now), stay["entered_at"]), look.now)
    if released_at and since:
        since += max(begun_at - released_at, timedelta())  # as if nobody had been away in between
    kept = {name: value for name, value in stay.items() if name != "released_at"}
    last = max(told, default=stay.get("joined_at") or look.now)
    return kept | {"held_since": min(since or begun_at, begun_at), "joined_at": last}  # it may be told late


def count_hold(look: Look, stay: Fields) -> None:
    """Count how long representatives had a session that ended; nothing, if nobody ever had it."""
    since, is_unseen = stay.get("held_since"), stay.get("is_held_unseen")
    if since is None and not is_unseen:
        return
    added = {"handled_unseen": 1}
    if since and look.applied and not is_unseen:
        held = min(max((stay.get("released_at") or look.now) - since, timedelta()), LONGEST)
        added = {"handled": 1, "handled_seconds": int(held.total_seconds())}
    add_to_day(look, str(stay["known_queue_id"]), look.now, added)


def _has_gone_on(stay: Fields, joined: Sequence[datetime | None]) -> bool:
    """Whether a copy shows that what we knew went on: nobody has the session still, or somebody who had it has.

    Who joined no later than the last one whom we saw was in it before. An appliance that restarts stamps all anew.
    """
    joined_at = stay.get("joined_at")
    if joined_at is None or stay.get("released_at"):
        return not joined
    return any(at is not None and at <= joined_at + TICK for at in joined)
