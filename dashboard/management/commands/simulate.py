"""`manage.py simulate`: stand-ins for an appliance and the polled vendors, one believable center. Needs no database."""

import asyncio
import dataclasses
import gc
import os
import signal
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.vendors.simulators import options as vendor_options
from dashboard.vendors.simulators.registry import SIMULATED
from dashboard.vendors.simulators.server import VendorSimulators
from realtime.simulator.dialect import Freedom, read_freedoms
from realtime.simulator.faults import Fault, PlannedFault, read_fault
from realtime.simulator.ledger import IdMode
from realtime.simulator.options import Options
from realtime.simulator.server import Simulator

NUMBERS: dict[str, str] = {
    "port": "port to listen on; 0 picks a free one",
    "seed": "the same seed gives the same center",
    "speed": "the center behind the appliance works this many times as fast; every clock keeps its pace",
    "reps": "representatives logged in at 10:00",
    "sessions": "concurrent sessions at the daily peaks; 0 for none",
    "rate": "least number of row changes per second, on average",
    "hour": "the hour of the center's local day at the start",
    "rows_per_message": "rows per message of the full copy",
}


class Command(BaseCommand):
    """Parses options, then serves until SIGTERM or SIGINT."""

    help = "Run a stand-in BeyondTrust appliance, and stand-ins for the polled vendors, on loopback."
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
        parser.add_argument(
            "--vendors-port", type=int, default=0, help="port of the polled vendors' stand-ins; 0 picks a free one"
        )
        parser.add_argument(
            "--busy", type=float, default=1.0, help="how much work there is in the polled products; 0 for none"
        )
        parser.add_argument("--control", action="store_true", help="serve /simulator/… for tests and benches")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        told = read_options(options)
        asyncio.run(self._serve(told, read_vendor_options(told, options)))

    async def _serve(self, options: Options, vendors: vendor_options.Options) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        try:
            async with VendorSimulators(vendors) as simulators, Simulator(options) as simulator:
                gc.freeze()
                for name in SIMULATED:
                    self.stdout.write(f"{name}: {simulators.url(name)}")
                self.stdout.write(f"simulator: {simulator.url}")
                self.stdout.flush()
                await stopped.wait()
        except OSError as error:
            ports = f"{options.port} and {vendors.port}"
            raise CommandError(f"the simulator cannot listen on {options.host}, ports {ports}: {error}") from error


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


def read_vendor_options(appliance: Options, given: dict[str, Any]) -> vendor_options.Options:
    """Return what the polled vendors' stand-ins are told: the same center, and the same secret for all."""
    if given["busy"] < 0:
        raise CommandError("--busy must not be below 0")
    return vendor_options.Options(
        host=appliance.host,
        port=given["vendors_port"],
        seed=appliance.seed,
        reps=appliance.reps,
        hour=appliance.hour,
        busy=given["busy"],
        secret=appliance.client_secret,
        control=appliance.control,
    )
