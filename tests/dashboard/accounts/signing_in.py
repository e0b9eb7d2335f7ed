"""Browsers that sign in by the forms, each from an address of its own, so that limits of one test bother no other."""

import base64
import hashlib
import hmac
import itertools
import struct
import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client, TestCase

from tests.services.waiting import wait_until

PASSWORD = "a long enough password"
ADDRESSES = itertools.count(1)
NAMES = itertools.count(1)


def make_user(**fields: Any) -> User:
    """Make a user with a name that nobody had, and the usual password."""
    return User.objects.create_user(f"user-{next(NAMES)}", password=PASSWORD, **fields)


def make_browser(**options: Any) -> Client:
    """Return a browser from an address that nobody had, unless told another."""
    number = next(ADDRESSES)
    return Client(**{"REMOTE_ADDR": f"10.0.{number // 250}.{number % 250 + 1}", **options})


def sign_in(client: Client, user: User | str, password: str = PASSWORD, **fields: str) -> Any:
    """Send the form; return the answer."""
    return client.post("/login/", {"login": str(user), "password": password, **fields})


def is_signed_in(client: Client) -> bool:
    """Say whether a browser is signed in."""
    return client.get("/account/").status_code == 200


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Give the password once more, as changes of second factors want."""
    assert client.post("/account/confirm/", {"password": password}).status_code == 302


def code_of(secret: str) -> str:
    """Return the code that an authenticator app shows (RFC 6238), with time left to use it."""
    wait_until(lambda: time.time() % 30 < 20, what="the next code")
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06d}"


def add_app(client: Client) -> str:
    """Set an authenticator app up for whoever is signed in; return its secret."""
    confirm(client)
    client.get("/account/factors/app/add/")
    secret: str = client.session["mfa.totp.secret"]
    with TestCase.captureOnCommitCallbacks(execute=True):  # tests roll back, so nothing is ever committed
        assert client.post("/account/factors/app/add/", {"code": code_of(secret)}).status_code == 302
    return secret
