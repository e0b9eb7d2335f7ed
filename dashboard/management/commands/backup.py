"""`manage.py backup FILE`: copies everything the database holds into one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.operating.archive import ArchiveRefused, write_archive


class Command(BaseCommand):
    """Parses, calls, prints."""

    help = "Copy everything the database holds, as of one moment, into one file. The site may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace the file if it exists")

    def handle(self, *args: Any, file: Path, force: bool, **options: Any) -> None:
        """Write the file."""
        try:
            summary = write_archive(file, replaces=force)
        except ArchiveRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{summary.rows} rows of {summary.tables} tables are in {file}.")
