"""Targets of queues in the database: reading and storing them, each change recorded. Synchronous."""

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.audit import Action, record
from dashboard.boards.moment import Targets
from dashboard.models.queue_target import EVERY_OTHER, QueueTarget

USUAL = Targets()


def load_targets() -> Targets:
    """Return the targets: one query."""
    stored = {queue: (seconds, percent) for queue, seconds, percent in QueueTarget.objects.values_list()}
    seconds, percent = stored.pop(EVERY_OTHER, (USUAL.default_seconds, None))
    by_queue = {queue: own for queue, (own, _) in stored.items()}
    return Targets(seconds, by_queue, USUAL.percent if percent is None else percent)


def store_targets(user: User, after: Targets) -> None:
    """Let these hold from now on, and no others. What was and what is stands in the audit log where they differ."""
    with transaction.atomic():
        before = load_targets()
        if before != after:
            QueueTarget.objects.all().delete()
            every_other = QueueTarget(queue=EVERY_OTHER, seconds=after.default_seconds, percent=after.percent)
            own = (QueueTarget(queue=key, seconds=seconds) for key, seconds in after.by_queue.items())
            QueueTarget.objects.bulk_create([every_other, *own])
            record(Action.TARGETS_CHANGED, detail=_difference(before, after), user=user)


def _difference(before: Targets, after: Targets) -> dict[str, dict[str, int | None]]:
    """Return what changed, by queue, from what to what; None where all others' target held or holds."""
    pairs = {key: (before.by_queue.get(key), after.by_queue.get(key)) for key in {*before.by_queue, *after.by_queue}}
    changed: dict[str, tuple[int | None, int | None]] = {
        "every other queue": (before.default_seconds, after.default_seconds),
        "service level, per cent": (before.percent, after.percent),
        **pairs,
    }
    return {key: {"from": old, "to": new} for key, (old, new) in changed.items() if old != new}
