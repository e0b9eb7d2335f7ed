"""A session as EvoVoice describes it (`SessionInfo` of seed 002). Pure."""

from collections.abc import Callable, Container
from functools import partial
from typing import Any

from dashboard.vendors.simulators.activity import Case, Stage
from dashboard.vendors.simulators.faults import Freedom
from dashboard.vendors.simulators.frame import iso

STATES = {
    Stage.WAITING: ("Active", "Connected", "Queued"),
    Stage.RINGING: ("Active", "Connected", "Ringing"),
    Stage.ACTIVE: ("Active", "Connected", "Connected"),
    Stage.HELD: ("Active", "Hold", "Connected"),
    Stage.ENDED: ("None", "Disconnected", "Disconnected"),
    Stage.MISSED: ("None", "Disconnected", "Disconnected"),
}
"""dialState, callState, queueState: the caller's own call is connected while they wait in the queue."""
AGENT_STATES = {Stage.RINGING: "Ringing", Stage.ACTIVE: "Connected", Stage.HELD: "Hold"}
SUPPORT_NUMBER = "+15550199"


def describe(case: Case, now: float, freedoms: Container[Freedom]) -> dict[str, Any]:
    """Return every member but the account's."""
    stage, write = case.stage(now), time_writer(freedoms)
    is_over = stage in (Stage.ENDED, Stage.MISSED)
    dial, call, queue = call_states(case, stage, freedoms)
    return {
        "id": case.id[:24],
        "dateCreated": write(case.created_at),
        "dateLastModified": write(last_change(case, now)),
        "dialState": dial,
        "callState": call,
        "queueState": queue,
        "customerId": case.id[8:32],
        "customerName": case.company,
        "customerBreadcrumb": [{"id": case.id[8:32], "name": case.company}],
        "endpointId": "5f8e000000000000000000e1",
        "endpointName": case.technician.team,
        "dateCompleted": write(case.ended_at) if is_over else None,
        **parties(case, now),
        "channel": channel(case, freedoms),
        "ended": is_over,
        "outcome": {Stage.MISSED: "Abandoned", Stage.ENDED: "Completed"}.get(stage, ""),
        "callSid": f"CA{case.id}",
        "holdQueueName": "Parked" if stage is Stage.HELD else None,
        "holdReason": "None",
        "displayName": case.subject,
        "log": write_log(case, now, write),
        "members": write_members(case, stage, call),
        "wasMissed": stage is Stage.MISSED,
    }


def is_outgoing(case: Case) -> bool:
    """Whether we called."""
    return 0.7 < case.luck <= 0.9


def call_states(case: Case, stage: Stage, freedoms: Container[Freedom]) -> tuple[str, str, str]:
    """Return dialState, callState and queueState."""
    if Freedom.NEW_WORDS in freedoms:
        return "Predictive", "Whispering", "Overflowing"
    dial, call, queue = STATES[stage]
    if is_outgoing(case):
        return dial, "Ringing" if stage in (Stage.WAITING, Stage.RINGING) else call, "None"
    return dial, call, queue


def parties(case: Case, now: float) -> dict[str, Any]:
    """Return the members that say who called whom."""
    answered = case.answered_at is not None and case.answered_at <= now
    outgoing = is_outgoing(case)
    ours, theirs = ("fromAddress", "toAddress") if outgoing else ("toAddress", "fromAddress")
    return {
        "destination": case.phone if outgoing else "",
        ours: SUPPORT_NUMBER,
        theirs: case.phone,
        "fromName": case.technician.name if outgoing else case.customer,
        "answeredByName": case.technician.name if answered else None,
        "direction": "Outgoing" if outgoing else "Incoming",
    }


def time_writer(freedoms: Container[Freedom]) -> Callable[[float], str]:
    """Return how times are written; the product's own form is not known."""
    if Freedom.BARE_TIMES in freedoms:
        return partial(iso, zone="")
    if Freedom.OFFSET_TIMES in freedoms:
        return partial(iso, fraction_digits=3, zone="+00:00")
    return partial(iso, fraction_digits=7)


def channel(case: Case, freedoms: Container[Freedom]) -> str:
    """Return through which channel somebody came; most call."""
    if Freedom.NEW_WORDS in freedoms:
        return "Hologram"
    if case.luck < 0.05:
        return "Fax"
    return "Chat" if case.luck < 0.17 else "Voice"


def turns(case: Case) -> list[tuple[float, str]]:
    """Return what happened and will happen, oldest first."""
    found = [(case.created_at, "Call received"), (case.rung_at, f"Ringing {case.technician.name}")]
    if case.answered_at is not None:
        found.append((case.answered_at, f"Answered by {case.technician.name}"))
    for start, end in case.holds:
        found += [(start, "Put on hold"), (end, "Taken off hold")]
    return [*found, (case.ended_at, "Missed" if case.answered_at is None else "Call completed")]


def last_change(case: Case, now: float) -> float:
    """Return when the case last changed."""
    return max((at for at, _ in turns(case) if at <= now), default=case.created_at)


def write_log(case: Case, now: float, write: Callable[[float], str]) -> list[dict[str, str]]:
    """Return the log so far."""
    return [{"date": write(at), "message": message} for at, message in turns(case) if at <= now]


def write_members(case: Case, stage: Stage, call: str) -> list[dict[str, Any]]:
    """Return who takes part."""
    caller = {"identity": case.phone, "displayName": case.customer, "role": "Caller", "isOriginalMember": True}
    found = [caller | {"callState": call if call in ("Connected", "Hold") else "None", "muted": False}]
    if state := AGENT_STATES.get(stage):
        agent = {"identity": case.technician.username, "displayName": case.technician.name, "role": "Agent"}
        found.append(agent | {"isOriginalMember": False, "callState": state, "muted": False})
    return found
