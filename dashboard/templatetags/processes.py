"""What a page says of the processes behind it: which build they run, and which of them should run and do not."""

from typing import Any

from django import template

from dashboard.build import build
from dashboard.live.asking import hub_of

register = template.Library()
register.simple_tag(build)


@register.inclusion_tag("parts/_processes.html", takes_context=True)
def missing_processes(context: template.Context) -> dict[str, Any]:
    """Show what the serving process last saw to be missing."""
    hub = hub_of(context.get("request"))
    return {"missing": hub.attendance.missing if hub else ()}
