"""Doing something once, however often its form is sent: a double click, a reload, a browser that repeats a request.

A form carries a key that was made with its page. Whoever comes first with a key acts and leaves what came of it in the
cache, which all web processes share; whoever comes again gets that. A browser shows the answer to its last request
only, so a mere refusal would hide what the first one brought.
"""

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

KEPT_SECONDS = 600  # how long a key is known to be used; what came of it holds secrets, which then are gone too
PATIENCE_SECONDS = 12.0  # with whoever acts; longer than a vendor is given to answer
LOOK_SECONDS = 0.1
_KEY = re.compile(r"[\w-]{22}", re.ASCII)
_BEGUN = "begun"

Outcome = dict[str, Any]
"""What came of it, as JSON can hold it."""


class Unknown(Exception):
    """Somebody began with the key, and what came of it is not known."""


def make_key() -> str:
    """Return a key that nobody has."""
    return secrets.token_urlsafe(16)


def is_key(text: str) -> bool:
    """Say whether a text can be one of our keys."""
    return _KEY.fullmatch(text) is not None


def do_once(name: str, act: Callable[[], Outcome]) -> Outcome:
    """Return what `act` brings, or what it brought whoever came first with this name. Raises Unknown."""
    if not cache.add(name, _BEGUN, KEPT_SECONDS):
        return _await_outcome(name)
    outcome = act()
    cache.set(name, outcome, KEPT_SECONDS)
    return outcome


def _await_outcome(name: str) -> Outcome:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (outcome := cache.get(name)) == _BEGUN:
        if time.monotonic() > deadline:
            raise Unknown
        time.sleep(LOOK_SECONDS)
    if not isinstance(outcome, dict):
        raise Unknown
    return outcome
