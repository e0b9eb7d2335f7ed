"""What a Celery worker's children hold of their own, beside what they share with the worker that forked them."""

import statistics
import time
from collections.abc import Iterator

import psutil

from tests.bench.line import Bar, LeftOut, Line, Measure, Sample, Side
from tests.bench.surroundings import QUICK, Surroundings
from tests.services.process import running
from tests.services.waiting import wait_until

CHILDREN = 6  # as the settings have it


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """One line."""
    if QUICK:
        yield LeftOut("memory of a worker's child")
        return
    with surroundings.database("sqlite") as url:
        environment = {"DATABASE_URL": url, "REDIS_URL": surroundings.valkey.url}

        def child_of(app: str) -> Sample:
            return child_memory(surroundings, app, environment)

        yield Line(
            f"memory of a worker's child, of {CHILDREN}",
            "MB",
            "ours: not shared with the worker that forked it; textbook: the same worker that freezes nothing",
            {Side.OURS: lambda: child_of("dashboard.celery"), Side.TEXTBOOK: lambda: child_of("tests.bench.unfrozen")},
            Bar(0.5, Measure.TO_TEXTBOOK),
            samples=1,
        )


def child_memory(surroundings: Surroundings, app: str, environment: dict[str, str]) -> Sample:
    """Return the median of the children of a worker that has come to rest."""
    command = ("-m", "celery", "-A", app, "worker", "--concurrency", str(CHILDREN))
    with running(*command, log_path=surroundings.folder / "worker.log", environment=environment) as worker:
        wait_until(lambda: "[queues]" in worker.output, 30, "a worker that has started")
        children = wait_until(lambda: all_children(worker.popen.pid), 30, "its children")
        wait_until(lambda: are_at_rest(children), 30, "children that wait for work")
        return Sample(statistics.median(child.memory_full_info().uss / 1e6 for child in children))


def all_children(pid: int) -> list[psutil.Process]:
    """Return the worker's children once there are as many as there shall be."""
    children = psutil.Process(pid).children()
    return children if len(children) == CHILDREN else []


def are_at_rest(children: list[psutil.Process]) -> bool:
    """Say whether no child does anything for half a second."""
    before = [child.cpu_times() for child in children]
    time.sleep(0.5)
    return [child.cpu_times() for child in children] == before
