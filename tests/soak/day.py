"""Run an installation through a simulated day, and say whether what its processes hold stays flat and is right.

A center whose time runs 144 times as fast is mirrored, two vendors are polled each five seconds, and sockets watch;
ten minutes are a day. What each process holds in the second third is compared with the third one. In the end the center
stands still: the database must hold what the appliance holds, each socket's picture must hold the page's rows in its
order and the words that a socket gets which is opened then, and each session of the vendors must be stored once.
"""

import argparse
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

import httpx2  # noqa: E402
import psutil  # noqa: E402
from django.conf import settings  # noqa: E402

from tests.chaos.clients import Browser, Picture  # noqa: E402
from tests.chaos.faults import Cases  # noqa: E402
from tests.chaos.history import History  # noqa: E402
from tests.chaos.run import stored_cases  # noqa: E402
from tests.chaos.world import POLLED, World, standing_world, wait_for_start  # noqa: E402
from tests.services.database import default_database  # noqa: E402
from tests.services.site import Site  # noqa: E402
from tests.services.valkey import ValkeyServer  # noqa: E402

PROCESSES = ("web", "mirror1", "worker", "beat1")
PATHS = ("/sessions/", "/sessions/?sort=-age", "/sessions/?sort=customer", "/representatives/?form=table")
SAMPLES = 90
CASES_EVERY = 2  # samples
REST_SECONDS = 60.0
FLAT_SHARE = 0.05
FEW = 2.0  # so many descriptors, threads or tasks more are no growth
TASKS = re.compile(r"^dashboard_tasks (\S+)", re.MULTILINE)

Held = dict[tuple[str, str], float]
"""(process, what) -> how much: resident MB, open descriptors and threads with its children's, asyncio's tasks."""


def look(world: World) -> Held:
    """Return what each process holds now."""
    held: Held = {}
    for name in PROCESSES:
        parent = psutil.Process(world.processes[name].popen.pid)
        family = [parent, *parent.children(recursive=True)]
        held[name, "MB"] = sum(one.memory_info().rss for one in family) / 1e6
        held[name, "descriptors"] = sum(one.num_fds() for one in family)
        held[name, "threads"] = sum(one.num_threads() for one in family)
    metrics = httpx2.get(page_address(world, "/metrics"), trust_env=False, timeout=30).text
    held["web", "tasks"] = float(TASKS.findall(metrics)[0])
    return held


def page_address(world: World, path: str) -> str:
    """Return a page's address."""
    return world.address(path).replace("ws://", "http://")


def pass_day(world: World, cases: Cases, seconds: float) -> list[Held]:
    """Let the day pass; return what was held, again and again."""
    began, samples = time.monotonic(), list[Held]()
    for number in range(1, SAMPLES + 1):
        time.sleep(max(0.0, began + number * seconds / SAMPLES - time.monotonic()))
        samples.append(look(world))
        if number % CASES_EVERY == 0:
            cases.open()
        if number % (SAMPLES // 6) == 0:
            told = "  ".join(f"{name} {samples[-1][name, 'MB']:.0f}" for name in PROCESSES)
            print(f"{time.monotonic() - began:4.0f} s  MB: {told}", flush=True)
    return samples


def judge(samples: list[Held]) -> bool:
    """Print the medians of the thirds; return whether the third one is no more than the second."""
    third = len(samples) // 3
    parts = [samples[at : at + third] for at in (0, third, 2 * third)]
    is_flat = True
    print(f"\n{'process':8} {'what':12} {'1st third':>10} {'2nd':>8} {'3rd':>8}")
    for key in samples[0]:
        first, second, last = (median(held[key] for held in part) for part in parts)
        grew = last > second * (1 + FLAT_SHARE) and (key[1] == "MB" or last > second + FEW)
        is_flat = is_flat and not grew
        print(f"{key[0]:8} {key[1]:12} {first:10.1f} {second:8.1f} {last:8.1f}{'  GREW' if grew else ''}")
    return is_flat


def come_right(world: World, browsers: dict[str, Browser], cases: Cases, stack: ExitStack) -> bool:
    """Let the center stand still; print what comes to be exact, and return whether all does."""
    world.appliance.tell("pause")
    truth = world.appliance.truth
    count = sum(map(len, truth.values()))
    checks: dict[str, Callable[[], bool]] = {
        f"database equals the appliance's {count} rows": lambda: world.stored() == truth,
        "vendors' sessions stored once each": lambda: all(has_all(world, source, cases) for source in POLLED),
    }
    fresh = watch(world, stack)
    for path, browser in browsers.items():
        checks[f"socket shows {path}"] = partial(is_right, world, path, browser.picture, fresh[path].picture)
    return all([comes(what, holds) for what, holds in checks.items()])  # all are told, whatever the first says


def has_all(world: World, source: str, cases: Cases) -> bool:
    """Say whether as many sessions of a vendor are stored as there are, and none twice."""
    stored = stored_cases(world, source)
    return len(set(stored)) == len(stored) == len(cases.ids[source])


def is_right(world: World, path: str, picture: Picture, fresh: Picture) -> bool:
    """Say whether a picture is that of a socket just opened, words and all, and has the page's rows in its order.

    The page itself says how long ago things were, for browsers without scripts; sockets say when.
    """
    return picture.shown == fresh.shown and list(picture.shown) == rows_of_page(world, path, picture.name)


def rows_of_page(world: World, path: str, name: str) -> list[str]:
    """Return the rows of a page that is opened now."""
    picture = Picture(name)
    headers = {"Cookie": world.cookie("manager")}
    answer = httpx2.get(page_address(world, path), headers=headers, trust_env=False, timeout=30).raise_for_status()
    picture.take("paint", answer.text)
    return list(picture.shown)


def comes(what: str, holds: Callable[[], bool]) -> bool:
    """Wait until something holds, and say whether it came to."""
    deadline = time.monotonic() + REST_SECONDS
    while not (is_so := holds()) and time.monotonic() < deadline:
        time.sleep(0.2)
    print(f"{what}: {'yes' if is_so else 'NO'}", flush=True)
    return is_so


def soak(folder: Path, seconds: float, speed: float) -> bool:
    """Run the day; return whether all stayed flat and is right."""
    with ExitStack() as stack:
        valkey = ValkeyServer(folder / "valkey.sock")
        valkey.start()
        stack.callback(valkey.stop)
        options = ("--sessions", "60", "--reps", "40", "--speed", str(speed))
        world = stack.enter_context(standing_world(folder, valkey, options))
        with default_database(world.database_url):
            world.cookies["manager"] = Site(world.site_port, world.appliance.process).log_in("manager")
        for name in PROCESSES:
            world.start(name)
        wait_for_start(world)
        browsers, cases = watch(world, stack), Cases(world)
        is_flat = judge(pass_day(world, cases, seconds))
        (changes,) = world.query("SELECT seq, message_count, change_count FROM realtime_link WHERE source = 'desk'")
        print(f"\ncommits, messages, changes of rows: {', '.join(f'{one:,}' for one in changes.values())}")
        return come_right(world, browsers, cases, stack) and is_flat


def watch(world: World, stack: ExitStack) -> dict[str, Browser]:
    """Open the sockets; return them by their page's path."""
    history = History()
    cookie = world.cookie("manager")
    browsers = {path: Browser(history, path, world.address(f"/live{path}"), cookie) for path in PATHS}
    for browser in browsers.values():
        browser.start()
        stack.callback(browser.stop)
    return browsers


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.day", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="of the center's time (24)")
    parser.add_argument("--speed", type=float, default=144.0, help="how many times as fast that runs (144)")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what we started ends with us
    folder = Path(settings.VAR_DIR)
    folder.parent.mkdir(mode=0o711, exist_ok=True)
    folder.mkdir(mode=0o711, exist_ok=True)
    started = time.monotonic()
    try:
        return 0 if soak(folder, given.hours * 3600 / given.speed, given.speed) else 1
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
        print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
