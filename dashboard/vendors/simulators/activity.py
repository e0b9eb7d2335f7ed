"""What a support center does in the polled products, seeded and pure: the same seed gives the same work.

A case's whole life is decided at its birth, so what it is at a time is a function of that time. The births of each hour
are drawn from the hour's own dice, so any past or future hour can be looked at without the others.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any

from realtime.simulator.ledger import IdMode
from realtime.simulator.load import SECONDS_PER_HOUR, Shift, load_at
from realtime.simulator.people import draw_company, draw_complaint, draw_customer, draw_machine, draw_name
from realtime.simulator.staffing import Staffing
from realtime.simulator.world import World as Center

MAIL_DOMAIN = "harbour.example"
LONGEST_LIFE_SECONDS = 4 * SECONDS_PER_HOUR
KEPT_HOURS = 4096


class Product(StrEnum):
    """In which product a case happens, named as the vendor in sources.toml."""

    SEEIT = "seeit"
    TAKECONTROL = "takecontrol"
    EVOVOICE = "evovoice"


class Stage(Enum):
    """How far a case is."""

    WAITING = "waiting"  # nobody has seen it
    RINGING = "ringing"  # a technician is called; or has opened it and waits for the customer
    ACTIVE = "active"
    HELD = "held"
    ENDED = "ended"
    MISSED = "missed"  # over without ever having been answered


@dataclass(frozen=True, slots=True)
class Technician:
    """Somebody employed by the center; the same people as the simulated appliance's representatives."""

    name: str
    username: str
    team: str

    @property
    def email(self) -> str:
        """The mail address, which is also the login name of products that want one."""
        return f"{self.username}@{MAIL_DOMAIN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One session of a product. Times are UNIX seconds on the center's clock.

    `id` is a UUID's 32 hexadecimal digits, `number` has 19 decimal ones. `luck` (0 to 1) is for what only one product
    knows. `said` is put over the members of the vendor's record: the way tests say what no life would produce.
    """

    product: Product
    id: str
    number: int
    created_at: float
    rung_at: float
    answered_at: float | None
    ended_at: float
    technician: Technician
    holds: tuple[tuple[float, float], ...] = ()
    customer: str = "Pat Doe"
    customer_email: str = "pat.doe@customer.example"
    company: str = "Nordlicht GmbH"
    subject: str = ""
    machine: str = "PC0001"
    system: str = "Windows 11 Enterprise (x64)"
    phone: str = "+15550100"
    luck: float = 0.5
    said: Mapping[str, Any] = field(default_factory=dict)

    def stage(self, now: float) -> Stage:
        """Say how far it is at a time not before its birth."""
        if now >= self.ended_at:
            return Stage.MISSED if self.answered_at is None else Stage.ENDED
        if self.answered_at is not None and now >= self.answered_at:
            return Stage.HELD if any(start <= now < end for start, end in self.holds) else Stage.ACTIVE
        return Stage.RINGING if now >= self.rung_at else Stage.WAITING


@dataclass(frozen=True, slots=True)
class Trade:
    """How work in one product is: births per hour at the daily peak, shares, and mean durations."""

    per_hour: float
    missed_share: float
    hold_share: float
    wait_seconds: float
    ring_seconds: float
    work_seconds: float


TRADES = {
    Product.SEEIT: Trade(14, 0.1, 0.0, 8, 70, 540),
    Product.TAKECONTROL: Trade(14, 0.05, 0.0, 75, 20, 1300),
    Product.EVOVOICE: Trade(44, 0.12, 0.3, 40, 11, 330),
}


class Activity:
    """Draws the center's work. The center's local clock shows `hour` at `started_at` (a UNIX timestamp)."""

    def __init__(self, seed: int, started_at: float, hour: float, reps: int, busy: float = 1.0) -> None:
        self.seed = seed
        self.busy = busy
        self.started_at = started_at
        self.midnight = started_at - hour * SECONDS_PER_HOUR  # of the local day on which it started
        self.staff = employ(seed, reps)
        self.births = lru_cache(maxsize=KEPT_HOURS)(self._draw_births)

    def dice(self, *what: object) -> random.Random:
        """Return the dice of one thing."""
        return random.Random("/".join(map(str, (self.seed, *what))))  # noqa: S311 - believable, not secret

    def local_hour(self, at: float) -> float:
        """Return the hour of the center's local day."""
        return (at - self.midnight) / SECONDS_PER_HOUR % 24

    def technician_at(self, at: float, dice: random.Random) -> Technician:
        """Choose somebody who is at work."""
        hour = self.local_hour(at)
        present = [person for person, shift in self.staff if shift.covers(hour)]
        return dice.choice(present or [person for person, _ in self.staff])

    def _draw_births(self, product: Product, slot: int) -> tuple[Case, ...]:
        """Return what is born in an hour since 1970, oldest first.

        Candidates are drawn for the daily peak and let live by the hour's load, so that two centers which differ in
        their local time only have most of their cases in common.
        """
        if not self.staff:
            return ()  # nobody takes a case, so nobody opens one
        dice = self.dice(product, slot)
        expected = TRADES[product].per_hour * self.busy
        count = int(expected) + (dice.random() < expected % 1)
        drawn = [self._draw_case(product, slot, number) for number in range(count)]
        alive = [case for lot, case in drawn if lot < load_at(self.local_hour(case.created_at))]
        return tuple(sorted(alive, key=lambda case: case.created_at))

    def _draw_case(self, product: Product, slot: int, number: int) -> tuple[float, Case]:
        dice, trade = self.dice(product, slot, number), TRADES[product]
        lot = dice.random()
        created_at = (slot + dice.random()) * SECONDS_PER_HOUR
        rung_at = created_at + draw_wait(dice, trade.wait_seconds)
        answered_at = rung_at + draw_wait(dice, trade.ring_seconds)
        ended_at = min(answered_at + draw_wait(dice, trade.work_seconds), created_at + LONGEST_LIFE_SECONDS)
        is_missed = dice.random() < trade.missed_share
        machine, system = draw_machine(dice, "mobile" if product is Product.SEEIT else "desktop")
        mail = f"{draw_name(dice).plain}@customer.example"
        case = Case(
            product=product,
            id=draw_id(dice, slot),
            number=dice.randrange(10**18, 9 * 10**18),
            created_at=created_at,
            rung_at=rung_at,
            answered_at=None if is_missed else answered_at,
            ended_at=rung_at + draw_wait(dice, 45) if is_missed else ended_at,
            technician=self.technician_at(created_at, dice),
            holds=() if is_missed else draw_holds(dice, trade.hold_share, answered_at, ended_at),
            customer=draw_customer(dice),
            customer_email=mail,
            company=draw_company(dice)[0],
            subject=draw_complaint(dice),
            machine=machine,
            system=system,
            phone=f"+1555{dice.randrange(10**6, 10**7)}",
            luck=dice.random(),
        )
        return lot, case


def employ(seed: int, reps: int) -> list[tuple[Technician, Shift]]:
    """Return the people whom the simulated appliance of this seed employs, with their shifts."""
    staff = Staffing(Center(seed, 0.0, 0.0, IdMode.LARGE), reps, 1).staff
    return [
        (Technician(person.private_name, person.username, person.roles[0][0].charter.name), shift)
        for person, shift in staff
    ]


def draw_wait(dice: random.Random, mean_seconds: float) -> float:
    """Draw a waiting time of at least a second."""
    return 1 + dice.expovariate(1 / mean_seconds)


def draw_id(dice: random.Random, slot: int) -> str:
    """Draw a random UUID's digits whose first eight tell the hour, so that it can be found again."""
    rest = f"{dice.getrandbits(96):024x}"
    return f"{slot:08x}{rest[:4]}4{rest[5:8]}a{rest[9:]}"


def draw_holds(dice: random.Random, share: float, start: float, end: float) -> tuple[tuple[float, float], ...]:
    """Draw when a case is on hold between two times."""
    if dice.random() >= share or end - start < 30:
        return ()
    begun = start + (end - start) * dice.uniform(0.2, 0.6)
    return ((begun, begun + (end - begun) * dice.uniform(0.1, 0.7)),)
