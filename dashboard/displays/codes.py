"""The code that a screen shows until somebody pairs it, the secret behind it, and what is stored of both. Pure.

The code is made of the secret that only the screen's browser holds: so it can be shown again after a reload although
the database holds no more than digests, and nobody who knows the code can take the token in the screen's place.
"""

import hmac
from hashlib import sha256

SIGNS = "CDFHJKLMNPRTWXY34679"  # no vowels, which make words, and no two that look alike (RFC 8628, section 6.1)
LENGTH = 8
GROUP = 4


def code_of(secret: str) -> str:
    """Return the code that a browser with this secret shows: 20^8 of them."""
    number = int.from_bytes(sha256(b"pairing code " + secret.encode()).digest(), "big")
    signs = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(SIGNS))
        signs.append(SIGNS[place])
    return "".join(signs)


def digest_code(code: str, key: str) -> str:
    """Return what is stored of a code; it is short, so `key`, which the database does not hold, guards it."""
    return hmac.new(key.encode(), b"pairing code " + code.encode(), sha256).hexdigest()


def read_code(typed: str) -> str | None:
    """Return the code that somebody typed, in whatever case and grouping; None when it cannot be one."""
    code = "".join(sign for sign in typed[:64].upper() if sign.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(SIGNS) else None


def grouped(code: str) -> str:
    """Return a code as people read it: CDFH-3467."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
