"""A simulated support center: seeded, pure, and warm from its first moment."""

from functools import partial

from realtime.simulator.casework import LIFE_SECONDS, WAITING_SHARE, Casework
from realtime.simulator.ledger import Deletes, IdMode, Tables, Update
from realtime.simulator.load import BUSY_HOUR, load_at
from realtime.simulator.noise import Noise
from realtime.simulator.showcase import Showcase
from realtime.simulator.staffing import Staffing
from realtime.simulator.teams import Person, Team
from realtime.simulator.world import World

LOAD_CORRECTION_SECONDS = 240.0
LONGEST_PAUSE_SECONDS = 300.0


class Center:
    """Produces the appliance's eleven tables and their changes.

    `sessions` is the number of concurrent sessions at the daily peaks, `reps` of representatives logged in at 10:00.
    The center's local clock shows `hour` at `started_at` (a UNIX timestamp), whatever the hour elsewhere: so a
    newcomer always finds it busy. `rate` is the least number of row changes per second of the center's own time.
    `tables` is the truth: wire names, ids and references as text, flags as booleans, timestamps as integers.
    """

    def __init__(
        self,
        seed: int,
        started_at: float,
        reps: int = 48,
        sessions: int = 80,
        rate: float = 0.0,
        hour: float = BUSY_HOUR,
        ids: IdMode = IdMode.LARGE,
        skew_seconds: float = 0.0,
        speed: float = 1.0,
    ) -> None:
        self._world = World(seed, started_at, hour, ids, skew_seconds, speed)
        self._sessions = sessions
        most_cases = max(3, -(-3 * sessions // (2 * reps))) if reps else 3
        self._staffing = Staffing(self._world, reps, most_cases)
        self._casework = Casework(self._world, self._staffing)
        self._showcase = Showcase(self._world, self._staffing)
        self._staffing.on_leaving = self._release
        self._noise = Noise(self._world, self._staffing, self._casework, rate)
        self._populate()

    @property
    def tables(self) -> Tables:
        """The truth: table -> row id -> field -> value."""
        return self._world.ledger.tables

    @property
    def now(self) -> float:
        """The center's time, a UNIX timestamp."""
        return self._world.now

    def clock(self, at: float) -> float:
        """Return what the appliance's clock shows at a moment of the center's time, skewed if it is."""
        return self._world.clock(at)

    @property
    def teams(self) -> list[Team]:
        """All teams, with or without an active queue."""
        return self._staffing.teams

    @property
    def staff(self) -> list[Person]:
        """Everybody employed, at work or not."""
        return [person for person, _ in self._staffing.staff]

    @property
    def online(self) -> list[Person]:
        """Everybody logged in."""
        return self._staffing.online.members()

    def advance(self, until: float) -> list[Update]:
        """Let time pass; return what changed, one update per event. Steps of any size give the same history."""
        world, updates = self._world, []
        while world.next_at <= until:
            world.run()
            update = world.ledger.take(world.now)
            if update is not None:
                self._noise.count(update.row_count)
                updates.append(update)
        world.now = max(world.now, until)
        return updates

    def apply(self, insert: Tables, update: Tables, delete: Deletes) -> Update | None:
        """Change the truth by hand; values in the shape of `tables`."""
        self._world.ledger.apply(insert, update, delete)
        return self._world.ledger.take(self._world.now)

    def restart(self, same_ids: bool = False) -> None:
        """Begin a new lifetime: every row anew, under ids never used or under the same ids given to other rows.

        Sessions and presentations keep their lsid; each row's `created_timestamp` is the restart.
        """
        self._world.ledger.restart(same_ids, self._world.stamp(), self._world.dice)

    def skew(self, seconds: float) -> None:
        """Set the appliance's clock wrong from now on."""
        self._world.skew_seconds = seconds

    def _release(self, person: Person) -> None:
        self._showcase.release(person)
        self._casework.release(person)

    def _populate(self) -> None:
        world = self._world
        self._staffing.open()
        for _ in range(round(self._target())):
            if world.chance(WAITING_SHARE) or not len(self._staffing.online):
                self._casework.arrive(min(world.wait(70), 600))
            else:
                self._casework.arrive_served(min(world.wait(LIFE_SECONDS * 0.8, 60), 3 * LIFE_SECONDS))
        if self._sessions:
            self._showcase.open(max(1, round(len(self._staffing.online) * load_at(world.hour) / 40)))
            self._plan_arrival()
        self._noise.start()
        world.ledger.forget()

    def _target(self) -> float:
        return self._sessions * load_at(self._world.hour)

    def _plan_arrival(self) -> None:
        target = self._target()
        rate = target / LIFE_SECONDS + (target - len(self._casework.open_cases)) / LOAD_CORRECTION_SECONDS
        pause = LONGEST_PAUSE_SECONDS if rate <= 0 else self._world.wait(1 / rate)
        arrives = pause < LONGEST_PAUSE_SECONDS
        self._world.later(min(pause, LONGEST_PAUSE_SECONDS), partial(self._arrive, arrives))

    def _arrive(self, arrives: bool) -> None:
        if arrives:
            self._casework.arrive()
        self._plan_arrival()
