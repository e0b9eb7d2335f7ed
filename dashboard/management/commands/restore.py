"""`manage.py restore FILE`: brings back what `backup` copied, also into the other kind of database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.operating.archive import ArchiveRefused, read_archive


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Bring back a backup, wholly or not at all. Stop all processes before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace all that the database holds")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        """Replace the database's rows."""
        try:
            summary = read_archive(file, replaces=force)
        except ArchiveRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{summary.rows} rows of {summary.tables} tables are back. Everybody signs in again.")
