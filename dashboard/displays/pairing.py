"""Pairing: a screen gets a code, somebody confirms it, the screen fetches its token. Each step happens once.

Wrong codes stand in the audit log, and are counted there: so the limits hold for all processes, with or without Redis.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from dashboard.address import network_of
from dashboard.audit import Action, record
from dashboard.displays.codes import code_of, digest_code, read_code
from dashboard.models.audit_entry import AuditEntry, AuditEntryQuerySet
from dashboard.models.display import BROWSER_LIMIT, PAIRING_TIME, Display, PairingCode
from dashboard.models.wallboard import Wallboard
from dashboard.secret import digest, new_secret

CODES_PER_NETWORK = 20
CODES_IN_ALL = 500
TRIES = 3  # at a code that nobody has
FULL = "Too many screens wait to be paired. Pair or close some; this one tries again by itself."

GUESS_WINDOW = timedelta(minutes=10)
GUESSES_PER_USER = 10
GUESSES_PER_NETWORK = 30
GUESSES_IN_ALL = 100


class PairingRefused(Exception):
    """A step of pairing is refused; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody gives a screen."""

    name: str
    wallboard: Wallboard | None = None
    expires_at: datetime | None = None
    networks: tuple[str, ...] = ()


def begin(address: str, browser: str) -> str:
    """Return the secret of a new code, for the browser that shows it. Raises PairingRefused."""
    now = timezone.now()
    PairingCode.objects.filter(expires_at__lte=now).delete()
    make_room(address)
    for _ in range(TRIES):
        secret = new_secret()
        try:
            with transaction.atomic():
                PairingCode.objects.create(
                    code_digest=digest_code(code_of(secret), settings.SECRET_KEY),
                    secret_digest=digest(secret),
                    address=address,
                    browser=browser.replace("\0", "")[:BROWSER_LIMIT],
                    made_at=now,
                    expires_at=now + PAIRING_TIME,
                )
        except IntegrityError:
            continue
        return secret
    raise PairingRefused("No code is free. This screen tries again by itself.")


def make_room(address: str) -> None:
    """Keep the codes on show within bounds. Raises PairingRefused.

    Where there are too many in all, the network that shows most gives up its oldest one which nobody has typed. So
    whoever fetches codes from many addresses takes none away from a screen that shows its only one.
    """
    waiting = PairingCode.objects.filter(used_at=None)
    shown = Counter(map(network_of, waiting.values_list("address", flat=True)))
    asking = network_of(address)
    if shown[asking] >= CODES_PER_NETWORK:
        raise PairingRefused(FULL)
    shown[asking] += 1
    if shown.total() <= CODES_IN_ALL:
        return
    untouched = waiting.filter(looked_at=None, display=None).order_by("made_at", "pk")
    given_up = max(untouched, key=lambda one: shown[network_of(one.address)], default=None)
    if given_up is None:
        raise PairingRefused(FULL)
    PairingCode.objects.filter(pk=given_up.pk, looked_at=None, display=None).delete()


def find_waiting(secret: str) -> PairingCode | None:
    """Return the code of a browser's secret while it may still be used."""
    return _usable().filter(secret_digest=digest(secret)).select_related("display").first() if secret else None


def find_typed(typed: str, user: User, address: str) -> PairingCode:
    """Return the waiting screen whose code somebody typed. Raises PairingRefused; a wrong code is a guess."""
    refuse_guessing(user, address)
    code = read_code(typed)
    found = None
    if code is not None:
        found = _usable().filter(code_digest=digest_code(code, settings.SECRET_KEY), display=None).first()
    if found is None:
        record(Action.PAIRING_FAILED, user=user)
        raise PairingRefused("No screen shows this code. Codes change every ten minutes: look at the screen again.")
    PairingCode.objects.filter(pk=found.pk).update(looked_at=timezone.now())
    return found


def refuse_guessing(user: User, address: str) -> None:
    """Raise PairingRefused when there were too many wrong codes: of a user, from a network, or in all."""
    wrong: AuditEntryQuerySet = AuditEntry.objects.filter(
        action=Action.PAIRING_FAILED.value, at__gt=timezone.now() - GUESS_WINDOW
    )
    if (
        wrong.filter(user_id=user.pk).count() >= GUESSES_PER_USER
        or count_from(network_of(address), wrong) >= GUESSES_PER_NETWORK
        or wrong.count() >= GUESSES_IN_ALL
    ):
        raise PairingRefused("There were too many wrong codes. Wait ten minutes, then try again.")


def count_from(network: str, entries: AuditEntryQuerySet) -> int:
    """Return how many entries come from a network."""
    addresses = entries.exclude(address="").values_list("address", flat=True)
    return sum(network_of(address) == network for address in addresses)


def confirm(waiting: PairingCode, terms: Terms, user: User) -> Display:
    """Make a waiting screen a display, which it will fetch the token of. Raises PairingRefused."""
    with transaction.atomic():
        display = Display.objects.create(
            name=terms.name,
            wallboard=terms.wallboard,
            expires_at=terms.expires_at,
            networks=list(terms.networks),
            paired_by=user,
            paired_at=timezone.now(),
            address=waiting.address,
        )
        if not _usable().filter(pk=waiting.pk, display=None).update(display=display):
            raise PairingRefused("This code was used or ran out meanwhile. Look at the screen for its code of now.")
        detail = {"wallboard": str(terms.wallboard or ""), "from": waiting.address, "ranges": list(terms.networks)}
        record(Action.DISPLAY_PAIRED, display, detail=detail, user=user)
    return display


def claim(secret: str) -> str | None:
    """Return the token of the display that was made of a browser's code; once, and only this browser's."""
    waiting = find_waiting(secret)
    if waiting is None or waiting.display_id is None:
        return None
    token = new_secret()
    with transaction.atomic():
        if not _usable().filter(pk=waiting.pk).update(used_at=timezone.now()):
            return None
        free = Display.objects.filter(pk=waiting.display_id, token_digest=None, revoked_at=None)
        return token if free.update(token_digest=digest(token), claimed_at=timezone.now()) else None


def _usable() -> QuerySet[PairingCode]:
    return PairingCode.objects.filter(used_at=None, expires_at__gt=timezone.now())
