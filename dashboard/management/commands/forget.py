"""`manage.py forget SOURCE`: deletes what is left of a source that sources.toml names no longer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.operating.forgetting import forget, remains
from realtime.errors import LeaseLost, Misconfigured


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Delete all rows, polls, samples and the token of a source that sources.toml names no longer."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("source", help="its name, as it was in sources.toml")
        parser.add_argument("--yes", action="store_true", help="delete; without it only what would be deleted is said")

    def handle(self, *args: Any, source: str, yes: bool = False, **options: Any) -> None:
        """Delete, or say what would be."""
        try:
            counts = forget(source) if yes else remains(source)
        except (Misconfigured, LeaseLost) as error:
            raise CommandError(str(error)) from error
        for what, count in counts.items():
            self.stdout.write(f"{count} {what} {'deleted' if yes else 'would be deleted'}")
        if not yes:
            self.stdout.write(f"Nothing was deleted. To delete it for good: manage.py forget {source} --yes")
