"""What every simulated vendor's routes share: the world, the time, the faults and freedoms, the log of requests."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

from dashboard.vendors.simulators.activity import Activity, Case, Product
from dashboard.vendors.simulators.faults import Fault, Freedom, Trouble, Troubles
from dashboard.vendors.simulators.options import Options
from dashboard.vendors.simulators.timetable import Training
from dashboard.vendors.simulators.world import World

MOST_ASKED = 50_000  # requests remembered

DROP = object()
"""As a value in `said`: leave the member out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came, `path` without the vendor's prefix; status 0 when it was left without an answer."""

    vendor: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True, slots=True)
class Simulated:
    """One simulated vendor: where it stands, its routes (paths with the prefix), its body for an HTTP error."""

    name: str
    prefix: str
    routes: Sequence[web.RouteDef]
    refuse: Callable[[int], web.Response]


@dataclass(slots=True)
class Frame:
    """Found by routes as `request.app[FRAME]`. `schemes` narrows which form of authorization a vendor takes."""

    options: Options
    clock: Callable[[], float] = time.time
    troubles: Troubles = field(default_factory=Troubles)
    freedoms: dict[str, set[Freedom]] = field(default_factory=dict)
    schemes: dict[str, str] = field(default_factory=dict)
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=MOST_ASKED))
    issued: dict[str, float] = field(default_factory=dict)  # what token endpoints gave, with the time it ends
    world: World = field(init=False)

    def __post_init__(self) -> None:
        """Let the center begin."""
        options = self.options
        self.world = World(Activity(options.seed, self.clock(), options.hour, options.reps, options.busy))

    def now(self) -> float:
        """Return the center's time, UNIX seconds."""
        return self.clock()

    def has(self, vendor: str, freedom: Freedom) -> bool:
        """Whether a vendor takes a freedom."""
        return freedom in self.freedoms.get(vendor, ())

    def cases(self, request: web.Request, product: Product, start: float, end: float) -> list[Case]:
        """Return what a listing of the cases created between two times holds now, oldest first."""
        if is_emptied(request):
            return []
        return self.world.cases(product, start, min(end, self.now()))

    def trainings(self, request: web.Request) -> list[Training]:
        """Return the trainings a listing is about, in order of creation."""
        return [] if is_emptied(request) else self.world.trainings(self.now())

    def count(self, vendor: str, path: str = "", status: int | None = None) -> int:
        """Count the requests a vendor got whose path holds `path`."""
        return sum(
            asked.vendor == vendor and path in asked.path and status in (None, asked.status) for asked in self.asked
        )

    def shaped(self, vendor: str, record: dict[str, Any], required: frozenset[str], said: Mapping[str, Any]) -> Any:
        """Return a record as the vendor's freedoms and a test's `said` make it."""
        kept = record
        if self.has(vendor, Freedom.SPARSE):
            kept = {name: value for name, value in kept.items() if name in required}
        if self.has(vendor, Freedom.NULLS):
            kept = {name: value if name in required else None for name, value in kept.items()}
        if self.has(vendor, Freedom.MISTYPED):
            kept = {name: value if name in required else mistyped(value) for name, value in kept.items()}
        return {name: value for name, value in (kept | dict(said)).items() if value is not DROP}

    def listed(self, vendor: str, records: list[Any]) -> list[Any]:
        """Return a listing's records as the vendor's freedoms make them."""
        if self.has(vendor, Freedom.DUPLICATES):
            records = [record for record in records for _ in range(2)]
        if self.has(vendor, Freedom.NOISE):
            records = [None, "session", 7, [], {}, *records, {"unheard-of": True}]
        return records


FRAME: web.AppKey[Frame] = web.AppKey("frame", Frame)
EMPTIED: web.RequestKey[Trouble] = web.RequestKey("emptied", Trouble)


def is_emptied(request: web.Request) -> bool:
    """Whether a fault says that this listing has nothing to list."""
    trouble = request.get(EMPTIED)
    return trouble is not None and trouble.fault is Fault.EMPTY


def mistyped(value: Any) -> Any:
    """Return a value in a type that nobody documents."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case list() | None:
            return {}
        case dict():
            return []
        case _:
            return 17


def iso(at: float, fraction_digits: int = 0, zone: str = "Z") -> str:
    """Write a time as text: 2026-01-05T15:00:00Z, at will with fractions or with another (or no) zone's sign."""
    moment = datetime.fromtimestamp(at, UTC)
    fraction = f".{moment.microsecond:06d}0"[: fraction_digits + 1] if fraction_digits else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + zone


def as_json(body: Any, status: int = 200) -> web.Response:
    """Return a JSON response."""
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
