"""A link that lets one user choose a password and sign in, once and soon. The database holds only its digest."""

from datetime import timedelta
from typing import Optional

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from dashboard.secret import digest, new_secret

LIFETIME = timedelta(hours=1)


class OneTimeLink(models.Model):
    """What is known of a link. A used one stays until the next is made, so that it is refused with the right reason."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"for {self.user}"

    @classmethod
    def make(cls, user: User) -> str:
        """Return the secret of a new link for a user, whose older links end."""
        secret = new_secret()
        cls.objects.filter(user=user).delete()
        cls.objects.create(user=user, digest=digest(secret), expires_at=timezone.now() + LIFETIME)
        return secret

    @classmethod
    def find(cls, secret: str) -> Optional["OneTimeLink"]:
        """Return the link if it may still be used."""
        return cls._usable(secret).select_related("user").first()

    @classmethod
    def consume(cls, secret: str) -> bool:
        """Mark the link used; False when somebody else was faster, or it is too late."""
        return cls._usable(secret).update(used_at=timezone.now()) == 1

    @classmethod
    def _usable(cls, secret: str) -> models.QuerySet["OneTimeLink"]:
        return cls.objects.filter(
            digest=digest(secret), used_at=None, expires_at__gt=timezone.now(), user__is_active=True
        )
