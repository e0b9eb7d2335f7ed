"""The filters above a list, each rendered once for equal values.

When a count changes, every view of a list shows it, and most of its filters read as before; rendering them again was
most of the cost of such a step.
"""

from functools import lru_cache

from django import template

from dashboard.boards.listing import Choice
from dashboard.live.painter import render

REMEMBERED = 2048  # some kB each

register = template.Library()


@register.simple_tag
def chips(label: str, choices: tuple[Choice, ...], *, icons: bool = False) -> str:
    """Return a filter's values side by side."""
    return _render("filter.jinja", choices, (("label", label), ("icons", icons)))


@register.simple_tag
def menu(element_id: str, label: str, choices: tuple[Choice, ...]) -> str:
    """Return a filter's values behind its name."""
    return _render("menu.jinja", choices, (("id", element_id), ("label", label)))


@lru_cache(maxsize=REMEMBERED)
def _render(name: str, choices: tuple[Choice, ...], context: tuple[tuple[str, str | bool], ...]) -> str:
    return render(name, {"choices": choices, **dict(context)})
