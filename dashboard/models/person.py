"""The identity map: which names and addresses of several sources are one person; and every edit, to be undone."""

from typing import ClassVar

from django.conf import settings
from django.db import models

NAME_LIMIT = 120  # characters
HANDLE_LIMIT = 200


class Person(models.Model):
    """Somebody who works with several vendors' products."""

    name = models.CharField(max_length=NAME_LIMIT)

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What rows call this person; no source's name is empty, so it is nobody else's."""
        return f":{self.pk}"


class Identity(models.Model):
    """What one source calls a person (`dashboard.boards.people`). `login` and `name` are as last seen."""

    handle = models.CharField(primary_key=True, max_length=HANDLE_LIMIT)
    source = models.CharField(max_length=32)
    login = models.CharField(max_length=HANDLE_LIMIT, blank=True)
    name = models.CharField(max_length=HANDLE_LIMIT, blank=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="identities")

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.name or self.login} ({self.source})"


class IdentityEdit(models.Model):
    """One edit of the map: what it did in words, and the touched part of the map before and after.

    `before` and `after` are {handle: [source, login, name, person's id, person's name] or null}. `declines` holds the
    handles that somebody said are not one person.
    """

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    words = models.CharField(max_length=400)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    declines = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.words
