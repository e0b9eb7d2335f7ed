"""The truth behind all simulated vendors: what the activity draws, and what tests added, changed and removed."""

import dataclasses
from typing import Any

from dashboard.vendors.simulators.activity import Activity, Case, Product, draw_id
from dashboard.vendors.simulators.timetable import DAY_SECONDS, KNOWN_AHEAD_DAYS, Timetable, Training
from realtime.simulator.load import SECONDS_PER_HOUR

REPORTED_DAYS = 90


class World:
    """Cases and trainings. Times are UNIX seconds on the center's clock."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self.timetable = Timetable(activity)
        self._cases: dict[str, Case | None] = {}  # by id; None: removed
        self._trainings: dict[str, Training | None] = {}

    def cases(self, product: Product, start: float, end: float) -> list[Case]:
        """Return a product's cases created between two times, both included, oldest first."""
        slots = range(int(start // SECONDS_PER_HOUR), int(end // SECONDS_PER_HOUR) + 1)
        drawn = [case for slot in slots for case in self.activity.births(product, slot) if case.id not in self._cases]
        edited = [case for case in self._cases.values() if case and case.product is product]
        found = [case for case in (*drawn, *edited) if start <= case.created_at <= end]
        return sorted(found, key=lambda case: case.created_at)

    def find(self, product: Product, beginning: str) -> Case | None:
        """Return the case whose id begins like this, of at least eight digits."""
        for case_id, case in self._cases.items():
            if case_id.startswith(beginning) and (case is None or case.product is product):
                return case
        try:
            slot = int(beginning[:8], 16)
        except ValueError:
            return None
        born = self.activity.births(product, slot)
        return next((case for case in born if case.id.startswith(beginning)), None)

    def open(self, product: Product, now: float, **members: Any) -> Case:
        """Add a case that is born now, rings at once, is answered after a second and over in an hour, or as told."""
        dice = self.activity.dice("opened", product, len(self._cases))
        given: dict[str, Any] = {
            "created_at": now,
            "rung_at": now,
            "answered_at": now + 1,
            "ended_at": now + SECONDS_PER_HOUR,
        }
        given |= {"technician": self.activity.staff[0][0], "number": dice.randrange(10**18, 9 * 10**18)}
        return self.add(Case(product=product, id=draw_id(dice, int(now // SECONDS_PER_HOUR)), **(given | members)))

    def add(self, case: Case) -> Case:
        """Add a case, or put it in place of the one with its id."""
        self._cases[case.id] = case
        return case

    def change(self, case: Case, **changes: Any) -> Case:
        """Change a case; return it as it is now."""
        return self.add(dataclasses.replace(case, **changes))

    def remove(self, case_id: str) -> None:
        """Let a case vanish."""
        self._cases[case_id] = None

    def trainings(self, now: float) -> list[Training]:
        """Return every training that is planned or was held in the days that are reported, in order of creation."""
        start, end = now - REPORTED_DAYS * DAY_SECONDS, now + 2 * KNOWN_AHEAD_DAYS * DAY_SECONDS
        drawn = [one for one in self.timetable.around(start, end) if one.key not in self._trainings]
        found = [*drawn, *(one for one in self._trainings.values() if one)]
        return sorted((one for one in found if one.created_at <= now), key=lambda one: one.created_at)

    def add_training(self, training: Training) -> Training:
        """Add a training, or put it in place of the one with its key."""
        self._trainings[training.key] = training
        return training

    def remove_training(self, key: str) -> None:
        """Let a training vanish, with its sessions."""
        self._trainings[key] = None
