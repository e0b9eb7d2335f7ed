"""Seals a token for the database, so that a copy of the database alone gives nobody access to a vendor.

The key is derived from SECRET_KEY and from the account: a token of another address, account or secret, or one sealed
under another SECRET_KEY, cannot be opened and so is never sent anywhere.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from realtime.outbound.endpoint import Endpoint


def seal(endpoint: Endpoint, token: str) -> str:
    """Return the token encrypted and signed, as text."""
    return fernet(endpoint).encrypt(token.encode()).decode()


def unseal(endpoint: Endpoint, sealed: str) -> str | None:
    """Return the token, None when the seal is empty, broken or of another account."""
    try:
        return fernet(endpoint).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def fernet(endpoint: Endpoint) -> Fernet:
    """Return the cipher of one account."""
    account = "\n".join(("access token", endpoint.name, endpoint.account, endpoint.secret))
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=account.encode()).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
