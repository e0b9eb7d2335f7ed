"""`manage.py prune`: deletes what is kept no longer."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.operating.retention import prune_all
from dashboard.sources import SourcesRefused, configured_accounts


class Command(BaseCommand):
    """Calls and prints."""

    help = "Delete ended sessions, polls, audit entries and sign-ins that are older than what is kept."
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how much."""
        try:
            accounts = configured_accounts()
        except SourcesRefused as refused:
            raise CommandError(str(refused)) from refused
        for what, count in prune_all(accounts, timezone.now()).items():
            self.stdout.write(f"{count} {what} deleted")
