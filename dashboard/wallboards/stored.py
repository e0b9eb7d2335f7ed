"""Wallboards in the database: making, publishing and taking them back, each change recorded. Synchronous.

A *draft* is what an editor works on; its preview shows it, no wall does. Publishing makes it the definition.
"""

from collections.abc import Mapping
from dataclasses import replace

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.text import slugify

from dashboard import audit
from dashboard.audit import Action
from dashboard.models.wallboard import SLUG_LIMIT, Wallboard
from dashboard.wallboards import definition
from dashboard.wallboards.definition import Announcement
from dashboard.wallboards.reading import Wrong, read
from dashboard.wallboards.writing import dump

WALLBOARD_LIMIT = 200
RESERVED = frozenset({"new", "import"})  # addresses of ours below /wallboards/

log = structlog.get_logger(__name__)

Known = Mapping[str, definition.Wallboard]
"""Address -> definition, and `draft_name(address)` -> draft."""


class Refused(Exception):
    """The change cannot be made; the text says why."""


def draft_name(slug: str) -> str:
    """Return what a wallboard's draft is called among the known ones: no address has a slash in it."""
    return f"{slug}/draft"


def load_wallboards() -> Known:
    """Return every wallboard and draft: one query. One that this version cannot read is left out, and logged."""
    known: dict[str, definition.Wallboard] = {}
    for slug, stored, draft in Wallboard.objects.values_list("slug", "definition", "draft"):
        for name, raw in ((slug, stored), (draft_name(slug), draft)):
            if raw is not None:
                try:
                    known[name] = read(raw, settings.TIME_ZONE)
                except Wrong as wrong:
                    log.warning("a wallboard was left out", wallboard=name, mistakes=len(wrong.mistakes))
    return known


def definition_of(wallboard: Wallboard) -> definition.Wallboard:
    """Return what a wallboard shows. Raises Wrong where another version wrote it."""
    return read(wallboard.definition, settings.TIME_ZONE)


def draft_of(wallboard: Wallboard) -> definition.Wallboard:
    """Return what its editor shows. Raises Wrong where another version wrote it."""
    return read(wallboard.definition if wallboard.draft is None else wallboard.draft, settings.TIME_ZONE)


def create(user: User, made: definition.Wallboard) -> Wallboard:
    """Store a new wallboard under an address made of its name. Raises Refused."""
    with transaction.atomic():
        if Wallboard.objects.count() >= WALLBOARD_LIMIT:
            raise Refused(f"There are {WALLBOARD_LIMIT} wallboards already. Delete one that nobody needs.")
        wallboard = Wallboard.objects.create(
            slug=free_slug(made.name), name=made.name, definition=dump(made), changed_by=user
        )
        audit.record(Action.WALLBOARD_MADE, made.name, detail={"address": wallboard.slug}, user=user)
    return wallboard


def free_slug(name: str) -> str:
    """Return an address for a name that no other wallboard has."""
    base = slugify(name)[: SLUG_LIMIT - 5].strip("-") or "wallboard"
    taken = {*Wallboard.objects.filter(slug__startswith=base).values_list("slug", flat=True), *RESERVED}
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


def keep_draft(wallboard: Wallboard, draft: definition.Wallboard | None) -> None:
    """Remember what an editor works on; None throws it away. Only the editor shows it, so it is not recorded."""
    raw = None if draft is None or dump(draft) == wallboard.definition else dump(draft)
    Wallboard.objects.filter(pk=wallboard.pk).update(draft=raw)
    wallboard.draft = raw


def publish(user: User, wallboard: Wallboard, made: definition.Wallboard) -> None:
    """Show a definition on every screen. Raises Refused where somebody else published since this one was read."""
    before, after = wallboard.definition, dump(made)
    with transaction.atomic():
        count = Wallboard.objects.filter(pk=wallboard.pk, revision=wallboard.revision).update(
            definition=after, draft=None, name=made.name, revision=F("revision") + 1, changed_by=user
        )
        if not count:
            raise Refused("Somebody else published this wallboard meanwhile. Look at theirs, then publish yours again.")
        changed = [name for name in after if before.get(name) != after[name]]
        detail = {"changed": changed, "revision": wallboard.revision + 1}
        audit.record(Action.WALLBOARD_PUBLISHED, made.name, detail=detail, user=user)


def announce(user: User, wallboard: Wallboard, announcement: Announcement) -> None:
    """Put an announcement on every screen of a wallboard, at once; an empty one takes it away. The draft keeps pace."""
    with transaction.atomic():
        stored = Wallboard.objects.select_for_update().get(pk=wallboard.pk)
        stored.definition = dump(replace(definition_of(stored), announcement=announcement))
        if stored.draft is not None:
            stored.draft = dump(replace(draft_of(stored), announcement=announcement))
        stored.changed_by = user
        stored.save()
        detail = {"text": announcement.text, "until": announcement.until.isoformat() if announcement.until else ""}
        audit.record(Action.WALLBOARD_ANNOUNCED, stored.name, detail=detail, user=user)


def delete(user: User, wallboard: Wallboard) -> None:
    """Delete a wallboard; its screens say so."""
    with transaction.atomic():
        wallboard.delete()
        audit.record(Action.WALLBOARD_DELETED, wallboard.name, detail={"address": wallboard.slug}, user=user)
