"""A wallboard: its definition as it is shown, and the draft that somebody works on (`dashboard.wallboards`)."""

from django.conf import settings
from django.db import models

from dashboard.wallboards.definition import NAME_LIMIT

SLUG_LIMIT = 60  # characters


class Wallboard(models.Model):
    """A wallboard under its lasting address. `definition` and `draft` are plain values (`wallboards.writing.dump`).

    `revision` grows with every definition that is published, so that nobody publishes over another's unseen change.
    """

    slug = models.SlugField(max_length=SLUG_LIMIT, unique=True)
    name = models.CharField(max_length=NAME_LIMIT)
    definition = models.JSONField()
    draft = models.JSONField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name
