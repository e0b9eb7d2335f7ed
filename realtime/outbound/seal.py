"""Seals a token for the database, so that a copy of the database alone gives nobody access to a vendor.

The key is made of SECRET_KEY and the account: a token of another address, account or secret, or one sealed
under another SECRET_KEY, cannot be opened and so is never sent anywhere.
"""

from cryptography.fernet import Fernet, InvalidToken

from realtime.cipher import cipher_of
from realtime.outbound.endpoint import Endpoint


def seal(endpoint: Endpoint, token: str) -> str:
    """Return the token encrypted and signed, as text."""
    return cipher(endpoint).encrypt(token.encode()).decode()


def unseal(endpoint: Endpoint, sealed: str) -> str | None:
    """Return the token, None when the seal is empty, broken or of another account."""
    try:
        return cipher(endpoint).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def cipher(endpoint: Endpoint) -> Fernet:
    """Return the cipher of one account."""
    return cipher_of("\n".join(("access token", endpoint.name, endpoint.account, endpoint.secret)))
