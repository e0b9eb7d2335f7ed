"""What becomes of stays: answered, left, flowed out, or unknown; counted by queue and day (PRODUCT §6). Pure.

A stay is one continuous stay of a session in one team or prewait queue, from its entry until somebody takes it. Each
live session's latest one is held as a `team_stay`; what came of it is counted in its queue's `queue_day`. Who still
waits after a time without the appliance has waited all along, since the moment that it tells. What came of a stay is
seen by being there: of what ended while nobody listened it is unknown, also where somebody is in the session now (they
may have taken it from another queue, or from somebody else), and stays out of every rate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import cast

from realtime.change import Applied, Cause, Change, Fields
from realtime.lasting import KNOWN_QUEUE_TYPES, lasting_key, lasting_session_key
from realtime.presence import waiting_since
from realtime.schema import SupportSession, row_key
from realtime.state import State

GRACE = timedelta(seconds=60)
"""A customer whose last client is away for longer has left."""

TICK = timedelta(seconds=1)
"""By so much two times of one moment may differ: the appliance tells whole seconds, or parts of them."""

LONGEST = timedelta(days=7)
"""Longer waits, and moments further back, are what a wrong clock tells: they are cut."""

DAYS_KEPT = 8
"""Of a queue's days, today's included: what today is compared with."""


class Outcome(StrEnum):
    """What came of a stay."""

    ANSWERED = "answered"
    LEFT = "left"
    FLOWED_OUT = "flowed-out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Look:
    """A State at `now` (the appliance's clock), and the Change into which is written what is noted of it.

    `zone` is the site's: it decides which day something belongs to.
    """

    state: State
    change: Change
    now: datetime
    zone: tzinfo


def note_stays(look: Look, applied: Applied) -> None:
    """Note what the last step of the State says of stays."""
    for key in _touched(look.state, applied):
        row = look.state.support_sessions.get(key)
        if row is not None:
            _review(look, key, row, applied)
        elif applied.cause is Cause.LIVE:  # what a copy no longer shows is judged when it is complete
            _end(look, key, applied)


def settle_stays(look: Look) -> None:
    """A copy is complete: note that nobody knows what came of the open stays whose session it did not show."""
    sessions = look.state.support_sessions
    for key, stay in _stays_of(look):
        session_key = stay.get("support_session_id") or ""
        session = sessions.get(session_key)
        if session is None or lasting_session_key(session_key, cast("Fields", session)) != key:
            if stay.get("outcome") is None:
                _count(look, stay, Outcome.UNKNOWN, look.now)
            _forget(look, key)


def expire_stays(look: Look) -> None:
    """Note who left without ending the session: their last client went, and has not come back."""
    for key, stay in _stays_of(look):
        left_at = stay.get("client_left_at")
        if stay.get("outcome") is None and left_at is not None and look.now - left_at >= GRACE:
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
        if row.before is None:
            keys |= dict.fromkeys(state.referring("support_session", "queue_id", queue))
    return keys


def _end(look: Look, session_key: str, applied: Applied) -> None:
    """A session ended while we listened: who was not answered has left.

    Somebody may have been in it whose taking it nobody saw: then it is unknown.
    """
    parts = applied.rows.get("representative_support_session", {}).values()
    had_reps = any(part.before and part.before.get("support_session_id") == session_key for part in parts)
    outcome = Outcome.UNKNOWN if had_reps or _reps(look.state, session_key) else Outcome.LEFT
    for key in look.state.referring("team_stay", "support_session_id", session_key):
        stay = look.state.tables["team_stay"][key]
        if stay.get("outcome") is None:
            _count(look, stay, outcome, stay.get("client_left_at") or look.now)
        _forget(look, key)


def _review(look: Look, session_key: str, row: SupportSession, applied: Applied) -> None:
    """Bring a session's stay up to what its rows say now."""
    is_live = applied.cause is Cause.LIVE
    key, held = _held(look, session_key, cast("Fields", row), is_live=is_live)
    queue, entered_at = _team_queue(look.state, row), waiting_since(row) or look.now
    if held is None and queue is None:
        return
    stay = held or _first_seen(look, session_key, queue or "", entered_at, is_live=is_live)
    has_moved = queue is not None and queue != stay["known_queue_id"]
    stay = _answered(look, stay, session_key, before=entered_at if has_moved else None, is_live=is_live)
    if queue is not None and _is_another(look.state, stay, session_key, queue, entered_at):
        if stay.get("outcome") is None:
            _count(look, stay, Outcome.FLOWED_OUT if is_live else Outcome.UNKNOWN, entered_at if is_live else look.now)
        stay = _first_seen(look, session_key, queue, entered_at, is_live=is_live)
        stay = _answered(look, stay, session_key, before=None, is_live=is_live)
    stay = _with_client(look, stay, session_key, applied) | {"support_session_id": session_key}
    if stay != look.state.tables["team_stay"].get(key):
        _keep(look, key, stay)


def _held(look: Look, session_key: str, row: Fields, *, is_live: bool) -> tuple[str, Fields | None]:
    """Return a session's lasting key and the stay held for it, also from before the appliance told its `lsid`."""
    stays = look.state.tables["team_stay"]
    key, provisional = lasting_session_key(session_key, row), lasting_session_key(session_key, {})
    if key not in stays and is_live and provisional in stays:
        _forget(look, provisional)
        return key, stays[provisional]
    return key, stays.get(key)


def _team_queue(state: State, row: SupportSession) -> str | None:
    """Return the lasting key of the team or prewait queue that a session is in; None in a personal or unknown one."""
    key = row.get("queue_id") or ""
    queue = state.queues.get(key)
    return lasting_key(key, cast("Fields", queue)) if queue and queue.get("type") in KNOWN_QUEUE_TYPES else None


def _first_seen(look: Look, session_key: str, queue: str, entered_at: datetime, *, is_live: bool) -> Fields:
    """Return a stay as it begins; one that a copy shows as answered is over, and was not ours to count."""
    stay = {"support_session_id": session_key, "known_queue_id": queue, "entered_at": entered_at}
    is_over = not is_live and bool(_reps(look.state, session_key))
    return stay | {"outcome": Outcome.ANSWERED.value} if is_over else stay


def _reps(state: State, session_key: str) -> list[datetime | None]:
    """Return when the representatives who are in a session took it."""
    rows = state.representative_support_sessions
    keys = state.referring("representative_support_session", "support_session_id", session_key)
    return [rows[key].get("created_at") for key in keys]


def _answered(look: Look, stay: Fields, session_key: str, *, before: datetime | None, is_live: bool) -> Fields:
    """Return a stay, answered and counted if somebody took the session in it: since its start, and `before` it moved.

    What only a copy shows may have happened in another queue, or begun with somebody else: it is unknown.
    """
    if stay.get("outcome") is not None:
        return stay
    joined = [at or look.now for at in _reps(look.state, session_key)]
    joined = [at for at in joined if at >= stay["entered_at"] - TICK and (before is None or at < before)]
    if not joined:
        return stay
    outcome = Outcome.ANSWERED if is_live else Outcome.UNKNOWN
    _count(look, stay, outcome, min(joined) if is_live else look.now)
    return stay | {"outcome": outcome.value}


def _is_another(state: State, stay: Fields, session_key: str, queue: str, entered_at: datetime) -> bool:
    """Whether a session that stands in `queue` since `entered_at` has begun another stay.

    While whoever answered the last one is still in it, it has not: some appliances may move it to say who has it.
    """
    is_elsewhere: bool = queue != stay["known_queue_id"]
    if stay.get("outcome") is None:
        return is_elsewhere
    reps = _reps(state, session_key)
    if is_elsewhere:
        return all(at is not None and at >= entered_at for at in reps)
    return not reps and bool(entered_at > stay["entered_at"])


def _with_client(look: Look, stay: Fields, session_key: str, applied: Applied) -> Fields:
    """Return a stay with the moment since when its customer has no client, if one was seen to go."""
    clients = look.state.referring("customer_client", "support_session_id", session_key)
    if clients or stay.get("outcome") is not None:
        return {name: value for name, value in stay.items() if name != "client_left_at"}
    if applied.cause is Cause.LIVE and "client_left_at" not in stay:
        rows = applied.rows.get("customer_client", {}).values()
        if any(row.before and row.before.get("support_session_id") == session_key for row in rows):
            return stay | {"client_left_at": look.now}
    return stay


def _keep(look: Look, key: str, stay: Fields) -> None:
    look.change.inserts.setdefault("team_stay", {})[key] = stay


def _forget(look: Look, key: str) -> None:
    look.change.deletes.setdefault("team_stay", []).append(key)


def _count(look: Look, stay: Mapping[str, object], outcome: Outcome, at: datetime) -> None:
    """Count what came of a stay at a moment, on its day."""
    at = min(max(at, look.now - LONGEST), look.now)
    queue, entered_at = str(stay["known_queue_id"]), cast("datetime", stay["entered_at"])
    day = at.astimezone(look.zone).date()
    key = f"{queue}/{day}"
    rows = look.change.inserts.setdefault("queue_day", {})
    row = rows.get(key) or look.state.tables["queue_day"].get(key)
    if row is None:
        row = {"known_queue_id": queue, "day": str(day)}
        _forget_days(look, queue, str(day - timedelta(days=DAYS_KEPT)))
    rows[key] = row | _one_more(row, outcome, min(max(at - entered_at, timedelta()), LONGEST))


def _one_more(row: Fields, outcome: Outcome, wait: timedelta) -> Fields:
    """Return what differs in a queue's day after one more outcome."""
    if outcome in (Outcome.FLOWED_OUT, Outcome.UNKNOWN):
        name = outcome.value.replace("-", "_")
        return {name: row.get(name, 0) + 1}
    counts = row.get(outcome.value, {})
    seconds = str(int(wait.total_seconds()))
    return {outcome.value: counts | {seconds: counts.get(seconds, 0) + 1}}


def _forget_days(look: Look, queue: str, last: str) -> None:
    """Delete the days of a queue up to and with `last`."""
    days = look.state.queue_days
    old = [
        key for key in look.state.referring("queue_day", "known_queue_id", queue) if str(days[key].get("day")) <= last
    ]
    if old:
        look.change.deletes.setdefault("queue_day", []).extend(old)
