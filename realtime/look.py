"""A look at a State, from which is told what happened, and by how much the clocks behind it may be off. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from realtime.change import Applied, Change
from realtime.state import State

LATENCY = timedelta(seconds=20)
"""By so much the appliance may be late with what it tells (PRODUCT §1)."""

TICK = timedelta(seconds=1)
"""By so much two times of one moment may differ: the appliance tells whole seconds, or parts of them."""

LONGEST = timedelta(days=7)
"""Longer spans, and moments further back, are what a wrong clock tells: they are cut."""


@dataclass(frozen=True, slots=True)
class Look:
    """A State at `now` (the appliance's clock), and the Change into which is written what is noted of it.

    `applied` is the step that just happened, None where a whole copy is looked at. `zone` is the site's: it decides
    which day something belongs to.
    """

    state: State
    change: Change
    now: datetime
    zone: tzinfo
    applied: Applied | None = None
