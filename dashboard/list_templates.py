"""How Jinja2 renders what lists have hundreds of: their rows and the choices of their filters.

In Django's own templates they were most of what a first look and a busy list cost; here they cost a third
(docs/decisions.md). `templates/lists/*.jinja` say the same words by the same functions as all other templates do.
"""

from typing import Any

from jinja2 import Environment, StrictUndefined

from dashboard.templatetags import clocks, figures, rows, words


def environment(**options: Any) -> Environment:
    """Return what they are rendered in. A name that a row does not have is an error, never an empty place."""
    made = Environment(loader=options["loader"], autoescape=True, undefined=StrictUndefined, auto_reload=False)
    for library in (clocks, figures, rows, words):
        made.filters |= library.register.filters
        made.filters |= {name: getattr(library, name) for name in library.register.tags}
    return made
