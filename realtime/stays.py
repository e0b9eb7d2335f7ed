"""What becomes of stays: answered, left, flowed out, or unknown; counted by queue and day (PRODUCT §6). Pure.

A stay is one continuous stay of a session in one team or prewait queue, from its entry until somebody takes it. Each
live session's latest one is held as a `team_stay`; what came of it is counted in its queue's `queue_day`.

What came of a stay is seen by being there. A copy is looked at when it is complete, and tells one thing only: who
still waits has waited all along, since the moment that the appliance says. Of all other stays it is unknown what came
of them, also where somebody is in the session now (they may have taken it from another queue, or from somebody else);
they stay out of every rate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from realtime.change import Applied, Fields
from realtime.days import Added, add_to_day
from realtime.holds import count_hold, hold_of, with_hold
from realtime.lasting import KNOWN_QUEUE_TYPES, lasting_key, lasting_session_key
from realtime.look import LATENCY, LONGEST, TICK, Look
from realtime.presence import waiting_since
from realtime.schema import SupportSession, row_key
from realtime.state import State

SHORT_SECONDS = 20
"""Who leaves sooner never gave anybody the chance to answer, and is in no rate (PRODUCT §6, S)."""

GRACE = timedelta(seconds=60)
"""A customer whose last client is away for longer has left."""


class Outcome(StrEnum):
    """What came of a stay."""

    ANSWERED = "answered"
    LEFT = "left"
    FLOWED_OUT = "flowed-out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session is: in which team queue (its lasting key; None in somebody's own or an unknown one), since when
    as far as that is told, and when the representatives who are in it joined, None where that is not told."""

    session_key: str
    queue: str | None
    entered_at: datetime | None
    joined: tuple[datetime | None, ...]


def note_stays(look: Look, applied: Applied) -> None:
    """Note what a step says that happened while we listened."""
    _follow_renamed(look, applied)
    for key in _touched(look.state, applied):
        row = look.state.tables["support_session"].get(key)
        if row is None:
            _end(look, key, applied)
        else:
            _review(look, key, row)


def settle_stays(look: Look) -> None:
    """A copy is complete: go on with the stays that it shows, and note that of all others nobody knows what came."""
    prefix = row_key(look.change.source, "")
    stays, queues = look.state.tables["team_stay"], look.state.tables["queue"]
    teams = {key for key, row in queues.items() if row.get("type") in KNOWN_QUEUE_TYPES}
    shown = set()
    for session_key, row in look.state.tables["support_session"].items():
        if session_key.startswith(prefix):
            key = lasting_session_key(session_key, row)
            if key in stays or row.get("queue_id") in teams:  # of all others there is nothing to say
                shown.add(_review(look, session_key, row))
    for key, stay in _stays_of(look):
        if key not in shown:
            if stay.get("outcome") is None:
                _count(look, stay, Outcome.UNKNOWN, look.now)
            count_hold(look, stay)
            _forget(look, key)


def expire_stays(look: Look) -> None:
    """Note who left without ending the session: their last client went, and has not come back.

    A machine that is being restarted by somebody who has the session in hand has not left.
    """
    for key, stay in _stays_of(look):
        left_at = stay.get("client_left_at")
        if stay.get("outcome") is None and left_at is not None and look.now - left_at >= GRACE:
            if "taken_at" in stay or _joined(look.state, stay["support_session_id"]):
                continue
            _count(look, stay, Outcome.LEFT, left_at)
            _keep(look, key, stay | {"outcome": Outcome.LEFT.value})


def _stays_of(look: Look) -> list[tuple[str, Fields]]:
    prefix = row_key(look.change.source, "")
    return [(key, stay) for key, stay in look.state.tables["team_stay"].items() if key.startswith(prefix)]


def _touched(state: State, applied: Applied) -> Iterable[str]:
    """Return the keys of the sessions whose stay a step may concern; a queue can come later than who is in it."""
    keys = dict.fromkeys(applied.rows.get("support_session", ()))
    for table in ("representative_support_session", "customer_client"):
        keys |= dict.fromkeys(applied.targets(table, "support_session_id"))
    for queue, row in applied.rows.get("queue", {}).items():
        if _lasting(queue, row.before) is None:
            keys |= dict.fromkeys(state.referring("support_session", "queue_id", queue))
    return keys


def _follow_renamed(look: Look, applied: Applied) -> None:
    """Let a stay in a queue be one in it also under another lasting key: a name that changed, a team told late."""
    for queue, row in applied.rows.get("queue", {}).items():
        before, after = (_lasting(queue, one) for one in row)
        if before and after and before != after:
            for key in look.state.referring("team_stay", "known_queue_id", before):
                _keep(look, key, look.state.tables["team_stay"][key] | {"known_queue_id": after})


def _lasting(queue_key: str, row: Fields | None) -> str | None:
    """Return the lasting key of a team or prewait queue."""
    return lasting_key(queue_key, row) if row and row.get("type") in KNOWN_QUEUE_TYPES else None


def _end(look: Look, session_key: str, applied: Applied) -> None:
    """A session ended: who was not answered has left.

    Somebody may have been in it whose taking it nobody saw: then it is unknown.
    """
    joined = _joined(look.state, session_key)
    is_held = joined or _has_released(applied, session_key)
    outcome = Outcome.UNKNOWN if is_held else Outcome.LEFT
    for key in look.state.referring("team_stay", "support_session_id", session_key):
        stay = look.state.tables["team_stay"][key]
        if stay.get("outcome") is None:
            _close(look, stay, outcome, stay.get("client_left_at") or look.now)
        count_hold(look, with_hold(look, stay, joined))
        _forget(look, key)


def _review(look: Look, session_key: str, row: Fields) -> str:
    """Bring a session's stay up to what its rows say now; return the session's lasting key."""
    key, held = _held(look, session_key, row)
    queue_key = row.get("queue_id") or ""
    queue = _lasting(queue_key, look.state.tables["queue"].get(queue_key))
    if held is None and queue is None:
        return key
    if held and not queue_key:
        queue = str(held["known_queue_id"])  # not told, or not any more: where it was
    place = Place(session_key, queue, waiting_since(cast("SupportSession", row)), _joined(look.state, session_key))
    stay = _corrected(look, held, place) if held else _begun(look, place, place.entered_at or look.now)
    stay = _answered(look, stay, place)
    if _is_another(look, stay, place):
        stay = _answered(look, _begun(look, place, _left_for(look, stay, place)) | hold_of(stay), place)
    stay = with_hold(look, _with_client(look, stay, session_key), place.joined) | {"support_session_id": session_key}
    if stay != look.state.tables["team_stay"].get(key):
        _keep(look, key, stay)
    return key


def _held(look: Look, session_key: str, row: Fields) -> tuple[str, Fields | None]:
    """Return a session's lasting key and the stay held for it.

    Its `lsid` may be told late, or be gone for a moment: while we listen, its row is the same.
    """
    stays, noted = look.state.tables["team_stay"], look.change.inserts.get("team_stay", {})
    key, provisional = lasting_session_key(session_key, row), lasting_session_key(session_key, {})
    if look.applied and key == provisional:
        key = next(iter(look.state.referring("team_stay", "support_session_id", session_key)), key)
    held = noted.get(key) or stays.get(key)
    if held is None and look.applied and provisional in stays:
        _forget(look, provisional)
        return key, stays[provisional]
    return key, held


def _joined(state: State, session_key: str) -> tuple[datetime | None, ...]:
    """Return when the representatives who are in a session joined it."""
    rows = state.representative_support_sessions
    keys = state.referring("representative_support_session", "support_session_id", session_key)
    return tuple(rows[key].get("created_at") for key in keys)


def _begun(look: Look, place: Place, entered_at: datetime) -> Fields:
    """Return a stay as it begins; one that a copy shows in somebody's hands is over, and was not ours to count."""
    stay = {"support_session_id": place.session_key, "known_queue_id": place.queue, "entered_at": entered_at}
    return stay if look.applied or not place.joined else stay | {"outcome": Outcome.ANSWERED.value}


def _corrected(look: Look, stay: Fields, place: Place) -> Fields:
    """Return an open stay with its beginning as it turns out to be.

    The appliance may tell it after the session. And who was in the session without having answered it, and goes, leaves
    it to wait from now on.
    """
    if stay.get("outcome") is not None or not look.applied or place.queue != stay["known_queue_id"]:
        return stay
    seen, told = look.applied.rows.get("support_session", {}).get(place.session_key), place.entered_at
    if told is not None and seen is not None and seen.before is not None:
        before = seen.before.get("queue_entered_at")
        if before is None or (before != told and told < stay["entered_at"]):
            return stay | {"entered_at": told}
    was_held = not place.joined and "taken_at" not in stay and _has_released(look.applied, place.session_key)
    return stay | {"entered_at": look.now} if was_held and look.now - stay["entered_at"] > LATENCY else stay


def _has_released(applied: Applied, session_key: str) -> bool:
    """Whether a representative left a session in a step."""
    parts = applied.rows.get("representative_support_session", {}).values()
    return any(part.before and part.before.get("support_session_id") == session_key for part in parts)


def _answered(look: Look, stay: Fields, place: Place) -> Fields:
    """Return a stay, answered and counted if somebody took the session in it: since its start, and before it moved.

    Only a step tells of an answer: whom a copy shows in it may have come to it another way.
    """
    if stay.get("outcome") is not None:
        return stay
    if not look.applied:
        is_over = bool(place.joined) or "taken_at" in stay
        return _decided(look, stay, Outcome.UNKNOWN, look.now) if is_over else stay
    has_moved = place.queue is not None and place.queue != stay["known_queue_id"]
    until = place.entered_at if has_moved and _is_later(stay, place) else None
    joined = [at for at in place.joined if at and at >= stay["entered_at"] - TICK and (until is None or at < until)]
    return _decided(look, stay, Outcome.ANSWERED, min(joined)) if joined else _taken_unseen(look, stay, place)


def _taken_unseen(look: Look, stay: Fields, place: Place) -> Fields:
    """Return an open stay, noting who is in it of whom is not told when they joined: it may be told yet."""
    taken_at = stay.get("taken_at")
    if taken_at is None:
        return stay | {"taken_at": look.now} if None in place.joined else stay
    has_gone = not place.joined and look.now - taken_at > LATENCY
    return _decided(look, stay, Outcome.ANSWERED, taken_at) if has_gone else stay


def _decided(look: Look, stay: Fields, outcome: Outcome, at: datetime) -> Fields:
    """Return a stay that is over, and counted."""
    _count(look, stay, outcome, at)
    return stay | {"outcome": outcome.value}


def _is_later(stay: Fields, place: Place) -> bool:
    """Whether a session is told to have come to where it stands after a stay began."""
    return place.entered_at is not None and place.entered_at > stay["entered_at"] + TICK


def _moved_at(look: Look, stay: Fields, place: Place) -> datetime:
    """Return when a session came to where it stands from where `stay` was: as told, or else as seen."""
    return place.entered_at if place.entered_at and (_is_later(stay, place) or not look.applied) else look.now


def _is_another(look: Look, stay: Fields, place: Place) -> bool:
    """Whether a session has begun another stay.

    While whoever answered the last one is still in it, it has not: some appliances may move it to say who has it. So a
    session that goes back to its own queue while one representative comes and another goes is not seen to wait.
    """
    if place.queue is None:
        return False
    is_elsewhere: bool = place.queue != stay["known_queue_id"]
    if stay.get("outcome") is None:
        return is_elsewhere or (_is_later(stay, place) and not look.applied)
    if is_elsewhere:
        moved_at = _moved_at(look, stay, place)
        return all(at is not None and at > moved_at for at in place.joined)
    return _is_later(stay, place) and not place.joined


def _left_for(look: Look, stay: Fields, place: Place) -> datetime:
    """Count what came of a stay that is open, now that there is another one; return when that one began.

    Where those who answered the last one stayed on for a while, it begins as they go, whatever the appliance says.
    """
    moved_at = _moved_at(look, stay, place)
    if stay.get("outcome") is None:
        _close(look, stay, *((Outcome.FLOWED_OUT, moved_at) if look.applied else (Outcome.UNKNOWN, look.now)))
        return moved_at
    stayed_on = look.applied and not place.joined and look.now - moved_at > LATENCY
    return look.now if stayed_on else moved_at


def _with_client(look: Look, stay: Fields, session_key: str) -> Fields:
    """Return a stay with the moment since when its customer has no client, if one was seen to go."""
    clients = look.state.referring("customer_client", "support_session_id", session_key)
    if clients or not look.applied or stay.get("outcome") is not None:
        return {name: value for name, value in stay.items() if name != "client_left_at"}
    rows = look.applied.rows.get("customer_client", {}).values()
    has_left = any(row.before and row.before.get("support_session_id") == session_key for row in rows)
    return stay | {"client_left_at": look.now} if has_left and "client_left_at" not in stay else stay


def _keep(look: Look, key: str, stay: Fields) -> None:
    look.change.inserts.setdefault("team_stay", {})[key] = stay


def _forget(look: Look, key: str) -> None:
    look.change.deletes.setdefault("team_stay", []).append(key)


def _close(look: Look, stay: Fields, outcome: Outcome, at: datetime) -> None:
    """Count what came of an open stay; if somebody was seen in it who was never told to have joined, an answer."""
    taken_at = stay.get("taken_at") if look.applied else None
    _count(look, stay, Outcome.ANSWERED if taken_at else outcome, taken_at or at)


def _count(look: Look, stay: Fields, outcome: Outcome, at: datetime) -> None:
    """Count what came of a stay at a moment, on its day. How long it lasted needs no clock of ours."""
    wait = min(max(at - stay["entered_at"], timedelta()), LONGEST)
    by_seconds = {str(int(wait.total_seconds())): 1}
    is_rated = outcome in (Outcome.ANSWERED, Outcome.LEFT)
    added: Added = {outcome.value.replace("-", "_"): by_seconds if is_rated else 1}
    add_to_day(look, str(stay["known_queue_id"]), at, added)
