"""What the simulated vendors are told at their start."""

from dataclasses import dataclass

from realtime.simulator.load import BUSY_HOUR


@dataclass(frozen=True, slots=True)
class Options:
    """Port 0 picks a free one. `busy` multiplies how much work there is; with 0 there is what is added by hand only.

    `seed`, `reps` and `hour` mean the same as for the simulated appliance: with equal ones the same people work.
    `secret` is what every vendor takes as token, key or password; the user name is "simulator".
    """

    host: str = "127.0.0.1"
    port: int = 0
    seed: int = 1
    reps: int = 48
    hour: float = BUSY_HOUR
    busy: float = 1.0
    secret: str = "simulator"  # noqa: S105 - a stand-in on loopback
    control: bool = False
