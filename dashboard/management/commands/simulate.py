"""`manage.py simulate`: run a stand-in appliance with a believable support center. Needs no database."""

import asyncio
import dataclasses
import gc
import os
import signal
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime.simulator.dialect import Freedom, read_freedoms
from realtime.simulator.faults import Fault, PlannedFault, read_fault
from realtime.simulator.ledger import IdMode
from realtime.simulator.options import Options
from realtime.simulator.server import Simulator

NUMBERS: dict[str, str] = {
    "port": "port to listen on; 0 picks a free one",
    "seed": "the same seed gives the same center",
    "speed": "simulated time runs this many times as fast",
    "reps": "representatives logged in at 10:00",
    "sessions": "concurrent sessions at the daily peaks; 0 for none",
    "rate": "least number of row changes per second, on average",
    "hour": "the hour of the center's local day at the start",
    "rows_per_message": "rows per message of the full copy",
}


class Command(BaseCommand):
    """Parses options, then serves until SIGTERM or SIGINT."""

    help = "Run a stand-in BeyondTrust appliance on loopback."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options; their defaults are those of `Options`."""
        defaults = {field.name: field.default for field in dataclasses.fields(Options)}
        for name, description in NUMBERS.items():
            default = defaults[name]
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, help=description)
        parser.add_argument("--host", default=Options().host, help="address to listen on")
        parser.add_argument("--ids", type=IdMode, default=IdMode.LARGE, help="small, large or edge (from 2^64-1 down)")
        parser.add_argument("--client-id", default=Options().client_id)
        secret = parser.add_mutually_exclusive_group()
        secret.add_argument("--client-secret", default=Options().client_secret)
        secret.add_argument("--client-secret-env", metavar="NAME", help="environment variable that holds the secret")
        parser.add_argument(
            "--freedom", action="append", default=[], choices=[*Freedom, "all"], metavar="NAME", help=names(Freedom)
        )
        parser.add_argument(
            "--fault", action="append", default=[], type=parse_fault, metavar="NAME[=ARG][@SECONDS]", help=names(Fault)
        )
        parser.add_argument("--control", action="store_true", help="serve /simulator/… for tests and benches")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        asyncio.run(self._serve(read_options(options)))

    async def _serve(self, options: Options) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        try:
            async with Simulator(options) as simulator:
                gc.freeze()
                self.stdout.write(f"simulator: {simulator.url}")
                self.stdout.flush()
                await stopped.wait()
        except OSError as error:
            raise CommandError(f"the simulator cannot listen on {options.host}:{options.port}: {error}") from error


def names(choices: type[Freedom] | type[Fault]) -> str:
    """Return the names of an enumeration for the help text."""
    return "repeatable: " + ", ".join(choices)


def parse_fault(text: str) -> PlannedFault:
    """Read a fault from the command line."""
    try:
        return read_fault(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def read_options(given: dict[str, Any]) -> Options:
    """Turn parsed arguments into Options."""
    known = {field.name for field in dataclasses.fields(Options)}
    chosen = {name: value for name, value in given.items() if name in known}
    variable = given["client_secret_env"]
    if variable:
        if not os.environ.get(variable):
            raise CommandError(f"the environment variable {variable} holds no client secret")
        chosen["client_secret"] = os.environ[variable]
    if given["speed"] <= 0:
        raise CommandError("--speed must be above 0")
    return Options(**chosen, freedoms=read_freedoms(given["freedom"]), faults=tuple(given["fault"]))
