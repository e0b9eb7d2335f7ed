"""The polling of sources: when each is due, what each poll did, and what the vendor said verbatim."""

from django.db import models


class Poll(models.Model):
    """One polled source's schedule. Workers claim what is due from here, so a lost task or worker loses nothing.

    `due_at` is when it is to be polled next; asking for a poll now is setting it to now. `claimed_until` holds others
    off while a task is on its way or at work, `polled_at` is when the last poll began. `covered_until` is up to when
    the listing was read whole; a listing that broke off stands in `window_start`, `window_end` and `cursor`, from where
    the next poll goes on.
    """

    source = models.CharField(primary_key=True, max_length=32)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    covered_until = models.DateTimeField(null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    cursor = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return self.source


class PollRun(models.Model):
    """One poll: when, how long, what it brought, what went wrong (a sentence, empty when all went well)."""

    source = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    pages = models.PositiveIntegerField(default=0)
    listed = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    budget_left = models.PositiveIntegerField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        indexes = (models.Index(fields=("source", "-started_at"), name="poll_run_latest"),)

    def __str__(self) -> str:
        return f"{self.source} {self.started_at:%Y-%m-%d %H:%M:%S}"


class VendorRecord(models.Model):
    """What a vendor said of a session, verbatim, under the key of its `VendorSession` row."""

    key = models.CharField(primary_key=True, max_length=200)
    source = models.CharField(max_length=32)
    raw = models.JSONField()
    fetched_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
