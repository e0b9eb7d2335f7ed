"""What is left of a source that sources.toml names no longer, and its end: `manage.py forget`.

Each transaction is bounded, so that nobody waits for long who writes meanwhile. The link goes last: web processes drop
the source with it, and what is broken off before can be begun again.
"""

import secrets

from django.db import models, transaction

from dashboard.audit import Action, record
from dashboard.models import Poll, PollRun, VendorRecord
from dashboard.sources import configured_sources
from realtime import store
from realtime.errors import Misconfigured
from realtime.models import AccessToken, Link, Sample

CHUNK = 2_000  # rows of one transaction
SYSTEM = "system"

HELD: tuple[type[models.Model], ...] = (*store.MODELS.values(), VendorRecord, PollRun, Poll, Sample, AccessToken)
"""All that is kept of a source, beside its link."""
ALL: tuple[type[models.Model], ...] = (*HELD, Link)


class NotForgotten(Misconfigured):
    """A source stays; the message says why and what to do."""


def left_sources() -> list[str]:
    """Return the sources that have a link and that sources.toml names no longer. Raises SourcesRefused."""
    named = {source.name for source in configured_sources()}
    return [one for one in Link.objects.order_by("source").values_list("source", flat=True) if one not in named]


def remains(source: str) -> dict[str, int]:
    """Return how many rows are left of a source, by what they are. Raises NotForgotten, SourcesRefused."""
    if source in {one.name for one in configured_sources()}:
        raise NotForgotten(f"{source} is in sources.toml; take it out there first, then restart mirror and worker.")
    counts = {_words(model): model._default_manager.filter(source=source).count() for model in ALL}
    found = {words: count for words, count in counts.items() if count}
    if not found:
        raise NotForgotten(f"Nothing is left of {source}. Named no longer: {', '.join(left_sources()) or 'no source'}.")
    return found


def forget(source: str) -> dict[str, int]:
    """Delete all that is left of a source; return how many rows that were. Raises as `remains` does, and LeaseLost."""
    counts = remains(source)
    lease = store.acquire_lease(source, f"forget:{secrets.token_hex(4)}")
    if lease is None:
        raise NotForgotten(
            f"{source} is still written by a process that began with an older sources.toml; "
            "restart mirror and worker, and try again after 10 seconds."
        )
    for model in HELD:
        _delete(model, lease)
    with transaction.atomic():
        store.renew_lease(lease, store.load_statuses()[source])
        Link.objects.filter(source=source).delete()
        record(Action.SOURCE_FORGOTTEN, source, detail=counts, actor=SYSTEM)
    return counts


def _delete(model: type[models.Model], lease: store.Lease) -> None:
    rows = model._default_manager.filter(source=lease.source)
    count = 1
    while count:
        store.renew_lease(lease, store.load_statuses()[lease.source])
        count, _by_model = model._default_manager.filter(pk__in=rows.values("pk")[:CHUNK]).delete()


def _words(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)
