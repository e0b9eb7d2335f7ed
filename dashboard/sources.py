"""Reads and checks sources.toml: one table per vendor account, named as the pages will name it.

All mistakes are collected and told at once, each with file, line, key and mend. Secrets are never part of a message.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from dashboard.source_entry import Entry
from dashboard.source_values import (
    read_address,
    read_certificates,
    read_client_id,
    read_tables,
)
from dashboard.vendors.account import Account
from dashboard.vendors.registry import VENDORS
from dashboard.vendors.settings import require_secret
from realtime.errors import Misconfigured
from realtime.source import Appliance

MAX_FILE_BYTES = 1024 * 1024
EXAMPLE = "sources.example.toml"
SOURCE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
HEADER_LINE = re.compile(r"""\s*\[\[?\s*["']?([^"'\[\].]+)["']?\s*\]""")
KEY_LINE = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*[=.]""")

Source = Appliance | Account


class SourcesRefused(Misconfigured):
    """sources.toml cannot be used; `problems` holds one sentence for each mistake."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read_beyondtrust(entry: Entry) -> Appliance | None:
    """Read a BeyondTrust Remote Support appliance."""
    url = entry.require("url", read_address, 'add url = "https://support.example.com"')
    client_id = entry.require("client_id", read_client_id, "add the API account's OAuth client ID")
    secret = require_secret(entry, "client_secret")
    ca_bundle = entry.take("ca_bundle", partial(read_certificates, entry.folder))
    tables = entry.take("tables", read_tables)
    entry.refuse_unknown()
    if url is None or client_id is None or secret is None:
        return None
    return Appliance(entry.name, url, client_id, secret, ca_bundle, tables)


READERS: dict[str, Callable[[Entry], Source | None]] = {
    "beyondtrust": read_beyondtrust,
    **{name: vendor.read for name, vendor in VENDORS.items()},
}
"""The reader of each vendor's tables in sources.toml."""


def configured_sources() -> tuple[Source, ...]:
    """Return what `settings.SOURCES_FILE` names. Raises SourcesRefused."""
    return read_sources(Path(settings.SOURCES_FILE))


def configured_appliances() -> tuple[Appliance, ...]:
    """Return the BeyondTrust appliances, which are mirrored. Raises SourcesRefused."""
    return tuple(source for source in configured_sources() if isinstance(source, Appliance))


def configured_accounts() -> tuple[Account, ...]:
    """Return the accounts that are polled, switched off or not. Raises SourcesRefused."""
    return tuple(source for source in configured_sources() if isinstance(source, Account))


def known_sources() -> tuple[Source, ...]:
    """Return what sources.toml names; nothing while there is none or a wrong one: `checksources` says what is wrong."""
    try:
        return configured_sources()
    except SourcesRefused:
        return ()


def read_sources(path: Path) -> tuple[Source, ...]:
    """Return every source of a sources.toml, in the file's order. Raises SourcesRefused with all mistakes."""
    text = read_text(path)
    entries = parse(path, text)
    sources: list[Source] = []
    problems: list[tuple[int, str]] = []
    lines = line_numbers(text)
    for name, values in entries.items():
        source, mistakes = read_source(name, values, path.parent)
        if source is not None:
            sources.append(source)
        problems += [placed(path, lines, name, key, mistake) for key, mistake in mistakes]
    if problems:
        raise SourcesRefused(problem for _, problem in sorted(problems))
    if not sources:
        raise SourcesRefused([f"{path.name} names no source; add one as {EXAMPLE} shows."])
    return tuple(sources)


def read_text(path: Path) -> str:
    """Return the file's text. Raises SourcesRefused when it is missing, unreadable or far too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise SourcesRefused([f"{path} is larger than 1 MiB; it should hold a few lines per source."])
        return content.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except FileNotFoundError as error:
        mend = f"copy {EXAMPLE} to {path.name} and fill it in, or set SOURCES_FILE to where it is"
        raise SourcesRefused([f"{path} does not exist; {mend}."]) from error
    except OSError as error:
        raise SourcesRefused([f"{path} cannot be read ({error.strerror}); mend its permissions."]) from error
    except UnicodeDecodeError as error:
        raise SourcesRefused([f"{path} is not UTF-8 text; save it as UTF-8."]) from error


def parse(path: Path, text: str) -> dict[str, Any]:
    """Return the file's top-level keys. Raises SourcesRefused where it is no TOML (the message quotes no value)."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SourcesRefused([f"{path.name} is not valid TOML: {error}"]) from None


def read_source(name: str, values: Any, folder: Path) -> tuple[Source | None, list[tuple[str, str]]]:
    """Return a source, or None and why not."""
    if isinstance(values, list):
        return None, [("", f"is a list of tables; write [{name}] in single brackets, and each name once")]
    if not isinstance(values, dict):
        return None, [("", f"is no table: {name} stands outside of every source; move it below a [name] line")]
    entry = Entry(name, values, folder)
    if not SOURCE_NAME.fullmatch(name):
        entry.refuse("", "is no source name; use up to 32 of a-z, 0-9, _ and -, beginning with a letter")
    vendor = values.get("vendor")
    read = READERS.get(vendor) if isinstance(vendor, str) else None
    if read is None:
        text = f'has an unknown vendor "{vendor}"' if vendor else "lacks vendor"
        entry.refuse("vendor", f"{text}; known are {', '.join(sorted(READERS))}")
        return None, entry.mistakes
    return read(entry), entry.mistakes


def placed(path: Path, lines: Mapping[tuple[str, str], int], name: str, key: str, mistake: str) -> tuple[int, str]:
    """Return a mistake's line (0 when not found) and its sentence: 'sources.toml line 7: [helpdesk] …'."""
    number = lines.get((name, key)) or lines.get((name, ""), 0)
    place = f"{path.name} line {number}" if number else path.name
    return number, f"{place}: [{name}] {mistake}" + ("" if mistake.endswith("?") else ".")


def line_numbers(text: str) -> dict[tuple[str, str], int]:
    """Map (table, key) to the line it stands on, (table, "") to the table's header. `text` is known to be TOML."""
    numbers: dict[tuple[str, str], int] = {}
    table, quotes = "", ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not quotes:
            if header := HEADER_LINE.match(line):
                table = header[1].strip()
                numbers[table, ""] = number
            elif key := KEY_LINE.match(line):
                numbers[(table, key[1]) if table else (key[1], "")] = number
        for mark in re.findall(r"\"\"\"|'''", line):  # a multi-line string begins or ends
            quotes = "" if quotes == mark else quotes or mark
    return numbers
