"""Run the lines, print the table, write the JSON. QUICK=1 takes fewer samples and smaller sizes, and no slow lines."""

import argparse
import gc
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402

from tests.bench.line import LeftOut, Result, measure_line  # noqa: E402
from tests.bench.lines import BY_NAME, MODULES  # noqa: E402
from tests.bench.report import ROOT, Machine, describe_machine, print_table, write_json  # noqa: E402
from tests.bench.surroundings import Surroundings  # noqa: E402

GC_THRESHOLDS = (50_000, 20, 100)  # the mirror's own (`realtime.worker`)


def read_modules(arguments: list[str]) -> list[str]:
    """Return the modules to run, in the order of the table: those named, else all of the plain run."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("modules", nargs="*", choices=[*MODULES, []], metavar="module", help=", ".join(MODULES))
    named = parser.parse_args(arguments).modules or MODULES.keys() - BY_NAME
    return [name for name in MODULES if name in named]


def measure_all(modules: list[str], surroundings: Surroundings) -> Iterator[Result | LeftOut]:
    """Measure line by line, saying on standard error where we are."""
    started = time.monotonic()
    for name in modules:
        for line in MODULES[name](surroundings):
            print(f"{time.monotonic() - started:4.0f} s  {name}: {line.name}", file=sys.stderr, flush=True)
            yield line if isinstance(line, LeftOut) else measure_line(line, surroundings.samples)


def run(modules: list[str]) -> None:
    """Measure, print, write."""
    machine = describe_machine()
    gc.set_threshold(*GC_THRESHOLDS)
    started = time.monotonic()
    folder = Path(settings.VAR_DIR)
    folder.mkdir(parents=True)
    results: list[Result | LeftOut] = []
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder.parent, ignore_errors=True)
        try:
            for result in measure_all(modules, Surroundings(folder, stack)):
                results.append(result)  # noqa: PERF402  # so that a line that breaks does not cost the others
        finally:
            report(results, machine, seconds=time.monotonic() - started)


def report(results: list[Result | LeftOut], machine: Machine, *, seconds: float) -> None:
    """Print and write what was measured."""
    path = ROOT / "var" / "bench" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json"
    write_json(path, machine, [one for one in results if isinstance(one, Result)], seconds=seconds)
    print_table(results)
    print(
        f"\n{machine.processor}, {machine.cores} cores, {machine.memory_gb} GB, {machine.system}, "
        f"Python {machine.python}, load before {machine.load}; "
        f"commit {machine.commit}{' (modified)' if machine.is_modified else ''}; "
        f"{seconds:.0f} s; {path.relative_to(ROOT)}"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the servers we started end with us
    run(read_modules(sys.argv[1:]))
