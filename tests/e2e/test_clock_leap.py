"""Our machine's clock leaps (F21): ten minutes back, then twenty on, below processes that run.

Their clock is libfaketime's; the appliance, the vendors, PostgreSQL and the test keep the machine's own. Clocks
that only count, as timers use them, do not leap.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from pytest_django import DjangoDbBlocker

from tests.dashboard.live.test_scopes import listening, soon
from tests.e2e.center import Center
from tests.e2e.mirroring import Appliance, Installation, simulating
from tests.e2e.polling import TABLES, Vendors, vendors_simulated
from tests.services.process import ROOT, running
from tests.services.site import serving, site_environment
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

MINUTES = 10
SOON_SECONDS = 60.0
AGE = re.compile(r'data-col="age">.*?>(\d):(\d\d)<')
LIGHT = 'id="light-appliance"'
LIVE = f'fresh__leg--ok" {LIGHT}'
CALM_SECONDS = 6.0  # in which a page compares what it knows with the database at least twice


def find_library() -> Path | None:
    """Return where the library is that gives a process a clock of its own; None where the machine has none."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


LIBRARY = find_library()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed (Debian: libfaketime)")


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of the processes that are told `environment`."""

    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process use it."""
        return {
            "LD_PRELOAD": str(LIBRARY),
            "PYTHONPATH": str(ROOT / "tests" / "fakes" / "clock"),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # it mends old C libraries; with ours, waits take seconds too long
        }

    def leap(self, minutes: int) -> None:
        """Go so far from the machine's own clock."""
        self.file.write_text(f"{minutes * 60:+d}\n")


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """The clock of the installation, right at first."""
    clock = Clock(tmp_path / "clock")
    clock.leap(0)
    return clock


@pytest.fixture
def environment(
    tmp_path: Path, clock: Clock, valkey: ValkeyServer, mirror_database_url: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, str]]:
    """What its processes are told."""
    with site_environment(tmp_path, django_db_blocker, mirror_database_url) as environment:
        yield environment | clock.environment | {"VAR_DIR": str(tmp_path), "WORKER_PROCESSES": "2"}


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    """An appliance in which nothing happens by itself."""
    with simulating(tmp_path, "--sessions", "0", "--reps", "0") as appliance:
        yield appliance


@pytest.fixture
def vendors(tmp_path: Path) -> Iterator[Vendors]:
    """Vendors in which nothing happens by itself."""
    with vendors_simulated(tmp_path) as vendors:
        yield vendors


@pytest.fixture
def center(tmp_path: Path, environment: dict[str, str], appliance: Appliance, vendors: Vendors) -> Iterator[Center]:
    """The whole installation, each of its processes with the clock that leaps."""
    with ExitStack() as stack:
        installation = Installation(tmp_path, environment["DATABASE_URL"], appliance.url, stack)
        sources = Path(environment["SOURCES_FILE"])
        polled = f'\n[phones]\n{TABLES["phones"]}url = "{vendors.urls["evovoice"]}"\ninterval = 5\n'
        sources.write_text(sources.read_text() + polled)
        site = stack.enter_context(serving(environment, tmp_path / "web.log"))  # alone: each of the four loads slowly
        started = {}
        for name, arguments in {
            "mirror": ("manage.py", "runmirror"),
            "worker": ("-m", "celery", "-A", "dashboard.celery", "worker"),
            "beat": ("-m", "celery", "-A", "dashboard.celery", "beat"),
        }.items():
            log_path = tmp_path / f"{name}.log"
            started[name] = stack.enter_context(running(*arguments, log_path=log_path, environment=environment))
        installation.wait_for_state("live")
        yield Center(appliance, installation, site, environment, tmp_path, started["mirror"])


def next_polls(center: Center) -> Callable[[], bool]:
    """Return what says whether the phones were polled twice more, and well: once may have been under way."""
    query = "SELECT count(*) FROM dashboard_pollrun WHERE source = 'phones' AND error = ''"
    (before,) = center.installation.query(query)
    return lambda: center.installation.query(query)[0] >= before + 2


def staying_live(heard: list[str]) -> Callable[[], bool]:
    """Return what says whether the links have been called live, and nothing else, for a while."""
    since: dict[int, float] = {}

    def is_staying() -> bool:
        now, others = time.monotonic(), sum(LIGHT in text and LIVE not in text for text in heard)
        return now - since.setdefault(others, now) >= CALM_SECONDS

    return is_staying


async def test_a_clock_that_leaps_stops_nothing_and_no_age_is_wrong(center: Center, clock: Clock) -> None:
    session = await sync_to_async(center.log_in)()
    queue = await sync_to_async(center.add_queue)("Mail")
    await sync_to_async(wait_until)(next_polls(center), SOON_SECONDS, "two polls")
    async with listening(center.site, session, "/live/sessions/") as (_, heard):
        for number, minutes in enumerate((-MINUTES, MINUTES), start=1):
            polled = await sync_to_async(next_polls)(center)
            clock.leap(minutes)
            await sync_to_async(center.begin_session)(queue, f"New {number}", seconds_ago=100)
            await soon(heard, f"New {number}")

            def is_right(count: int = number) -> bool:
                page = center.site.get("/sessions/", session).text
                ages = [60 * int(minutes) + int(seconds) for minutes, seconds in AGE.findall(page)]
                return len(ages) == count and min(ages) >= 100 and max(ages) < 400 and LIVE in page

            await sync_to_async(wait_until)(is_right, SOON_SECONDS, "a live page, ages by the appliance's clock")
            await sync_to_async(wait_until)(staying_live(heard), SOON_SECONDS, "a light that stays live")
            await sync_to_async(wait_until)(polled, SOON_SECONDS, f"two polls after the clock was set to {minutes:+d}")
