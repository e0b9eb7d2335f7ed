"""Targets of queues in the database: reading and storing them, each change recorded. Synchronous."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.audit import Action, record
from dashboard.boards.moment import Targets
from dashboard.models.queue_target import EVERY_OTHER, QueueTarget

USUAL = Targets()


def load_targets() -> Targets:
    """Return the targets: one query."""
    by_queue = dict(QueueTarget.objects.values_list("queue", "seconds"))
    return Targets(by_queue.pop(EVERY_OTHER, USUAL.default_seconds), by_queue)


def store_targets(user: User, default_seconds: int, by_queue: Mapping[str, int]) -> Targets:
    """Let these hold from now on, and no others. What was and what is stands in the audit log where they differ."""
    after = Targets(default_seconds, dict(by_queue))
    with transaction.atomic():
        before = load_targets()
        if before != after:
            QueueTarget.objects.all().delete()
            stored = {EVERY_OTHER: default_seconds, **by_queue}
            QueueTarget.objects.bulk_create(QueueTarget(queue=key, seconds=value) for key, value in stored.items())
            record(Action.TARGETS_CHANGED, detail=_difference(before, after), user=user)
    return after


def _difference(before: Targets, after: Targets) -> dict[str, dict[str, int | None]]:
    """Return what changed, by queue, from what to what; None where all others' target held or holds."""
    pairs = {key: (before.by_queue.get(key), after.by_queue.get(key)) for key in {*before.by_queue, *after.by_queue}}
    changed: dict[str, tuple[int | None, int | None]] = {"every other queue": _seconds(before, after), **pairs}
    return {key: {"from": old, "to": new} for key, (old, new) in changed.items() if old != new}


def _seconds(before: Targets, after: Targets) -> tuple[int, int]:
    return before.default_seconds, after.default_seconds
