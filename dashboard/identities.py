"""The identity map in the database: what is seen, what is held, and every edit, which can be undone. Synchronous.

An edit stores the touched entries before and after; undoing restores the former if the latter still stand.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dashboard.boards.people import Identity, People, refer
from dashboard.boards.relations import representative_name
from dashboard.models import person as models
from realtime.models import Representative, VendorSession

Entry = list[Any]
"""Source, login, name, the person's id, the person's name."""

Map = dict[str, Entry | None]
"""Handle -> entry; None where the map holds nobody."""

WORDS_LIMIT = 400


class Refused(Exception):
    """The edit cannot be made; the text says why."""


def load_people() -> People:
    """Return the identity map: one query."""
    rows = models.Identity.objects.select_related("person")
    return People({row.handle: refer(row.person.key, row.person.name) for row in rows})


def seen_identities() -> list[Identity]:
    """Return what the sources call those who work with them: two queries."""
    sessions = VendorSession.objects.order_by().values_list("source", "technician_email", "technician").distinct()
    seen = {Identity(source, login or "", name or "") for source, login, name in sessions if login or name}
    names = ("source", "username", "private_display_name", "public_display_name")
    for row in Representative.objects.order_by().values(*names).distinct():
        seen.add(Identity(row["source"], row["username"] or "", representative_name(row)))
    return sorted(seen, key=lambda one: (one.name.casefold(), one.handle))


def declined() -> list[frozenset[str]]:
    """Return the groups of handles that somebody said are not one person."""
    standing = models.IdentityEdit.objects.filter(undone_at=None).exclude(declines=[])
    return [frozenset(group) for groups in standing.values_list("declines", flat=True) for group in groups]


def join(user: User, identities: Iterable[Identity], name: str, person_id: int | None = None) -> models.IdentityEdit:
    """Make identities one person: the given one, else a new one of that name. Raises Refused."""
    chosen = {one.handle: one for one in identities}
    if not chosen:
        raise Refused("Choose at least one name.")

    def change() -> str:
        person = models.Person.objects.filter(pk=person_id).first() if person_id else None
        if person_id and person is None:
            raise Refused("That person is no longer in the map.")
        if person is None:
            person = models.Person.objects.create(name=name)
        for handle, one in chosen.items():
            fields = {"source": one.source, "login": one.login[:200], "name": one.name[:200], "person": person}
            models.Identity.objects.update_or_create(handle=handle, defaults=fields)
        return f"{person.name} is {', '.join(f'{one.name or one.login} in {one.source}' for one in chosen.values())}"

    return _edit(user, chosen, change)


def rename(user: User, person_id: int, name: str) -> models.IdentityEdit:
    """Call a person something else. Raises Refused."""
    handles = list(models.Identity.objects.filter(person_id=person_id).values_list("handle", flat=True))

    def change() -> str:
        person = models.Person.objects.filter(pk=person_id).first()
        if person is None:
            raise Refused("That person is no longer in the map.")
        old, person.name = person.name, name
        person.save()
        return f"{old} is called {name}"

    return _edit(user, handles, change)


def split(user: User, handle: str) -> models.IdentityEdit:
    """Take an identity from its person; the two are not proposed as one again. Raises Refused."""
    held = models.Identity.objects.filter(handle=handle).select_related("person").first()
    if held is None:
        raise Refused("That name belongs to nobody by now.")
    others = list(held.person.identities.exclude(handle=handle).values_list("handle", flat=True))

    def change() -> str:
        held.delete()
        return f"{held.name or held.login} in {held.source} is not {held.person.name}"

    return _edit(user, [handle], change, [[handle, other] for other in others])


def decline(user: User, handles: Iterable[str]) -> models.IdentityEdit:
    """Say that identities are not one person, so that they are no longer proposed."""
    group = sorted(set(handles))
    return _edit(user, (), lambda: f"Not one person: {', '.join(group)}", [group])


def undo(edit_id: int) -> models.IdentityEdit:
    """Take an edit back. Raises Refused where what it made has changed since."""
    with transaction.atomic():
        edit = models.IdentityEdit.objects.select_for_update().filter(pk=edit_id, undone_at=None).first()
        if edit is None:
            raise Refused("That was undone already.")
        if _entries(edit.after) != edit.after:
            raise Refused("These entries were changed since; undo the later edits first.")
        for handle, entry in edit.before.items():
            _restore(handle, entry)
        _drop_empty()
        edit.undone_at = timezone.now()
        edit.save()
    return edit


def _edit(
    user: User, handles: Iterable[str], change: Callable[[], str], declines: list[list[str]] | None = None
) -> models.IdentityEdit:
    touched = list(handles)
    with transaction.atomic():
        before = _entries(touched)
        words = change()
        _drop_empty()
        after = _entries(touched)
        return models.IdentityEdit.objects.create(
            user=user, words=words[:WORDS_LIMIT], before=before, after=after, declines=declines or []
        )


def _entries(handles: Iterable[str]) -> Map:
    found: Map = dict.fromkeys(handles)
    for row in models.Identity.objects.filter(handle__in=list(found)).select_related("person"):
        found[row.handle] = [row.source, row.login, row.name, row.person_id, row.person.name]
    return found


def _restore(handle: str, entry: Entry | None) -> None:
    if entry is None:
        models.Identity.objects.filter(handle=handle).delete()
        return
    source, login, name, person_id, person_name = entry
    person, _ = models.Person.objects.update_or_create(pk=person_id, defaults={"name": person_name})
    fields = {"source": source, "login": login, "name": name, "person": person}
    models.Identity.objects.update_or_create(handle=handle, defaults=fields)


def _drop_empty() -> None:
    models.Person.objects.filter(identities=None).delete()
