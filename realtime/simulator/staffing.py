"""People at work: who is employed, who logs in when, their queues, places and routing flags."""

from collections.abc import Callable
from functools import partial

from realtime.simulator.ledger import Row
from realtime.simulator.load import SECONDS_PER_HOUR, Shift, hours_until, plan_shifts
from realtime.simulator.people import draw_name
from realtime.simulator.pool import Pool
from realtime.simulator.teams import CHARTERS, NIGHT_DESK, Person, Team
from realtime.simulator.world import World

LEAVING_PATIENCE = 4
LEAVING_STEP_SECONDS = 240.0
IDLE_EVERY_SECONDS = 3000.0
IDLE_SECONDS = 260.0
IDLE_SHARE = 0.08
SHIFT_JITTER_HOURS = 0.2


def ignore_person(_person: Person) -> None:
    """Stand in until somebody wants to know."""


class Staffing:
    """Logs people in and out; `on_available` and `on_leaving` tell the casework."""

    def __init__(self, world: World, reps: int, most_cases: int) -> None:
        self.world = world
        self.online: Pool[Person] = Pool()
        self.on_available: Callable[[Person], None] = ignore_person
        self.on_leaving: Callable[[Person], None] = ignore_person
        self._most_cases = most_cases
        self._user_ids = 1000
        self._usernames: set[str] = set()
        self.teams = self._found_teams()
        self.night_desk = self.teams[-1]
        self.staff = [(self._employ(shift), shift) for shift in plan_shifts(reps)]

    def open(self) -> None:
        """Open the persistent queues and put everybody where the hour wants them."""
        self.prewait = self.world.ledger.insert(
            "queue",
            {"name": "Pre-wait", "type": "prewait", "code_name": "prewait", "created_timestamp": self.world.stamp(9e5)},
        )
        for team in self.teams:
            if team.charter.persistent:
                self._open_queue(team, seconds_ago=9e5)
        for person, shift in self.staff:
            self._start_shift_plan(person, shift)

    def refresh(self, person: Person) -> None:
        """Bring a representative's routing flags and pools in line with what they do."""
        if person.rep is None:
            return
        self.world.ledger.update(
            person.rep,
            routing_available=person.available,
            routing_busy=person.busy,
            routing_enabled=person.enabled,
            routing_idle=person.idle,
        )
        for team, _ in person.roles:
            if person.available:
                team.available.add(person)
            else:
                team.available.discard(person)
        if person.available:
            self.on_available(person)

    def set_idle(self, person: Person, idle: bool) -> None:
        """Note that a representative left the keyboard or came back."""
        person.idle = idle
        self.refresh(person)

    def set_enabled(self, person: Person, enabled: bool) -> None:
        """Note that a representative switched automatic assignment."""
        person.enabled = enabled
        self.refresh(person)

    def log_in(self, person: Person, seconds_ago: float = 0.0) -> None:
        """Log a representative in: personal queue, row, a place in each team's queue."""
        ledger, since = self.world.ledger, self.world.stamp(seconds_ago)
        person.idle, person.enabled = False, not self.world.chance(0.08)
        person.queue = ledger.insert(
            "queue", {"name": person.display_name, "type": "personal", "created_timestamp": since}
        )
        person.rep = ledger.insert("representative", self._describe(person, person.queue.id, since))
        for team, role in person.roles:
            queue = team.queue or self._open_queue(team, seconds_ago)
            team.online += 1
            place = {"queue_id": queue.id, "representative_id": person.rep.id, "role": role, "created_timestamp": since}
            person.places.append(ledger.insert("representative_queue", place))
        self.online.add(person)
        self.refresh(person)

    def log_out(self, person: Person) -> None:
        """Log a representative out; whoever depends on them is told first and must have let go afterwards."""
        if person.rep is None or person.queue is None:
            return
        self.on_leaving(person)
        person.enabled = False
        self.refresh(person)
        for place in (*person.places, person.rep, person.queue):
            self.world.ledger.delete(place)
        person.places, person.rep, person.queue = [], None, None
        self.online.discard(person)
        for team, _ in person.roles:
            team.online -= 1
            self.close_if_unused(team)

    def close_if_unused(self, team: Team) -> None:
        """Close a team's queue when nobody is left in it, as the appliance does for queues that do not persist."""
        if team.queue is not None and not team.charter.persistent and not team.online and not team.cases:
            self.world.ledger.delete(team.queue)
            team.queue = None

    def invite(self) -> Person:
        """Log in somebody from outside who was invited into one session."""
        guest = self._new_person([], kind="invited")
        self.log_in(guest)
        return guest

    def _describe(self, person: Person, queue_id: str, since: int) -> dict[str, object]:
        return {
            "created_timestamp": since,
            "private_display_name": person.private_name,
            "public_display_name": person.display_name,
            "queue_id": queue_id,
            "routing_available": person.available,
            "routing_busy": person.busy,
            "routing_enabled": person.enabled,
            "routing_idle": person.idle,
            "skill_code_names": ",".join(person.skills),
            "type": person.kind,
            "user_id": person.user_id,
            "username": person.username,
        }

    def _found_teams(self) -> list[Team]:
        count = self.world.dice.randint(7, len(CHARTERS))
        return [Team(charter, str(place + 2)) for place, charter in enumerate((*CHARTERS[:count], NIGHT_DESK))]

    def _open_queue(self, team: Team, seconds_ago: float = 0.0) -> Row:
        team.queue = self.world.ledger.insert(
            "queue",
            {
                "code_name": team.charter.code_name,
                "created_timestamp": self.world.stamp(seconds_ago),
                "name": team.charter.name,
                "support_team_id": team.team_id,
                "type": "team",
            },
        )
        return team.queue

    def _employ(self, shift: Shift) -> Person:
        if shift.name == "night":
            return self._new_person([self.night_desk])
        shares = [team.charter.share for team in self.teams[:-1]]
        count = self.world.dice.choices((1, 2, 3), (60, 30, 10))[0]
        chosen = dict.fromkeys(self.world.dice.choices(self.teams[:-1], shares, k=count))
        return self._new_person(list(chosen))

    def _new_person(self, teams: list[Team], kind: str = "normal") -> Person:
        dice = self.world.dice
        self._user_ids += 1
        name = draw_name(dice)
        roles = [(team, dice.choices(("member", "lead", "manager"), (84, 12, 4))[0]) for team in teams]
        skills = sorted({skill for team in teams for skill in team.charter.skills if dice.random() < 0.7})
        public = name.written if dice.random() < 0.7 else name.written.split(" ")[0]
        most_cases = dice.choice((1, 1, 2)) * self._most_cases
        username = f"guest.{self._user_ids}" if kind == "invited" else self._free_username(name.plain)
        return Person(str(self._user_ids), username, public, name.written, roles, skills, most_cases, kind)

    def _free_username(self, plain: str) -> str:
        username = plain if plain not in self._usernames else f"{plain}{self._user_ids}"
        self._usernames.add(username)
        return username

    def _start_shift_plan(self, person: Person, shift: Shift) -> None:
        hour = self.world.hour
        jitter = self.world.dice.uniform(0, SHIFT_JITTER_HOURS)
        if shift.covers(hour):
            worked_hours = min((hour - shift.begins) % 24, 10.0)
            self._begin_shift(person, shift, jitter, worked_hours)
        else:
            self._plan_shift(person, shift, jitter)

    def _plan_shift(self, person: Person, shift: Shift, jitter: float) -> None:
        hours = hours_until(shift.begins, self.world.hour) + jitter
        self.world.later(hours * SECONDS_PER_HOUR, partial(self._begin_shift, person, shift, jitter))

    def _begin_shift(self, person: Person, shift: Shift, jitter: float, worked_hours: float = 0.0) -> None:
        if person.rep is None:
            self.log_in(person, max(worked_hours - jitter, worked_hours / 2) * SECONDS_PER_HOUR)
        world = self.world
        left_hours = shift.ends - shift.begins - worked_hours + jitter
        world.later(left_hours * SECONDS_PER_HOUR, partial(self._end_shift, person, shift, jitter))
        if shift.lunch is not None and worked_hours < shift.lunch - shift.begins:
            lunch_hours = shift.lunch - shift.begins - worked_hours + 4 * jitter
            world.later(lunch_hours * SECONDS_PER_HOUR, partial(self._go_to_lunch, person))
        if worked_hours and world.chance(IDLE_SHARE):
            self._wander_off(person)
        else:
            world.later(world.wait(IDLE_EVERY_SECONDS), partial(self._wander_off, person))

    def _end_shift(self, person: Person, shift: Shift, jitter: float) -> None:
        self._plan_shift(person, shift, jitter)
        self._leave(person, LEAVING_PATIENCE)

    def _leave(self, person: Person, patience: int) -> None:
        if person.rep is None:
            return
        if (person.cases or person.presenting) and patience:
            self.set_enabled(person, False)
            self.world.later(LEAVING_STEP_SECONDS, partial(self._leave, person, patience - 1))
        else:
            self.log_out(person)

    def _go_to_lunch(self, person: Person) -> None:
        if person.rep is None:
            return
        if person.cases or person.presenting or self.world.chance(0.5):
            self.set_enabled(person, False)
            self.world.later(self.world.wait(2400, 1500), partial(self.set_enabled, person, True))
        else:
            self.log_out(person)
            self.world.later(self.world.wait(2400, 1500), partial(self._return_from_lunch, person))

    def _return_from_lunch(self, person: Person) -> None:
        if person.rep is None:
            self.log_in(person)

    def _wander_off(self, person: Person) -> None:
        if person.rep is None:
            return
        self.set_idle(person, True)
        self.world.later(self.world.wait(IDLE_SECONDS, 30), partial(self._come_back, person))

    def _come_back(self, person: Person) -> None:
        if person.rep is not None:
            self.set_idle(person, False)
            self.world.later(self.world.wait(IDLE_EVERY_SECONDS), partial(self._wander_off, person))
