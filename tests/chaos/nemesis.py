"""Which faults happen when: drawn from a seed, so that a run can be repeated. Pure."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Target(StrEnum):
    """What a fault hits; one thing has one fault at a time."""

    APPLIANCE = "appliance"
    MIRROR = "mirror"
    WORKER = "worker"
    WEB = "web"
    VALKEY = "valkey"
    POSTGRES = "postgres"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and how many seconds it lasts: 0 for what only happens, and is left to recover by itself.

    `rows` names those of the fault matrix that it is. One that comes `once` a run is survived in that time only once.
    """

    target: Target
    name: str
    seconds: float = 0.0
    rows: str = ""
    once: bool = False

    def __str__(self) -> str:
        return f"{self.target} {self.name}"


FAULTS = (
    Fault(Target.APPLIANCE, "drop", rows="F1"),
    Fault(Target.APPLIANCE, "restart", rows="F1"),
    Fault(Target.APPLIANCE, "restart_same_ids", rows="F1"),
    Fault(Target.APPLIANCE, "truncate", 2.0, rows="F2"),
    Fault(Target.APPLIANCE, "half_open", 4.0, rows="F3"),
    Fault(Target.APPLIANCE, "bad_json", rows="F5"),
    Fault(Target.APPLIANCE, "revoke", rows="F8", once=True),  # a token refused within minutes: 30 s until the next
    Fault(Target.APPLIANCE, "hour_ahead", 3.0, rows="F21"),
    Fault(Target.APPLIANCE, "hour_behind", 3.0, rows="F21"),
    Fault(Target.VENDOR, "500", 5.0, rows="F9"),
    Fault(Target.VENDOR, "time-out", 6.0, rows="F9"),
    Fault(Target.VENDOR, "truncated", 5.0, rows="F9"),
    Fault(Target.WEB, "killed", 1.0, rows="F13"),
    Fault(Target.WEB, "ended", 1.0, rows="F12"),
    Fault(Target.WEB, "stopped", 3.0, rows="F11"),
    Fault(Target.POSTGRES, "fast", 1.5, rows="F14"),
    Fault(Target.POSTGRES, "immediate", 1.5, rows="F14"),
    Fault(Target.POSTGRES, "locked", 4.0, rows="F15"),
    Fault(Target.VALKEY, "killed", 2.0, rows="F16"),
    Fault(Target.WORKER, "children", rows="F17"),
    Fault(Target.WORKER, "killed", 1.0, rows="F18"),
    Fault(Target.WORKER, "stopped", 3.0, rows="F18"),
    Fault(Target.MIRROR, "killed", 1.0, rows="F19"),
    Fault(Target.MIRROR, "stopped", 10.0, rows="F19, F20"),
)
ALONE = frozenset({Target.POSTGRES, Target.WEB, Target.WORKER})
"""A process that is started while its database is away may end: supervisors start it again, chaos waits instead."""


@dataclass(frozen=True, slots=True)
class Step:
    """A fault that begins `at` seconds and ends at `until`."""

    at: float
    until: float
    fault: Fault


def draw_plan(seed: int, seconds: float, gap: tuple[float, float] = (0.6, 2.2)) -> list[Step]:
    """Return faults for so long a run, all over by its end; each comes once before any comes twice."""
    chance = random.Random(seed)
    deck: list[Fault] = []
    plan: list[Step] = []
    at = 1.0
    while at < seconds:
        if not deck:
            deck = [one for one in chance.sample(FAULTS, len(FAULTS)) if not (one.once and plan)]
        fault = next((one for one in deck if at + one.seconds <= seconds and is_free(one.target, at, plan)), None)
        if fault is not None:
            deck.remove(fault)
            plan.append(Step(round(at, 2), round(at + fault.seconds, 2), fault))
        at += chance.uniform(*gap)
    return plan


def is_free(target: Target, at: float, plan: list[Step]) -> bool:
    """Say whether a target can be hit: nothing holds it, nor anything that must not happen beside it."""
    held = {step.fault.target for step in plan if step.until + 0.5 > at}
    return target not in held and not (target in ALONE and held & ALONE)
