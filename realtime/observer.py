"""What we notice between two pictures and the appliance never tells: spells, journeys, stays, queues without staff.

Each step of a State may give one more Change, for the observed tables (`schema.OBSERVED_TABLES`). Only steps that
happened while we were listening (`Cause.LIVE`) are taken for events; what a copy or a sweep shows is a new picture of
something that may have happened at any time before. Pure.
"""

from collections.abc import Collection
from datetime import UTC, datetime, tzinfo
from typing import cast

from realtime.change import Applied, Cause, Change, Fields, RowChange
from realtime.lasting import KNOWN_QUEUE_TYPES, lasting_key
from realtime.look import Look
from realtime.presence import representative_state
from realtime.schema import KnownQueue, Representative
from realtime.state import State
from realtime.stays import expire_stays, note_stays, settle_stays


def observe(state: State, applied: Applied, now: datetime, zone: tzinfo = UTC) -> Change | None:
    """Return what `applied`, the last step of `state`, lets us note at `now` (the appliance's clock).

    `zone` decides which day something belongs to.
    """
    change = Change(applied.source, cause=applied.cause)
    _note_spells(state, applied, now, change)
    _note_journeys(state, applied, now, change)
    _note_queues(state, applied, now, change)
    if applied.cause is Cause.LIVE:
        note_stays(Look(state, change, now, zone, applied), applied)
    return _unless_empty(change)


def observe_settled(state: State, source: str, now: datetime, zone: tzinfo = UTC) -> Change | None:
    """Return what is noted when a copy is complete."""
    change = Change(source, cause=Cause.SWEEP)
    settle_stays(Look(state, change, now, zone))
    return _unless_empty(change)


def observe_time(state: State, source: str, now: datetime, zone: tzinfo = UTC) -> Change | None:
    """Return what the passing of time lets us note while we listen."""
    change = Change(source)
    expire_stays(Look(state, change, now, zone))
    return _unless_empty(change)


def _unless_empty(change: Change) -> Change | None:
    return change if change.inserts or change.updates or change.deletes else None


def _insert(change: Change, table: str, key: str, fields: Fields) -> None:
    change.inserts.setdefault(table, {})[key] = fields


def _delete(change: Change, table: str, keys: Collection[str]) -> None:
    if keys:
        change.deletes.setdefault(table, []).extend(keys)


def _note_spells(state: State, applied: Applied, now: datetime, change: Change) -> None:
    """Note since when a representative is in the state they are in, from the first change that we see."""
    rows = applied.rows.get("representative", {})
    touched = set(rows)
    for table in ("representative_support_session", "presenter"):
        touched |= applied.targets(table, "representative_id")
    for key in touched:
        if key in state.representatives and applied.cause is Cause.LIVE:
            _note_spell(state, key, applied, now, change)
        elif key in state.representative_spells and not _may_still_hold(state, key, rows.get(key)):
            _delete(change, "representative_spell", [key])


def _may_still_hold(state: State, key: str, seen: RowChange | None) -> bool:
    """Whether a new picture shows the same login in the state of its spell; of any other nobody saw the beginning."""
    row = state.representatives.get(key)
    if row is None or (seen is not None and _login(seen.before) != _login(seen.after)):
        return False
    return state.representative_spells[key].get("state") == representative_state(state, key, row)


def _login(row: Fields | None) -> tuple[object, ...]:
    """Return what tells one login from another: after a restart the appliance may give a row id to somebody else."""
    return (row.get("user_id"), row.get("created_at")) if row else ()


def _note_spell(state: State, key: str, applied: Applied, now: datetime, change: Change) -> None:
    row = state.representatives[key]
    current = representative_state(state, key, row).value
    seen = applied.rows.get("representative", {}).get(key)
    known = state.representative_spells.get(key)
    if seen is not None and seen.before is None:
        since = row.get("created_at") or now
    elif known.get("state") != current if known else _has_moved(state, key, seen, applied, current):
        since = now
    else:
        return
    _insert(change, "representative_spell", key, {"representative_id": key, "state": current, "since": since})


def _has_moved(state: State, key: str, seen: RowChange | None, applied: Applied, current: str) -> bool:
    """Whether the step changed the state of a representative we know no spell of."""
    for table in ("representative_support_session", "presenter"):
        count = len(state.referring(table, "representative_id", key))
        if (count == 0) != (count - _growth(applied, table, key) == 0):
            return True
    before = cast("Representative | None", seen.before if seen else None)
    return before is not None and representative_state(state, key, before).value != current


def _growth(applied: Applied, table: str, key: str) -> int:
    """How many rows of a table more than before point to the representative `key`."""
    growth = 0
    for row in applied.rows.get(table, {}).values():
        growth += bool(row.after and row.after.get("representative_id") == key)
        growth -= bool(row.before and row.before.get("representative_id") == key)
    return growth


def _note_journeys(state: State, applied: Applied, now: datetime, change: Change) -> None:
    """Note each stay in a queue that ended by a move to another one; forget them with their session.

    A new picture may show another session under the row id: after a restart the appliance gives ids anew.
    """
    for key, row in applied.rows.get("support_session", {}).items():
        past = state.referring("queue_stay", "support_session_id", key)
        if row.after is None or (applied.cause is not Cause.LIVE and _lsid(row.before) != _lsid(row.after)):
            _delete(change, "queue_stay", past)
        elif applied.cause is Cause.LIVE and row.before and row.before.get("queue_id") != row.after.get("queue_id"):
            left = row.before.get("queue_id")
            if left is None:
                continue
            fields = {
                "support_session_id": key,
                "queue_name": (state.queues.get(left) or {}).get("name"),
                "entered_at": row.before.get("queue_entered_at"),
                "left_at": row.after.get("queue_entered_at") or now,
            }
            _insert(change, "queue_stay", f"{key}/{len(past) + 1}", fields)


def _lsid(row: Fields | None) -> object:
    return row.get("lsid") if row else None


def _note_queues(state: State, applied: Applied, now: datetime, change: Change) -> None:
    """Keep every team queue we have seen, and since when nobody is logged in to it."""
    rows = applied.rows.get("queue", {})
    touched = set(rows) | applied.targets("representative_queue", "queue_id")
    held = {key: state.queues.get(key) or (rows[key].before if key in rows else None) for key in touched}
    for key, row in held.items():
        for known_key in state.referring("known_queue", "queue_id", key):
            if row is None or known_key != lasting_key(key, cast("Fields", row)):
                _lose_queue(state, known_key, applied, now, change)
    for key, row in held.items():  # after all losses: a queue may have lost one row id and got another in the same step
        if row is not None and row.get("type") in KNOWN_QUEUE_TYPES:
            _note_queue(state, key, cast("Fields", row), applied, now, change)


def _lose_queue(state: State, known_key: str, applied: Applied, now: datetime, change: Change) -> None:
    """Note that the row of a known queue turned out to be another queue's."""
    fields = {name: value for name, value in state.known_queues[known_key].items() if name != "queue_id"}
    if fields.get("unstaffed_at") is None:
        fields |= {"unstaffed_at": now, "is_exact": applied.cause is Cause.LIVE}
    _insert(change, "known_queue", known_key, fields)


def _note_queue(state: State, key: str, row: Fields, applied: Applied, now: datetime, change: Change) -> None:
    known_key = lasting_key(key, row)
    known = state.known_queues.get(known_key, KnownQueue())
    is_held = key in state.queues
    if not is_held and known.get("queue_id") not in (key, None):
        return  # the queue came back under another row id before its old row was swept
    is_staffed = is_held and bool(state.referring("representative_queue", "queue_id", key))
    fields: Fields = {name: row.get(name) for name in ("code_name", "name", "type")}
    fields["queue_id"] = key if is_held else None
    if not is_staffed:
        is_new = known.get("unstaffed_at") is None
        fields["unstaffed_at"] = now if is_new else known.get("unstaffed_at")
        fields["is_exact"] = applied.cause is Cause.LIVE if is_new else known.get("is_exact")
    _insert(change, "known_queue", known_key, {name: value for name, value in fields.items() if value is not None})
