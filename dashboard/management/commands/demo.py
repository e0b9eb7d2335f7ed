"""`manage.py demo` (or `make demo`): see the dashboard with a simulated support center."""

import asyncio
import contextlib
import logging
import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import connections

from dashboard.demo.environment import APPLIANCE
from dashboard.demo.people import USERNAMES, create_people, invent_password
from dashboard.demo.process import Ended
from dashboard.demo.run import Plan, Refused, lock_folder, refuse_used_port, run_until_stopped
from dashboard.demo.team import create_team
from dashboard.demo.wallboards import create_wallboards
from realtime import feed

SIMULATOR_OPTIONS = ("speed", "sessions", "reps", "rate", "seed")


class Command(BaseCommand):
    """Parses, prepares the demo's database and runs its processes."""

    help = "Show the dashboard with a simulated support center on this machine."
    requires_system_checks: list[str] = []  # noqa: RUF012  # its sources file does not exist yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the simulator's options and hand them on as they are."""
        for name in SIMULATOR_OPTIONS:
            parser.add_argument(f"--{name}", metavar=name.upper(), help=f"passed on to `manage.py simulate --{name}`")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until somebody stops it."""
        given = [(name, options[name]) for name in SIMULATOR_OPTIONS if options[name] is not None]
        plan = Plan(
            folder=settings.VAR_DIR,
            sources_file=settings.SOURCES_FILE,
            host=settings.HOST,
            port=settings.PORT,
            users=USERNAMES,
            password=invent_password(),
            valkey_socket=own_socket(),
            simulator_options=tuple(part for name, value in given for part in (f"--{name}", value)),
        )
        try:
            # Until the event loop minds the signals, Ctrl-C arrives as an exception; nothing runs yet then.
            with contextlib.suppress(KeyboardInterrupt), lock_folder(plan.folder):
                prepare(plan)
                asyncio.run(run_until_stopped(plan))
        except (Refused, Ended) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Stopped.")


def own_socket() -> Path | None:
    """Return where the private Valkey listens, or None when the demo uses somebody else's Redis."""
    return None if os.environ.get("DEMO_REDIS_URL") else Path(settings.REDIS_URL.removeprefix("unix://"))


def prepare(plan: Plan) -> None:
    """Refuse what would fail later, and bring the database up to date."""
    refuse_used_port(plan.host, plan.port)
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        raise Refused("The style sheets and scripts are not in place. Run: make install")
    call_command("migrate", verbosity=0)
    with unheard():
        create_people(plan.password)
        create_wallboards(USERNAMES[0])
        create_team(APPLIANCE, *USERNAMES[1:])
    connections.close_all()


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Say nothing of news that nobody takes: nothing runs yet that would."""
    logger = logging.getLogger(feed.__name__)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
