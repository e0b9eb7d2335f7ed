"""The settings that tables in sources.toml share: secrets of all, the rest of every polled vendor's."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypedDict

from dashboard.source_entry import Entry
from dashboard.source_values import (
    Mistake,
    read_base,
    read_certificates,
    read_secret,
    read_secret_file,
    read_secret_variable,
)

SHORTEST_INTERVAL_SECONDS = 5.0
LONGEST_INTERVAL_SECONDS = 24 * 3600.0


class Common(TypedDict, total=False):
    """What `Account` takes of them."""

    name: str
    url: str
    interval_seconds: float
    is_enabled: bool
    history: timedelta
    keep: timedelta
    ca_bundle: Any


def read_common(entry: Entry, default_url: str) -> Common:
    """Read what every account has; what is not given is left out, so that the defaults of `Account` hold."""
    common = Common(name=entry.name, url=entry.take("url", read_base) or default_url)
    if (interval := entry.take("interval", read_interval)) is not None:
        common["interval_seconds"] = interval
    if (enabled := entry.take("enabled", read_switch)) is not None:
        common["is_enabled"] = enabled
    if (hours := entry.take("history_hours", partial(read_number, 1, 24 * 90))) is not None:
        common["history"] = timedelta(hours=hours)
    if (days := entry.take("keep_days", partial(read_number, 1, 3650))) is not None:
        common["keep"] = timedelta(days=days)
    if (bundle := entry.take("ca_bundle", partial(read_certificates, entry.folder))) is not None:
        common["ca_bundle"] = bundle
    return common


def require_secret(entry: Entry, key: str) -> str | None:
    """Return the secret given as `key`, or in the variable or file that `key`_env or `key`_file names."""
    return entry.require_one_of(secret_readers(entry, key))


def take_secret(entry: Entry, key: str) -> str | None:
    """Like `require_secret`, but the secret may be absent."""
    given = {name: entry.take(name, read) for name, read in secret_readers(entry, key).items()}
    return next((secret for secret in given.values() if secret is not None), None)


def secret_readers(entry: Entry, key: str) -> dict[str, Callable[[Any], str]]:
    """Return the three ways to give a secret."""
    return {
        key: read_secret,
        f"{key}_env": read_secret_variable,
        f"{key}_file": partial(read_secret_file, entry.folder),
    }


def read_interval(value: Any) -> float:
    """Return the seconds between two polls."""
    return read_number(SHORTEST_INTERVAL_SECONDS, LONGEST_INTERVAL_SECONDS, value)


def read_switch(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Mistake("it must be true or false, without quotes")
    return value


def read_number(least: float, most: float, value: Any) -> float:
    """Return a number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Mistake(f"it must be a number from {least:g} to {most:g}, without quotes")
    return float(value)


def read_choice(choices: tuple[str, ...], value: Any) -> str:
    """Return one of some words."""
    if value not in choices:
        raise Mistake(f"it must be one of {', '.join(choices)}")
    return str(value)
