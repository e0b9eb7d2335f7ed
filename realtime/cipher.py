"""The ciphers under which the database holds secrets, so that a copy of it alone opens none."""

import base64

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def cipher_of(purpose: str) -> Fernet:
    """Return the cipher of one purpose: its key comes from SECRET_KEY, and opens nothing of another purpose."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
