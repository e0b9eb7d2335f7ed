"""`manage.py doctor`: looks at the whole installation and prints what is not well, with the mend."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.management.commands.checksources import Table, layout, printable
from dashboard.operating.doctor import examine
from realtime.outbound.probe import Result


class Command(BaseCommand):
    """Calls and prints. Exit status 1 if anything is not well."""

    help = (
        "Look at settings, secrets, database, Redis, disk, static files and processes; print the mend of what is ill."
    )
    requires_system_checks: tuple[str, ...] = ()  # they are part of what is printed

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and print one table."""
        findings = list(examine())
        rows: Table = [("area", "what", "result", "detail")]
        rows += [(area, printable(one.stage), one.result.value, printable(one.detail)) for area, one in findings]
        self.stdout.write(layout(rows))
        ill = sum(one.result is Result.FAILED for _, one in findings)
        if ill:
            raise CommandError(f"{ill} of {len(findings)} findings are not well.")
