"""Support sessions from arrival to end: waiting, pick-up, transfer, a second representative, the customer leaving."""

import heapq
import itertools
from collections.abc import Callable
from functools import partial

from realtime.simulator.intake import METHOD_CLIENTS, Draft, Intake
from realtime.simulator.ledger import Fields, Row
from realtime.simulator.people import draw_machine
from realtime.simulator.pool import Pool
from realtime.simulator.staffing import Staffing
from realtime.simulator.teams import Case, Person, Team
from realtime.simulator.words import ATTRIBUTE_VALUES
from realtime.simulator.world import World

REACTION_SECONDS = 75.0
LOOK_SECONDS = 25.0
PATIENCE_SECONDS = 700.0
HANDLE_SECONDS = 760.0
LIFE_SECONDS = REACTION_SECONDS + HANDLE_SECONDS * 1.12
WAITING_SHARE = 0.13

Step = Callable[[Case], None]


class Casework:
    """Moves sessions along. Every plan is made for one stage of a case and lapses with it."""

    def __init__(self, world: World, staffing: Staffing) -> None:
        self.world = world
        self.staffing = staffing
        self.open_cases: Pool[Case] = Pool()
        self.waiting: Pool[Case] = Pool()
        self._order = itertools.count()
        self._intake = Intake(world, staffing)
        staffing.on_available = self._plan_look

    def arrive(self, seconds_ago: float = 0.0) -> Case:
        """Let a session begin the way customers and representatives begin them."""
        draft = self._intake.draft()
        case = self._open(draft, seconds_ago)
        if draft.host is not None and draft.picked_up:
            self._pick_up(case, draft.host, seconds_ago)
        elif draft.host is not None:
            self._wait_for_host(case, draft.host)
        elif draft.prewait:
            self._plan(case, self.world.wait(30, 8), self._leave_prewait)
        else:
            self._wait_for_team(case)
        return case

    def arrive_served(self, seconds_ago: float) -> None:
        """Let a session appear that has been running for a while (a warm start)."""
        case = self.arrive(seconds_ago)
        if case.lead is None:
            host = case.host or self._free_person(case.team) or self.staffing.online.choose(self.world.dice)
            if host is not None:
                self._pick_up(case, host, seconds_ago * 0.8)
        if case.client is None:
            self._connect_client(case)

    def release(self, person: Person) -> None:
        """Take a representative who leaves out of every session."""
        for case in list(person.cases):
            self._step_out(case, person)
        for case in list(person.waiting):
            self._send_to_team(case, self._intake.team_of(person))

    def end(self, case: Case) -> None:
        """End a session and remove all its rows."""
        if not case.is_open:
            return
        case.is_open = False
        case.stage += 1
        ledger = self.world.ledger
        leaving = list(case.people)
        for person in leaving:
            ledger.delete(person.cases.pop(case))
        case.people.clear()
        for row in (case.client, *case.attributes, *case.skills, case.session):
            if row is not None:
                ledger.delete(row)
        self._forget_host(case)
        self._leave_team(case)
        self.open_cases.discard(case)
        self.waiting.discard(case)
        for person in leaving:
            self._dismiss(person)

    def estimate(self, case: Case) -> None:
        """Think again about when a waiting session will be picked up."""
        if case in self.waiting:
            ahead = self.world.wait(REACTION_SECONDS * 2) - 30
            self.world.ledger.update(case.session, estimated_pickup_timestamp=self.world.stamp(-ahead))

    def note_progress(self, case: Case) -> None:
        """Change an attribute of a session, or add one."""
        if case.attributes and self.world.chance(0.9):
            row = self.world.dice.choice(case.attributes)
            self.world.ledger.update(row, value=self._intake.draw_value(row.fields["code_name"]))
        elif case.is_open and len(case.attributes) < len(ATTRIBUTE_VALUES):
            self._add_attribute(case)

    def _plan(self, case: Case, seconds: float, step: Step) -> None:
        self.world.later(seconds, partial(self._take_step, case, case.stage, step))

    def _take_step(self, case: Case, stage: int, step: Step) -> None:
        if case.is_open and case.stage == stage:
            step(case)

    def _open(self, draft: Draft, seconds_ago: float) -> Case:
        queue = self._first_queue(draft)
        fields = self._intake.describe(draft, queue, seconds_ago)
        case = Case(self.world.ledger.insert("support_session", fields), draft.team)
        case.client_type = (
            METHOD_CLIENTS.get(draft.method)
            or self.world.dice.choices(("desktop", "mobile", "web_chat"), (70, 12, 18))[0]
        )
        if draft.team is not None:
            draft.team.cases += 1
        self.open_cases.add(case)
        self.waiting.add(case)
        for code_name in self._intake.draw_skills(draft.team):
            fields = {"code_name": code_name, "support_session_id": case.session.id}
            case.skills.append(self._insert(case, "support_session_skill", fields))
        for _ in range(self.world.dice.choices((0, 1, 2, 3), (30, 35, 25, 10))[0]):
            self._add_attribute(case)
        self._plan_client(case, draft, seconds_ago)
        return case

    def _first_queue(self, draft: Draft) -> Row:
        if draft.host is not None and draft.host.queue is not None:
            return draft.host.queue
        if draft.prewait or draft.team is None or draft.team.queue is None:
            return self.staffing.prewait
        return draft.team.queue

    def _plan_client(self, case: Case, draft: Draft, seconds_ago: float) -> None:
        if draft.prewait:
            return
        if seconds_ago or self.world.chance(0.5):
            self._connect_client(case)
        else:
            self.world.later(self.world.wait(12, 2), partial(self._connect_client, case))

    def _connect_client(self, case: Case) -> None:
        if not case.is_open or case.client is not None:
            return
        hostname, system = draw_machine(self.world.dice, case.client_type)
        fields = {
            "client_type": case.client_type,
            "elevated": self.world.chance(0.15),
            "hostname": None if case.client_type == "web_chat" else hostname,
            "operating_system": system,
            "support_session_id": case.session.id,
        }
        case.client = self._insert(case, "customer_client", fields)
        if not fields["elevated"] and case.client_type == "desktop" and self.world.chance(0.3):
            self.world.later(self.world.wait(240, 20), partial(self.elevate, case))

    def elevate(self, case: Case) -> None:
        """Run the customer client with more rights."""
        if case.client is not None:
            self.world.ledger.update(case.client, elevated=True)

    def _add_attribute(self, case: Case) -> None:
        held = {row.fields["code_name"] for row in case.attributes}
        code_name = self.world.dice.choice([name for name in ATTRIBUTE_VALUES if name not in held])
        fields = {
            "code_name": code_name,
            "support_session_id": case.session.id,
            "value": self._intake.draw_value(code_name),
        }
        case.attributes.append(self._insert(case, "support_session_attribute", fields))

    def _insert(self, case: Case, table: str, fields: Fields) -> Row:
        seconds_ago = max(self.world.stamp() - int(case.session.fields.get("created_timestamp", 0)), 0)
        delay = min(seconds_ago, 15)
        return self.world.ledger.insert(table, {"created_timestamp": self.world.stamp(seconds_ago - delay), **fields})

    def _leave_prewait(self, case: Case) -> None:
        self._connect_client(case)
        self._send_to_team(case, self._intake.active_team(case.team))

    def _wait_for_host(self, case: Case, host: Person) -> None:
        case.host = host
        host.waiting[case] = None
        self._plan(case, self.world.wait(REACTION_SECONDS, 5), self._answer_by_host)
        self._plan(case, self.world.wait(PATIENCE_SECONDS, 60), self.end)

    def _answer_by_host(self, case: Case) -> None:
        host = case.host
        if host is None or host.rep is None:
            return
        if host.idle or host.busy:
            self._plan(case, self.world.wait(60, 10), self._answer_by_host)
        else:
            self._pick_up(case, host)

    def _wait_for_team(self, case: Case) -> None:
        self._plan(case, self.world.wait(REACTION_SECONDS, 4), self._seek_person)
        self._plan(case, self.world.wait(PATIENCE_SECONDS, 90), self.end)
        if self.world.chance(0.4):
            self._plan(case, self.world.wait(60, 20), self.estimate)

    def _seek_person(self, case: Case) -> None:
        person = self._free_person(case.team)
        if person is not None:
            self._pick_up(case, person)
        elif case.team is not None:
            priority = int(case.session.fields.get("priority", 2))
            heapq.heappush(case.team.backlog, (priority, self.world.now, next(self._order), case))

    def _free_person(self, team: Team | None) -> Person | None:
        return team.available.choose(self.world.dice) if team is not None else None

    def _plan_look(self, person: Person) -> None:
        if any(team.backlog for team, _ in person.roles):
            self.world.later(self.world.wait(LOOK_SECONDS, 3), partial(self._look, person))

    def _look(self, person: Person) -> None:
        if not person.available:
            return
        for team, _ in person.roles:
            case = self._next_in_line(team)
            if case is not None:
                self._pick_up(case, person)
                return

    def _next_in_line(self, team: Team) -> Case | None:
        while team.backlog:
            *_, case = heapq.heappop(team.backlog)
            if case in self.waiting and case.team is team and case.host is None:
                return case
        return None

    def _pick_up(self, case: Case, person: Person, seconds_ago: float = 0.0) -> None:
        if person.queue is None:
            return
        case.stage += 1
        self.waiting.discard(case)
        self._forget_host(case)
        case.lead = person
        self._join(case, person, seconds_ago)
        stamp = self.world.stamp(seconds_ago)
        self.world.ledger.update(case.session, queue_id=person.queue.id, queue_entry_timestamp=stamp)
        self._plan_handling(case)

    def _plan_handling(self, case: Case) -> None:
        wait, chance = self.world.wait, self.world.chance
        self._plan(case, wait(HANDLE_SECONDS, 45), self._finish)
        if chance(0.12):
            self._plan(case, wait(HANDLE_SECONDS * 0.5, 60), self._transfer)
        if chance(0.1):
            self._plan(case, wait(HANDLE_SECONDS * 0.4, 30), self._call_second)
        if chance(0.3):
            self._plan(case, wait(HANDLE_SECONDS * 0.5, 30), self.note_progress)

    def _join(self, case: Case, person: Person, seconds_ago: float = 0.0) -> None:
        if person.rep is None or case in person.cases:
            return
        fields = {
            "created_timestamp": self.world.stamp(seconds_ago),
            "representative_id": person.rep.id,
            "support_session_id": case.session.id,
        }
        person.cases[case] = self.world.ledger.insert("representative_support_session", fields)
        case.people.append(person)
        self.staffing.refresh(person)

    def _step_out(self, case: Case, person: Person) -> None:
        self.world.ledger.delete(person.cases.pop(case))
        case.people.remove(person)
        if case.lead is person:
            self._find_new_lead(case, person)
        self._dismiss(person)

    def _dismiss(self, person: Person) -> None:
        if person.kind == "invited" and not person.cases:
            self.staffing.log_out(person)
        else:
            self.staffing.refresh(person)

    def _find_new_lead(self, case: Case, leaver: Person) -> None:
        successor = next((person for person in case.people if person.queue is not None), None)
        case.lead = successor
        if successor is not None and successor.queue is not None:
            stamp = self.world.stamp()
            self.world.ledger.update(case.session, queue_id=successor.queue.id, queue_entry_timestamp=stamp)
        else:
            self._send_to_team(case, self._intake.team_of(leaver))

    def _call_second(self, case: Case) -> None:
        second = self.staffing.invite() if self.world.chance(0.1) else self._free_person(case.team)
        if second is not None and second not in case.people:
            self._join(case, second)
            self.world.later(self.world.wait(240, 40), partial(self._second_leaves, case, second))

    def _second_leaves(self, case: Case, second: Person) -> None:
        if case in second.cases:
            self._step_out(case, second)

    def _transfer(self, case: Case) -> None:
        team = self._intake.other_team(case.team)
        leaving = list(case.people)
        for person in leaving:
            self.world.ledger.delete(person.cases.pop(case))
        case.people.clear()
        case.lead = None
        self._send_to_team(case, team)
        for person in leaving:
            self._dismiss(person)

    def _send_to_team(self, case: Case, team: Team) -> None:
        if team.queue is None:
            return
        case.stage += 1
        self._forget_host(case)
        self._leave_team(case)
        case.team = team
        team.cases += 1
        self.waiting.add(case)
        self.world.ledger.update(
            case.session,
            queue_id=team.queue.id,
            primary_team_queue_id=team.queue.id,
            queue_entry_timestamp=self.world.stamp(),
            estimated_pickup_timestamp=self.world.stamp(-self.world.wait(REACTION_SECONDS, 10)),
        )
        self._wait_for_team(case)

    def _forget_host(self, case: Case) -> None:
        if case.host is not None:
            case.host.waiting.pop(case, None)
            case.host = None

    def _leave_team(self, case: Case) -> None:
        if case.team is not None:
            case.team.cases -= 1
            self.staffing.close_if_unused(case.team)
            case.team = None

    def _finish(self, case: Case) -> None:
        luck = self.world.dice.random()
        if case.client is not None and luck < 0.25:
            self.world.ledger.delete(case.client)
            case.client = None
            self._plan(case, self.world.wait(110, 15), self._return_or_end)
        else:
            self.end(case)

    def _return_or_end(self, case: Case) -> None:
        if self.world.chance(0.2):
            self._connect_client(case)
            self._plan(case, self.world.wait(HANDLE_SECONDS / 3, 30), self.end)
        else:
            self.end(case)
