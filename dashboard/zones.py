"""The time zones that people may name. Pure."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """Return the IANA names that this machine knows, without its `localtime`, which means nothing to a browser."""
    return frozenset(available_timezones() - {"localtime"})
