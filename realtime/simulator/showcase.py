"""Presentations: who shows what, and who watches."""

from dataclasses import dataclass, field
from functools import partial

from realtime.simulator.ledger import Row
from realtime.simulator.people import draw_customer, draw_machine
from realtime.simulator.staffing import Staffing
from realtime.simulator.teams import Person
from realtime.simulator.words import PRESENTATION_NAMES
from realtime.simulator.world import World

PRESENTATION_SECONDS = 2400.0
PAUSE_SECONDS = 500.0


@dataclass(slots=True, eq=False)
class Talk:
    """One running presentation."""

    session: Row
    host: Person
    presenter: Row | None = None
    attendees: list[Row] = field(default_factory=list)
    is_open: bool = True


class Showcase:
    """Keeps a number of presentations going while people are at work."""

    def __init__(self, world: World, staffing: Staffing) -> None:
        self.world = world
        self._staffing = staffing
        self._talks: dict[Person, Talk] = {}

    def open(self, count: int) -> None:
        """Start with presentations already running, and keep as many coming."""
        for _ in range(count):
            self._begin(self.world.wait(600, 120))

    def release(self, person: Person) -> None:
        """End the presentation of a representative who leaves."""
        talk = self._talks.get(person)
        if talk is not None:
            self._end(talk)

    def _begin(self, seconds_ago: float = 0.0) -> None:
        host = self._staffing.online.choose(self.world.dice)
        if host is None or host.presenting or host.kind == "invited":
            self.world.later(self.world.wait(PAUSE_SECONDS, 60), self._begin)
            return
        host.presenting = True
        fields = {
            "created_timestamp": self.world.stamp(seconds_ago),
            "lsid": self.world.draw_lsid(),
            "presentation_name": self.world.dice.choice(PRESENTATION_NAMES),
        }
        talk = self._talks[host] = Talk(self.world.ledger.insert("presentation_session", fields), host)
        self._plan(talk, seconds_ago)

    def _plan(self, talk: Talk, seconds_ago: float) -> None:
        later, wait = self.world.later, self.world.wait
        if seconds_ago:
            self._present(talk, seconds_ago - 60)
        else:
            later(wait(90, 20), partial(self._present, talk))
        for _ in range(self.world.dice.randint(3, 24)):
            if seconds_ago and self.world.chance(0.8):
                self._attend(talk, seconds_ago * self.world.dice.random())
            else:
                later(wait(300), partial(self._attend, talk))
        later(wait(PRESENTATION_SECONDS, 600), partial(self._end, talk))

    def _present(self, talk: Talk, seconds_ago: float = 0.0) -> None:
        if talk.is_open and talk.host.rep is not None:
            fields = {
                "created_timestamp": self.world.stamp(seconds_ago),
                "presentation_session_id": talk.session.id,
                "representative_id": talk.host.rep.id,
            }
            talk.presenter = self.world.ledger.insert("presenter", fields)

    def _attend(self, talk: Talk, seconds_ago: float = 0.0) -> None:
        if not talk.is_open:
            return
        dice = self.world.dice
        hostname, system = draw_machine(dice, "desktop")
        fields = {
            "connected": self.world.chance(0.8),
            "created_timestamp": self.world.stamp(seconds_ago),
            "hostname": hostname,
            "name": draw_customer(dice) or "Guest",
            "operating_system": system,
            "presentation_session_id": talk.session.id,
            "private_ip": f"10.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}",
            "public_ip": f"203.0.113.{dice.randrange(1, 255)}:{dice.randrange(1024, 65536)}",
        }
        attendee = self.world.ledger.insert("attendee", fields)
        talk.attendees.append(attendee)
        self.world.later(self.world.wait(20, 2), partial(self._connect, attendee))
        self.world.later(self.world.wait(1500, 60), partial(self._leave, talk, attendee))

    def _connect(self, attendee: Row) -> None:
        self.world.ledger.update(attendee, connected=True)

    def _leave(self, talk: Talk, attendee: Row) -> None:
        if talk.is_open:
            talk.attendees.remove(attendee)
            self.world.ledger.delete(attendee)

    def _end(self, talk: Talk) -> None:
        if not talk.is_open:
            return
        talk.is_open = False
        for row in (*talk.attendees, talk.presenter, talk.session):
            if row is not None:
                self.world.ledger.delete(row)
        talk.host.presenting = False
        del self._talks[talk.host]
        self.world.later(self.world.wait(PAUSE_SECONDS, 60), self._begin)
