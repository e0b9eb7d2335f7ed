"""When each source is polled: workers claim what is due from the database, so nothing rests on one process or message.

Synchronous. Times are aware UTC on our clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from dashboard.models import Poll
from dashboard.vendors.account import Account
from realtime.errors import Actor, Transient, who_acts
from realtime.status import SKEW

TICK = timedelta(seconds=1)  # how often what is due is claimed
CLAIM = timedelta(seconds=8)  # within this a claimed poll must have begun, and one at work renews its claim
FIRST_PAUSE_SECONDS = 60.0  # after an error that an operator has to mend
LONGEST_PAUSE_SECONDS = 600.0
MOST_DOUBLINGS = 10
FAILURES_BEFORE_PAUSE = 3  # from here on the breaker is open: each pause is twice the last


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to poll a source at `due_at`; it lasts until the row's `claimed_until`, unless renewed."""

    source: str
    due_at: datetime


def claim_due(accounts: Iterable[Account], now: datetime) -> list[Claim]:
    """Claim every source that is due before the next tick and that nobody is polling."""
    enabled = [account.name for account in accounts if account.is_enabled]
    known = set(Poll.objects.filter(source__in=enabled).values_list("source", flat=True))
    missing = [Poll(source=name, due_at=now) for name in enabled if name not in known]
    Poll.objects.bulk_create(missing, ignore_conflicts=True)
    free = Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claimed_until__gt=now + TICK + CLAIM + SKEW)
    Poll.objects.filter(free, polled_at__gt=now + SKEW).update(due_at=now)  # the clock was set back since
    due = Poll.objects.filter(free, source__in=enabled, due_at__lte=now + TICK)
    claims = []
    for poll in due:
        unchanged = Poll.objects.filter(source=poll.source, due_at=poll.due_at, claimed_until=poll.claimed_until)
        if unchanged.update(claimed_until=max(poll.due_at, now) + CLAIM):
            claims.append(Claim(poll.source, poll.due_at))
    return claims


def poll_now(source: str) -> bool:
    """Have a source polled at the next tick, whatever its pause; return whether it is known."""
    return Poll.objects.filter(source=source).update(due_at=timezone.now(), failures=0) == 1


def next_due(account: Account, due_at: datetime, now: datetime) -> datetime:
    """Return when a source is due after a poll that went well: in its rhythm, or at once if that is over."""
    return max(due_at + timedelta(seconds=account.interval_seconds), now)


def pause_seconds(account: Account, error: BaseException, failures: int) -> float:
    """Return how long to wait after the `failures`-th failure in a row; what the vendor asks for is obeyed."""
    asked = error.retry_after_seconds if isinstance(error, Transient) else None
    shortest = account.interval_seconds
    if who_acts(error) is Actor.OPERATOR:
        shortest = max(shortest, FIRST_PAUSE_SECONDS)
    doublings = min(max(0, failures - FAILURES_BEFORE_PAUSE + 1), MOST_DOUBLINGS)
    pause = min(shortest * (1 << doublings), max(LONGEST_PAUSE_SECONDS, shortest))
    return max(pause, asked or 0.0)
