"""Clocks in templates: the exact moment for the ticker and on hover, with its zone."""

from datetime import datetime
from html import escape

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from dashboard.boards.clock import duration
from dashboard.templatetags.figures import UNKNOWN, exact

CLOCK = slice(11, 19)  # of a moment in full, its time of day: to format it once more would cost as much again

register = template.Library()


def local(value: datetime) -> datetime:
    """Return a moment in the site's zone. Django's `localtime` asks each time which zone a thread chose: none does."""
    return value.astimezone(timezone.get_default_timezone())


@register.filter
def at(value: datetime | None) -> str:
    """Return the time of day of a moment in the site's zone."""
    return UNKNOWN if value is None else f"{local(value):%H:%M:%S}"


@register.filter
def at_minute(value: datetime | None) -> str:
    """Return the time of day of a moment, to the minute."""
    return UNKNOWN if value is None else f"{local(value):%H:%M}"


@register.filter
def at_day(value: datetime | None) -> str:
    """Return the day and time of a moment, to the minute."""
    if value is None:
        return UNKNOWN
    return f"{local(value):%d %b %H:%M}"


@register.filter
def to_minute(value: datetime | None) -> str:
    """Return a moment with its date and zone, to the minute."""
    return UNKNOWN if value is None else f"{local(value):%Y-%m-%d %H:%M %Z}"


@register.filter
def full(value: datetime | None) -> str:
    """Return a moment with its date and zone."""
    return "" if value is None else f"{local(value):%Y-%m-%d %H:%M:%S %Z}"


@register.filter
def place(zone: str) -> str:
    """Return what a page's clock says of a time zone: Berlin, of Europe/Berlin. `zone.js` writes the same."""
    return zone.rpartition("/")[2].replace("_", " ")


@register.filter
def span(seconds: int) -> str:
    """Return a length of time."""
    return duration(seconds)


@register.simple_tag
def since(value: datetime | None, source: str, css: str = "time") -> SafeString | str:
    """Return a clock that counts up from a moment on a source's clock."""
    return _clock(value, source, css, "since")


@register.simple_tag
def until(value: datetime | None, source: str, css: str = "time") -> SafeString | str:
    """Return a clock that counts down to a moment on a source's clock, then says how long it is overdue."""
    return _clock(value, source, css, "until")


def _clock(value: datetime | None, source: str, css: str, direction: str) -> SafeString | str:
    """Return a clock. `format_html` would escape seven values of which one, the source's name, is not ours.

    A moment of something that is not there, as `row.since.at` without a `since`, comes as "" from the template.
    """
    if not value:
        return UNKNOWN
    moment = full(value)
    said = "since" if direction == "since" else "expected"
    return SafeString(
        f'<time class="{css}" data-{direction}="{exact(value)}" data-source="{escape(source)}"'
        f' title="{said} {moment}">{moment[CLOCK]}</time>'
    )
