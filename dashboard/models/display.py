"""A display: a screen that shows one wallboard under a token of its own; and the code by which it is paired."""

import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from dashboard.models.wallboard import Wallboard

NAME_LIMIT = 60  # characters
NOTE_LIMIT = 160
BROWSER_LIMIT = 200
BUILD_LIMIT = 40
PAIRING_TIME = timedelta(minutes=10)  # in which a code is confirmed and its token fetched
NOTED = timedelta(seconds=15)  # how often a screen is written down while it is connected
SEEN = 3 * NOTED  # so long after that it counts as connected


class Refusal(StrEnum):
    """Why a display's token is not taken."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    ELSEWHERE = "elsewhere"  # from an address that it may not come from


class Display(models.Model):
    """A paired screen. `token_digest` is empty until the screen has fetched its token; the token itself is nowhere.

    `networks` holds address ranges in CIDR form that it may come from, none for any. Of what the screen tells of
    itself, `reconnects` counts since its page was loaded, and `frames_behind` is as of `last_seen_at`.
    """

    name = models.CharField(max_length=NAME_LIMIT)
    wallboard = models.ForeignKey(Wallboard, models.SET_NULL, null=True, blank=True, related_name="displays")
    token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)  # unique, so not ""
    paired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    paired_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    networks = models.JSONField(default=list, blank=True)
    note = models.CharField(max_length=NOTE_LIMIT, blank=True)
    note_until = models.DateTimeField(null=True, blank=True)

    last_seen_at = models.DateTimeField(null=True, blank=True)
    address = models.CharField(max_length=45, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    build = models.CharField(max_length=BUILD_LIMIT, blank=True)
    reconnects = models.PositiveIntegerField(default=0)
    frames_behind = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("name", "pk")
        constraints: ClassVar = [
            models.UniqueConstraint("name", condition=Q(revoked_at=None), name="one_display_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    def refusal(self, address: str, now: datetime) -> Refusal | None:
        """Return why its token is not taken from an address, None when it is."""
        if self.revoked_at is not None:
            return Refusal.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return Refusal.EXPIRED
        return None if self.may_come_from(address) else Refusal.ELSEWHERE

    def may_come_from(self, address: str) -> bool:
        """Whether an address is in the display's ranges."""
        if not self.networks:
            return True
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(network) for network in self.networks)

    def is_connected(self, now: datetime) -> bool:
        """Whether the screen was heard of just now."""
        return self.last_seen_at is not None and now - self.last_seen_at < SEEN

    def note_asking(self, address: str, now: datetime) -> None:
        """Write down that its screen asks what it has to show, as one without a wallboard does: it has no socket."""
        if self.last_seen_at is None or now - self.last_seen_at >= NOTED:
            Display.objects.filter(pk=self.pk).update(last_seen_at=now, address=address, build="", frames_behind=0)

    def note_at(self, now: datetime) -> str:
        """Return the message that it shows at a moment, "" for none."""
        return self.note if self.note_until is not None and now < self.note_until else ""


class PairingCode(models.Model):
    """What is known of a screen that waits to be paired: digests of its code and of its browser's secret.

    `looked_at` is set when somebody types it, `display` when they confirm it, `used_at` when the screen has fetched its
    token.
    """

    code_digest = models.CharField(max_length=64, unique=True)
    secret_digest = models.CharField(max_length=64, unique=True)
    address = models.CharField(max_length=45)
    browser = models.CharField(max_length=BROWSER_LIMIT, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    display = models.OneToOneField(Display, models.CASCADE, null=True, blank=True, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"for {self.address}"
