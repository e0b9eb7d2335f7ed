"""Sockets end at once with what they rest on: a logout, a changed password, a user, their rights, teams and factors."""

from collections.abc import Collection
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save

from dashboard.live.doorkeeper import CIRCLE
from dashboard.models import Team

HARMLESS_FIELDS = frozenset({"last_login"})


def ring(**_signal: Any) -> None:
    """Have the sockets checked as soon as the change is committed: once a transaction, however much it changes.

    A ring that waits already was noted in this savepoint, in one around it or in one that was released into these: so
    it is dropped only together with this change.
    """
    waiting = transaction.get_connection().run_on_commit
    if not any(entry[1] is ring_all for entry in waiting):
        transaction.on_commit(ring_all)


def ring_all() -> None:
    """Have all sockets checked at once, in every web process."""
    CIRCLE.tell()


def ring_for_user(update_fields: Collection[str] | None = None, created: bool = False, **_signal: Any) -> None:
    """Have the sockets checked, unless nothing changed that they rest on."""
    is_harmless = update_fields is not None and HARMLESS_FIELDS.issuperset(update_fields)
    if not created and not is_harmless:
        ring()


def connect() -> None:
    """Listen to Django's signals; once per process."""
    user = get_user_model()
    uid = "dashboard.live"
    post_save.connect(ring_for_user, sender=user, dispatch_uid=uid)
    post_delete.connect(ring, sender=user, dispatch_uid=uid)
    post_delete.connect(ring, sender=Authenticator, dispatch_uid=uid)  # somebody's role may need one
    post_delete.connect(ring, sender=Session, dispatch_uid=uid)  # a logout; its own signal comes before the end
    m2m_changed.connect(ring, sender=user._meta.get_field("groups").remote_field.through, dispatch_uid=uid)
    m2m_changed.connect(ring, sender=user._meta.get_field("user_permissions").remote_field.through, dispatch_uid=uid)
    m2m_changed.connect(ring, sender=Group.permissions.through, dispatch_uid=uid)
    for signal in (post_save, post_delete):
        signal.connect(ring, sender=Team, dispatch_uid=uid)
        signal.connect(ring, sender=Group, dispatch_uid=uid)  # its members' rights go with it; roles go by its name
    for field in (Team.members, Team.people):
        m2m_changed.connect(ring, sender=field.through, dispatch_uid=uid)
