"""What is kept no longer: `manage.py prune`, once a day.

How long stands in sources.toml (`keep`), AUDIT_DAYS and HISTORY_DAYS.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session

from dashboard.models import AuditEntry, Display, OneTimeLink, PairingCode, PollRun
from dashboard.vendors import storing
from dashboard.vendors.account import Account
from dashboard.vendors.polling import KEPT_RUNS
from realtime import store
from realtime.models import Sample
from realtime.sampling import minute_of


def prune_all(accounts: Iterable[Account], now: datetime) -> dict[str, int]:
    """Delete what is over; return how many rows went, by what they are. A source that is being polled waits a day."""
    pruned = {"ended vendor sessions": sum(prune_source(account, now) for account in accounts)}
    pruned["poll runs"] = PollRun.objects.filter(started_at__lt=now - KEPT_RUNS).delete()[0]
    first = minute_of(now - timedelta(days=settings.HISTORY_DAYS))
    pruned["samples"] = Sample.objects.filter(minute__lt=first).delete()[0]
    if settings.AUDIT_DAYS:
        earliest = now - timedelta(days=settings.AUDIT_DAYS)
        pruned["audit entries"] = AuditEntry.objects.forget_before(earliest)
        pruned["disconnected displays"] = Display.objects.filter(revoked_at__lt=earliest).delete()[0]
    ended = Session.objects.filter(expire_date__lt=now)
    pruned["web sessions"] = ended._raw_delete(ended.db)  # no signal for each: time has ended their sockets
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    pruned["one-time links"] = OneTimeLink.objects.filter(expires_at__lt=now).delete()[0]
    pruned["pairing codes"] = PairingCode.objects.filter(expires_at__lt=now).delete()[0]
    return pruned


def prune_source(account: Account, now: datetime) -> int:
    """Delete a source's sessions that were over before what it keeps, as its own polls do a thousand at a time.

    One without a link was never polled; giving it one would say that it should have been.
    """
    if account.name not in store.load_statuses():
        return 0
    lease = store.acquire_lease(account.name, f"prune:{secrets.token_hex(4)}", account.interval_seconds)
    if lease is None:
        return 0
    status = store.load_statuses()[account.name]
    count = 0
    try:
        while changed := storing.prune(lease, now - account.keep).changed:
            count += changed
    finally:
        store.release_lease(lease, status)
    return count
