"""Seals a token for the database, so that a copy of the database alone gives nobody access to an appliance.

The key is derived from SECRET_KEY and from the account: a token of another address, client id or secret, or one sealed
under another SECRET_KEY, cannot be opened and so is never sent anywhere.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from realtime.source import Appliance


def seal(appliance: Appliance, token: str) -> str:
    """Return the token encrypted and signed, as text."""
    return fernet(appliance).encrypt(token.encode()).decode()


def unseal(appliance: Appliance, sealed: str) -> str | None:
    """Return the token, None when the seal is empty, broken or of another account."""
    try:
        return fernet(appliance).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def fernet(appliance: Appliance) -> Fernet:
    """Return the cipher of one account."""
    account = "\n".join(("access token", appliance.name, appliance.url, appliance.client_id, appliance.client_secret))
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=account.encode()).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
