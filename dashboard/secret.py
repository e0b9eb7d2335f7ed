"""Secrets that we give out, of which the database holds no more than a digest: of links, codes, displays. Pure."""

import secrets
from hashlib import sha256


def new_secret() -> str:
    """Return 256 random bits as text fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored of a secret; 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()
