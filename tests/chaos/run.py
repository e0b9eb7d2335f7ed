"""One run: browsers watch, the nemesis breaks, all is mended, and what came out of it is written down."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx2
import psutil
import psycopg

from tests.chaos.clients import Browser, Watch
from tests.chaos.faults import Cases, End, Marker, begin
from tests.chaos.history import History
from tests.chaos.nemesis import Step, Target
from tests.chaos.world import COMMANDS, POLLED, World
from tests.e2e.mirroring import known_part
from tests.services.loopback import call

STEP_SECONDS = 0.1
CASE_SECONDS = 2.0
REST_SECONDS = 120.0  # more than the checker allows, also with patience
CROWDED_SECONDS = 20.0
SLOW = 4408
LOOK = """
SELECT state, seq, epoch, fence, owner,
    (SELECT count(*) FROM realtime_supportsession) AS sessions,
    (SELECT json_object_agg(lsid, number) FROM (SELECT substr(lsid, 7) AS lsid,
        max(split_part(customer_name, ' ', 2)::int) AS number FROM realtime_supportsession
        WHERE lsid LIKE 'chaos-%' GROUP BY 1) AS marked) AS marks
FROM realtime_link WHERE source = 'desk'
"""


def run_chaos(world: World, plan: list[Step], seconds: float) -> History:
    """Carry out a plan; return everything that was seen, up to the state it all came to rest in."""
    history = History()
    with ExitStack() as stack:
        browsers = watch_by_browsers(world, history, stack)
        watch_below(world, history, stack)
        cases, marker = Cases(world), Marker(world)
        carry_out(world, plan, seconds, (history, cases, marker))
        world.start_all()
        wait(lambda: is_live(world), history, "live")
        crowd(world, history, marker)
        mend(world, history, cases)
        come_to_rest(world, browsers, history)
    write_traces(world, history)
    return history


def watch_by_browsers(world: World, history: History, stack: ExitStack) -> list[Browser]:
    """Start the browsers; the last of them never acknowledges anything."""
    addresses = [
        ("manager1", "/live/sessions/", "manager"),
        ("manager2", "/live/sessions/?sort=-age", "manager"),
        ("people", "/live/representatives/?form=table", "manager"),
        ("lead", "/live/sessions/", "lead"),
    ]
    browsers = [Browser(history, who, world.address(path), world.cookie(user)) for who, path, user in addresses]
    for browser in (*browsers, slow_browser(world, history, "slow")):
        browser.start()
        stack.callback(browser.stop)
    return browsers


def slow_browser(world: World, history: History, who: str) -> Browser:
    """Return a browser that never acknowledges anything."""
    address = world.address("/live/sessions/?sort=customer")
    return Browser(history, who, address, world.cookie("manager"), acknowledges=False)


def watch_below(world: World, history: History, stack: ExitStack) -> None:
    """Watch the database, the site's answers and the memory of the processes."""
    watches = [
        Watch(history, "database", lambda: world.query(LOOK)[0], psycopg.Error, 0.1),
        Watch(history, "request", lambda: request(world), httpx2.TransportError, 0.5),
        Watch(history, "memory", lambda: memory(world), psutil.Error, 1.0),
    ]
    for watch in watches:
        watch.start()
        stack.callback(watch.stop)


def request(world: World) -> dict[str, Any]:
    """Fetch a page that shows vendors' rows."""
    url = world.address("/combined/").replace("ws://", "http://")
    answer = call("GET", url, headers={"Cookie": world.cookie("manager")})
    return {"status": answer.status_code}


def memory(world: World) -> dict[str, Any]:
    """Return the resident memory of the long-lived processes in MB, by name and process id."""
    running = {name: one.popen for name, one in world.processes.items() if one.popen.poll() is None}
    return {
        "mb": {
            f"{name}/{popen.pid}": round(psutil.Process(popen.pid).memory_info().rss / 1e6, 1)
            for name, popen in running.items()
            if not name.startswith("beat")
        }
    }


def carry_out(world: World, plan: list[Step], seconds: float, kept: tuple[History, Cases, Marker]) -> None:
    """Begin and end the faults when they are due, let the marked sessions count, and vendors' sessions begin."""
    history, cases, marker = kept
    began = time.monotonic()
    waiting, at_work = list(plan), list[tuple[Step, End]]()
    next_case = 0.0
    while (now := time.monotonic() - began) < seconds or waiting or at_work:
        for step, end in [one for one in at_work if one[0].until <= now]:
            at_work.remove((step, end))
            tell(history, "ended", step, end)
        supervise(world, [step.fault.target for step, _end in at_work])
        while waiting and waiting[0].at <= now:
            step = waiting.pop(0)
            history.note("nemesis", "begins", fault=str(step.fault), target=step.fault.target)
            at_work.append((step, begin(world, step.fault)))
        history.note("generator", "marked", number=marker.advance())
        if now >= next_case:
            next_case = now + CASE_SECONDS
            cases.open()
        time.sleep(STEP_SECONDS)


def supervise(world: World, held: list[Target]) -> None:
    """Start what ended although nothing hit it: a process does that if it starts while its database is away."""
    if Target.POSTGRES not in held:
        for name in COMMANDS:
            if not name.startswith(tuple(held)):
                world.start(name)


def tell(history: History, kind: str, step: Step, end: Callable[[], object]) -> None:
    """End a fault and write it down."""
    end()
    history.note("nemesis", kind, fault=str(step.fault), target=step.fault.target)


def crowd(world: World, history: History, marker: Marker) -> None:
    """With no fault left, change rows as fast as views go until a browser that never acknowledges was ended for it.

    Whatever it got then, it got because nothing held it back: faults interrupt the streams too often to show that.
    """
    stalled = slow_browser(world, history, "stalled")
    stalled.start()
    ends = time.monotonic() + CROWDED_SECONDS
    while time.monotonic() < ends and not any(one.who == "stalled" and one.data.get("code") == SLOW for one in history):
        history.note("generator", "marked", number=marker.advance())
    stalled.stop()


def mend(world: World, history: History, cases: Cases) -> None:
    """Let the appliance stand still, write down its truth, and have the vendors polled soon."""
    cases.open()
    world.appliance.tell("pause")
    truth = known_part(world.appliance.ask("state"))
    history.note("nemesis", "mended", truth=truth, cases=cases.ids)
    world.execute("UPDATE dashboard_poll SET due_at = now(), failures = 0 WHERE claimed_until IS NULL")


def come_to_rest(world: World, browsers: list[Browser], history: History) -> None:
    """Wait until database and browsers stand still at the truth, or for longer than allowed; write both down."""
    truth = next(record.data for record in history if record.kind == "mended")
    names = {row_id: str(row.get("customer_name") or "") for row_id, row in truth["truth"]["support_session"].items()}
    wait(lambda: stored_names(world) == names, history, "stored")
    wait(lambda: all(shows(browser, truth["truth"]) for browser in browsers), history, "shown")
    wait(
        lambda: all(len(stored_cases(world, source)) == len(truth["cases"][source]) for source in POLLED),
        history,
        "polled",
    )
    history.note("database", "final", tables=world.stored())
    for source in POLLED:
        history.note(source, "final", ids=stored_cases(world, source))
    for browser in browsers:
        history.note(browser.who, "final", name=browser.picture.name, shown=browser.picture.shown)


def wait(look: Callable[[], bool], history: History, what: str) -> bool:
    """Poll until something holds, and write down after how long; the checker judges."""
    began = time.monotonic()
    while (seconds := time.monotonic() - began) < REST_SECONDS:
        try:
            if look():
                history.note("rest", what, seconds=round(seconds, 2))
                return True
        except psycopg.Error as error:
            history.note("rest", "database", error=type(error).__name__)
        time.sleep(STEP_SECONDS)
    history.note("rest", what, seconds=None)
    return False


def is_live(world: World) -> bool:
    """Say whether the mirror follows the appliance."""
    return world.query("SELECT state FROM realtime_link WHERE source = 'desk'") == [{"state": "live"}]


def stored_names(world: World) -> dict[str, str]:
    """Return session id -> customer, as stored."""
    rows = world.query("SELECT key, customer_name FROM realtime_supportsession WHERE source = 'desk'")
    return {row["key"].partition(":")[2]: row["customer_name"] or "" for row in rows}


def stored_cases(world: World, source: str) -> list[str]:
    """Return the ids of a polled source's sessions, each as often as it is stored."""
    rows = world.query(f"SELECT external_id FROM realtime_vendorsession WHERE source = '{source}'")  # noqa: S608
    return sorted(str(row["external_id"]).replace("-", "") for row in rows)


def shows(browser: Browser, truth: dict[str, Any]) -> bool:
    """Say whether a browser shows as many rows as there are; the checker looks closer."""
    shown = browser.picture.shown
    if browser.who == "lead":
        return len(shown) == 1
    table = "support_session" if browser.picture.name == "sessions" else "representative"
    return bool(shown.keys() == truth[table].keys())


def write_traces(world: World, history: History) -> None:
    """Put down what the database noted of each commit, lease and poll."""
    for row in world.query("SELECT * FROM chaos_link ORDER BY id"):
        history.note("commits", "link", **row)
    for row in world.query("SELECT * FROM chaos_poll ORDER BY id"):
        history.note("commits", "poll", **row)
