"""What a simulated appliance is told at its start."""

from dataclasses import dataclass

from realtime.simulator.dialect import Freedom
from realtime.simulator.faults import PlannedFault
from realtime.simulator.ledger import IdMode
from realtime.simulator.load import BUSY_HOUR


@dataclass(frozen=True, slots=True)
class Options:
    """Port 0 picks a free one. `rate` counts row changes per second of real time, whatever the speed."""

    host: str = "127.0.0.1"
    port: int = 0
    client_id: str = "simulator"
    client_secret: str = "simulator"  # noqa: S105 - a stand-in appliance on loopback
    seed: int = 1
    speed: float = 1.0
    reps: int = 48
    sessions: int = 80
    rate: float = 0.0
    hour: float = BUSY_HOUR
    ids: IdMode = IdMode.LARGE
    company_name: str = "Harbour & Søn Support"
    freedoms: frozenset[Freedom] = frozenset()
    faults: tuple[PlannedFault, ...] = ()
    control: bool = False
    rows_per_message: int = 500
    backlog_limit_bytes: int = 8 * 1024 * 1024
    most_integrations: int = 30
    token_seconds: float = 3600.0
    requests_per_second: int = 20
    requests_per_hour: int = 15_000
    tick_seconds: float = 0.05
