"""How each fault of the plan is begun and ended."""

import signal
from collections.abc import Callable
from contextlib import suppress

import psycopg

from tests.chaos.nemesis import Fault, Target
from tests.chaos.world import PATIENCE, POLLED, World
from tests.e2e.polling import VENDORS, kill_children

End = Callable[[], None]
CLOCKS = {"hour_ahead": 3600.0, "hour_behind": -3600.0}


def nothing() -> None:
    """End a fault that ended by itself."""


def begin(world: World, fault: Fault) -> End:
    """Begin a fault; return what ends it."""
    match fault.target:
        case Target.APPLIANCE:
            return trouble_appliance(world, fault)
        case Target.VENDOR:
            world.vendors.tell("fault", vendor="seeit", fault=fault.name)
            return lambda: world.vendors.tell("fault", vendor="seeit", fault="clear")
        case Target.VALKEY:
            world.valkey.stop(killed=True)
            return world.valkey.start
        case Target.POSTGRES if fault.name == "locked":
            return lock_tables(world)
        case Target.POSTGRES:
            world.postgres.stop(killed=fault.name == "immediate")
            return world.postgres.start
        case Target.MIRROR:
            with suppress(psycopg.Error):
                return trouble_process(world, world.active_mirror(), fault.name)
            return trouble_process(world, "mirror1", fault.name)
        case _:
            return trouble_process(world, fault.target.value, fault.name)


def trouble_appliance(world: World, fault: Fault) -> End:
    """Let the appliance misbehave."""
    if fault.name in CLOCKS:
        return set_clock(world, CLOCKS[fault.name])
    world.appliance.cause(fault.name)
    if fault.name == "revoke":
        world.appliance.cause("drop")
    return (lambda: world.appliance.cause("clear")) if fault.name == "half_open" else nothing


def set_clock(world: World, seconds: float) -> End:
    """Set the appliance's clock wrong, as whoever connects from then on is told."""

    def end() -> None:
        world.appliance.cause("clear")
        world.appliance.cause("drop")

    world.appliance.cause("skew", arg=seconds)
    world.appliance.cause("drop")
    return end


def lock_tables(world: World) -> End:
    """Let nobody read or write what the mirror commits to; a mirror that was stopped in a commit does that already."""
    holder = psycopg.connect(world.database_url, options=PATIENCE)
    with suppress(psycopg.errors.LockNotAvailable):
        holder.execute("LOCK TABLE realtime_link, realtime_supportsession")
    return holder.close


def trouble_process(world: World, name: str, how: str) -> End:
    """Kill, end or stop a process; a supervisor starts one that ended again."""
    if how == "children":
        kill_children(world.processes[name])
        return nothing
    if how == "stopped":
        world.signal(name, signal.SIGSTOP)
        return lambda: world.signal(name, signal.SIGCONT)
    world.signal(name, signal.SIGKILL if how == "killed" else signal.SIGTERM)
    world.processes[name].popen.wait(20)
    return lambda: world.start(name)


class Marker:
    """Counts the two marked sessions' names up, both in one change; what every reader sees of them must agree."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.number = 0

    def advance(self) -> int:
        """Write the next number; return it."""
        sessions = self._world.appliance.ask("state")["support_session"]
        ids = {one["lsid"]: row_id for row_id, one in sessions.items() if str(one.get("lsid")).startswith("chaos-")}
        self.number += 1
        names = {row_id: {"customer_name": f"{lsid} {self.number}"} for lsid, row_id in ids.items()}
        self._world.appliance.tell("apply", update={"support_session": names})
        return self.number


class Cases:
    """Sessions of the polled vendors that begin while chaos reigns: source -> their ids."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ids: dict[str, list[str]] = {source: [] for source in POLLED}

    def open(self) -> None:
        """Let one begin at each vendor."""
        for source, ids in self.ids.items():
            ids.extend(self._world.vendors.open_cases(VENDORS[source], 1))
