"""Targets: within how many seconds a waiting session is to be picked up (PRODUCT §6, T), and how many of them."""

from django.db import models

KEY_LIMIT = 200  # as of a mirrored row
EVERY_OTHER = ""  # no queue's key is empty


class QueueTarget(models.Model):
    """The target of a queue, by its lasting key, or of all queues that have none of their own (`EVERY_OTHER`).

    The latter's `percent` is the wanted service level of all queues; null is the usual one.
    """

    queue = models.CharField(primary_key=True, max_length=KEY_LIMIT)
    seconds = models.PositiveIntegerField()
    percent = models.PositiveSmallIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.queue or 'every other queue'}: {self.seconds} s"
