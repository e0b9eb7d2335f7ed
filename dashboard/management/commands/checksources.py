"""`manage.py checksources`: tries every source stage by stage and prints where and why one fails."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.sources import Source, SourcesRefused, configured_sources
from dashboard.vendors.account import Account
from dashboard.vendors.check import check_account
from realtime.appliance.check import check
from realtime.outbound.probe import Finding, Result

Table = list[tuple[str, str, str, str]]


class Command(BaseCommand):
    """Parses, calls, prints. Exit status 1 if any source failed."""

    help = "Try each source of sources.toml stage by stage and print the reason of the first failure."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--source", action="append", metavar="NAME", help="only this one; may be repeated")

    def handle(self, *args: Any, source: list[str] | None = None, **options: Any) -> None:
        """Check the sources side by side and print one table."""
        results = asyncio.run(check_all(chosen(source)))
        self.stdout.write(layout(rows_of(results)))
        bad = [name for name, findings in results.items() if any(one.result is Result.FAILED for one in findings)]
        if bad:
            raise CommandError(f"{len(bad)} of {len(results)} sources failed: {', '.join(bad)}")


def chosen(names: list[str] | None) -> tuple[Source, ...]:
    """Return the configured sources, or those named. Raises CommandError."""
    try:
        sources = configured_sources()
    except SourcesRefused as error:
        raise CommandError(str(error)) from error
    known = [one.name for one in sources]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise CommandError(f"No source is called {', '.join(unknown)}; there are {', '.join(known)}.")
    return tuple(one for one in sources if not names or one.name in names)


async def check_all(sources: tuple[Source, ...]) -> dict[str, tuple[Finding, ...]]:
    """Return the findings of each source by name; all are tried at the same time."""
    findings = await asyncio.gather(
        *(check_account(one) if isinstance(one, Account) else check(one) for one in sources)
    )
    return {one.name: found for one, found in zip(sources, findings, strict=True)}


def rows_of(results: dict[str, tuple[Finding, ...]]) -> Table:
    """Return the table's rows."""
    rows: Table = [("source", "stage", "result", "detail")]
    for name, findings in results.items():
        # Errors begin with the source's name, which has a column of its own here.
        details = [printable(one.detail.removeprefix(f"{name}: ")) for one in findings]
        rows += [(name, one.stage, one.result.value, text) for one, text in zip(findings, details, strict=True)]
    return rows


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal: parts of it come from the appliance."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def layout(rows: Table) -> str:
    """Return rows as aligned columns; the last one runs free."""
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3]]) for row in rows
    )
