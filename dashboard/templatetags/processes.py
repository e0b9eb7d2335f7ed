"""The line on every page that names the processes which should run and do not."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("parts/_processes.html", takes_context=True)
def missing_processes(context: template.Context) -> dict[str, Any]:
    """Show what the serving process last saw to be missing."""
    hub = getattr(context.get("request"), "scope", {}).get("hub")
    return {"missing": hub.attendance.missing if hub is not None else ()}
