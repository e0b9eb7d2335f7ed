"""`manage.py dumpstate`: the mirrored tables as JSON, in the appliance's own shape."""

import sys
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from realtime import store
from realtime.rows import encode_rows


class Command(BaseCommand):
    """Print the mirrored tables."""

    help = (
        "Print the mirrored tables as one JSON object, {table: {row id: {field: value}}}, read from the database: "
        "wire names, ids as text. With several sources name one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--source", help="the source's name in sources.toml; needed when there are several")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one source's tables."""
        copy = store.load(_chosen(options["source"]))
        sys.stdout.write(orjson.dumps(encode_rows(copy.rows), option=orjson.OPT_SORT_KEYS).decode() + "\n")


def _chosen(name: str | None) -> str:
    known = sorted(store.load_statuses())
    if name is None and len(known) == 1:
        return known[0]
    if name in known:
        return name
    listed = ", ".join(known) or "none yet: start manage.py runmirror"
    raise CommandError(
        f'there is no mirrored source "{name}". Mirrored: {listed}.'
        if name
        else f"say which source with --source NAME. Mirrored: {listed}."
    )
