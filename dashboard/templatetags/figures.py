"""How figures read: grouped counts, short rates, "–" for what is unknown."""

from datetime import datetime

from django import template

register = template.Library()

UNKNOWN = "–"
NARROW_SPACE = "\u202f"


@register.filter
def count(value: int | None) -> str:
    """Return a whole number in groups of three."""
    return UNKNOWN if value is None else f"{value:,}".replace(",", NARROW_SPACE)


@register.filter
def rate(value: float | None) -> str:
    """Return events per second with as many digits as matter."""
    if value is None:
        return UNKNOWN
    return f"{value:.1f}" if value < 100 else count(round(value))


@register.filter
def exact(value: datetime | None) -> str:
    """Return a moment for machines, to the millisecond."""
    return "" if value is None else value.isoformat(timespec="milliseconds")
