"""Says of polled sources that nobody polls, because sources.toml switches them off, that this is so."""

from collections.abc import Iterable

from django.utils import timezone

from dashboard.vendors.account import Account
from realtime.models import Link
from realtime.status import LinkState


def mark_switched_off(accounts: Iterable[Account]) -> None:
    """Write `off` into the links of switched-off accounts; a poll writes its own state again. Synchronous."""
    off = [account.name for account in accounts if not account.is_enabled]
    if not off:
        return
    known = set(Link.objects.filter(source__in=off).values_list("source", flat=True))
    Link.objects.bulk_create(
        [Link(source=name, poll_seconds=0.0) for name in off if name not in known], ignore_conflicts=True
    )
    Link.objects.filter(source__in=off).exclude(state=LinkState.OFF).update(
        state=LinkState.OFF, state_since=timezone.now(), error=""
    )
