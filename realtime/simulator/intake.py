"""How a session begins: by which method, for which team or representative, about what."""

from dataclasses import dataclass

from realtime.simulator.ledger import Fields, Row
from realtime.simulator.people import draw_company, draw_complaint, draw_customer
from realtime.simulator.staffing import Staffing
from realtime.simulator.teams import Person, Team
from realtime.simulator.words import ATTRIBUTE_VALUES, SITES
from realtime.simulator.world import World

METHOD_CLIENTS = {
    "local_jump": "desktop",
    "remote_jump": "desktop",
    "shell_jump": "shell",
    "local_rdp": "rdp",
    "remote_rdp": "rdp",
    "local_vnc": "vnc",
    "remote_vnc": "vnc",
    "vpro": "vpro",
}
"""Methods by which a representative starts a session alone, and the kind of client each gives."""

METHOD_SHARES = {
    "issue_submission": 50,
    "session_key": 22,
    "rep_list": 12,
    "remote_jump": 6,
    "local_jump": 3,
    "remote_rdp": 2,
    "shell_jump": 2,
    "local_rdp": 1,
    "local_vnc": 1,
    "remote_vnc": 1,
    "vpro": 1,
}
NIGHT_HOURS = (21.5, 6.5)
STRAY_SHARE = 0.015


@dataclass(slots=True)
class Draft:
    """A session about to begin. With a `host` it goes to their personal queue, else to the team."""

    method: str
    team: Team | None = None
    host: Person | None = None
    picked_up: bool = False
    prewait: bool = False


class Intake:
    """Decides where sessions come from and what they say."""

    def __init__(self, world: World, staffing: Staffing) -> None:
        self.world = world
        self.staffing = staffing

    def draft(self) -> Draft:
        """Draw a method, and the team or the representative it leads to."""
        dice = self.world.dice
        method = dice.choices(tuple(METHOD_SHARES), tuple(METHOD_SHARES.values()))[0]
        host = self.staffing.online.choose(dice) if method != "issue_submission" else None
        if host is None or host.kind == "invited":
            return Draft("issue_submission", self.active_team(self._draw_team()), prewait=self.world.chance(0.1))
        if method in METHOD_CLIENTS:
            return Draft(method, host=host, picked_up=True)
        return Draft(method, host=host)

    def describe(self, draft: Draft, queue: Row, seconds_ago: float) -> Fields:
        """Return the fields of the session's row."""
        dice, world = self.world.dice, self.world
        company, company_code = draw_company(dice)
        site_id, site_name = dice.choices(SITES, (80, 14, 6))[0]
        by_customer = draft.method not in METHOD_CLIENTS
        team_queue = draft.team.queue if draft.team is not None and not draft.prewait else None
        waits = None if draft.picked_up else world.stamp(seconds_ago - world.wait(90, 20))
        fields = {
            "created_timestamp": world.stamp(seconds_ago),
            "customer_company": company,
            "customer_company_code": company_code,
            "customer_description": draw_complaint(dice) if by_customer else None,
            "customer_name": draw_customer(dice),
            "estimated_pickup_timestamp": waits,
            "lsid": world.draw_lsid(),
            "primary_team_queue_id": team_queue.id if team_queue is not None else None,
            "priority": dice.choices((1, 2, 3), (8, 77, 15))[0],
            "public_site_id": str(site_id),
            "public_site_name": site_name,
            "queue_entry_timestamp": world.stamp(seconds_ago),
            "queue_id": queue.id,
            "start_method": draft.method,
        }
        return fields | self._describe_issue(draft)

    def draw_value(self, code_name: str) -> str:
        """Draw a value for a session attribute."""
        template = self.world.dice.choice(ATTRIBUTE_VALUES[code_name])
        return template.replace("{n}", "{n:d}").format(n=self.world.dice.randrange(99_999))

    def draw_skills(self, team: Team | None) -> list[str]:
        """Draw the skills a session asks for."""
        skills = team.charter.skills if team is not None else ()
        return [skill for skill in skills if self.world.chance(0.35)][:2]

    def team_of(self, person: Person) -> Team:
        """Return an active team of a representative, for sessions they leave behind."""
        return self.active_team(person.roles[0][0] if person.roles else None)

    def active_team(self, team: Team | None) -> Team:
        """Return the team if its queue is active, else one that always is."""
        return team if team is not None and team.queue is not None else self.staffing.teams[0]

    def other_team(self, team: Team | None) -> Team:
        """Draw an active team a session may be transferred to."""
        others = [other for other in self.staffing.teams[:-1] if other is not team and other.queue is not None]
        return self.world.dice.choice(others or [self.staffing.teams[0]])

    def _draw_team(self) -> Team:
        begins, ends = NIGHT_HOURS
        is_day = ends <= self.world.hour < begins
        if self.world.chance(STRAY_SHARE if is_day else 1 - STRAY_SHARE):
            return self.staffing.night_desk
        teams = self.staffing.teams[:-1]
        return self.world.dice.choices(teams, [team.charter.share for team in teams])[0]

    def _describe_issue(self, draft: Draft) -> Fields:
        if draft.method != "issue_submission" or draft.team is None:
            return {}
        code_name, title = self.world.dice.choice(draft.team.charter.issues)
        return {"issue_code_name": code_name, "issue_description": title}
