"""The audit log: who did what, when, from where. Entries are only ever added.

Triggers in the database (migration `accounts`) refuse to change or delete one, whoever asks. Two things they let pass:
the deletion of a user empties `user` (the name stays, as text), and entries older than the one `AuditRetention` row's
`keep_from` may be deleted, which only `forget_before` sets.
"""

from datetime import datetime
from typing import Any, NoReturn

from django.conf import settings
from django.db import models, transaction

REFUSAL = "The audit log is append-only: entries are neither changed nor deleted."


class AuditRefusal(Exception):
    """Somebody tried to change the audit log."""


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries; new ones come from `dashboard.audit.record`."""

    def update(self, **_fields: Any) -> NoReturn:
        """Refuse."""
        raise AuditRefusal(REFUSAL)

    def bulk_update(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse."""
        raise AuditRefusal(REFUSAL)

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AuditRefusal(REFUSAL)

    def forget_before(self, at: datetime) -> int:
        """Delete what is older than the retention asks for; return how many entries that were."""
        with transaction.atomic():
            AuditRetention.objects.all().delete()
            AuditRetention.objects.create(keep_from=at)
            count = self.filter(at__lt=at)._raw_delete(self.db)
            AuditRetention.objects.all().delete()
        return count


class AuditEntry(models.Model):
    """One thing that somebody did. `actor` is the name of then; empty where nobody known did it."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=150, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    action = models.CharField(max_length=60, db_index=True)
    target = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=45, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.target}"

    def save(self, *args: Any, **options: Any) -> None:
        """Add it; once."""
        if self.pk is not None:
            raise AuditRefusal(REFUSAL)
        super().save(*args, **options)

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        """Refuse."""
        raise AuditRefusal(REFUSAL)


class AuditRetention(models.Model):
    """What the trigger that guards deletions looks at; empty but for the moment in which old entries go."""

    keep_from = models.DateTimeField()

    def __str__(self) -> str:
        return f"from {self.keep_from:%Y-%m-%d}"
