"""One account of EvoVoice, and how it knows us: a session cookie, held for all processes, or the password each time."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from dashboard.vendors import tokens
from dashboard.vendors.account import Account
from dashboard.vendors.caller import Caller
from realtime.errors import IllegalMessage
from realtime.outbound.endpoint import Pace
from realtime.outbound.http import Answer

AUTHS = ("cookie", "basic")
SIGN_IN = "signing in"
LIFE = timedelta(hours=12)  # nobody says how long a cookie is good; one that is not is replaced at once
COOKIE = re.compile(r"(?:^|,)\s*(ss-id|ss-pid|ss-opt)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+)", re.ASCII)
"""In Set-Cookie headers joined by commas; the value as RFC 6265 4.1.1 allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvoVoiceAccount(Account):
    """A user's account; `account_ids` limits the listing to some of the accounts that the user may see."""

    username: str
    password: str = field(repr=False)
    account_ids: tuple[str, ...] = ()
    auth: str = AUTHS[0]

    vendor: ClassVar[str] = "evovoice"
    noun: ClassVar[str] = "EvoVoice"
    credentials: ClassVar[str] = "username and password"
    pace: ClassVar[Pace] = Pace(per_second=4, per_hour=4000)

    @property
    def account(self) -> str:
        """The user at their address."""
        return f"{self.url}\n{self.username}"

    @property
    def secret(self) -> str:
        """The user's password."""
        return self.password


async def fetch(caller: Caller[EvoVoiceAccount], path: str, step: str, **options: Any) -> Any:
    """Send a GET and return its JSON; a cookie that has expired is replaced, once. Raises a RealtimeError."""
    account = caller.account
    if account.auth == "basic":
        return await caller.fetch("GET", path, step, auth=(account.username, account.password), **options)
    cookie = await tokens.obtain(caller, partial(sign_in, caller))
    answer = await send(caller, path, step, cookie, **options)
    if answer.status == HTTPStatus.UNAUTHORIZED and await tokens.reject(caller, cookie):
        cookie = await tokens.obtain(caller, partial(sign_in, caller))
        answer = await send(caller, path, step, cookie, **options)
    return caller.read(answer, step)


async def send(caller: Caller[EvoVoiceAccount], path: str, step: str, cookie: str, **options: Any) -> Answer:
    """Send a GET with the cookie."""
    return await caller.send("GET", path, step, headers={"Cookie": cookie}, **options)


async def sign_in(caller: Caller[EvoVoiceAccount], _old: str) -> tuple[str, timedelta]:
    """Return a new cookie and how long it is used. Raises CredentialsRefused, or what the request ended in."""
    account = caller.account
    wish = {"provider": "credentials", "userName": account.username, "password": account.password, "rememberMe": True}
    answer = await caller.send("POST", "/auth/credentials", SIGN_IN, json=wish)
    caller.read(answer, SIGN_IN)
    cookies = COOKIE.findall(answer.headers.get("Set-Cookie", ""))
    if not cookies:
        raise IllegalMessage(
            f"{account.name}: EvoVoice let us in without giving a session cookie; set auth to basic, or check url."
        )
    return "; ".join(f"{name}={value}" for name, value in cookies), LIFE
