"""The team queues that were ever seen, as people choose among them. Synchronous."""

from dashboard.boards.relations import name_or_none
from realtime.models import KnownQueue


def known_queues() -> dict[str, str]:
    """Return every queue that was ever seen, key -> name: one query."""
    rows = KnownQueue.objects.order_by("key").values_list("key", "name", "code_name")
    return {key: name_or_none(name or code_name) for key, name, code_name in rows}
