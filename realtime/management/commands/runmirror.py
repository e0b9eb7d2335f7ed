"""`manage.py runmirror`: mirror every BeyondTrust source until stopped."""

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from realtime.appliance.configured import configured_appliances
from realtime.worker import run_mirrors


class Command(BaseCommand):
    """Run the mirror process."""

    help = "Mirror the state of every BeyondTrust appliance in sources.toml into the database, until stopped."
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        asyncio.run(run_mirrors(configured_appliances()))
