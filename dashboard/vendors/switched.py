"""Says of polled sources that nobody polls, because sources.toml switches them off, that this is so."""

from collections.abc import Iterable

from django.utils import timezone

from dashboard.vendors.account import Account
from realtime.models import Link
from realtime.status import LinkState


def mark_switched_off(accounts: Iterable[Account]) -> None:
    """Write `off` into the links of switched-off accounts; a poll writes its own state again. Synchronous."""
    for account in accounts:
        if not account.is_enabled:
            _mark(account)


def _mark(account: Account) -> None:
    polled = {"poll_seconds": account.interval_seconds}
    link, _ = Link.objects.get_or_create(source=account.name, defaults=polled)
    if link.state != LinkState.OFF or link.poll_seconds is None:
        off = {"state": LinkState.OFF, "state_since": timezone.now(), "error": ""}
        Link.objects.filter(source=account.name).update(**off, **polled)
