"""One account of GoToTraining: an access token as given, or refreshed through OAuth (VENDORS.md 2.1)."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

import orjson

from dashboard.source_entry import Entry
from dashboard.source_values import Mistake, read_base, read_client_id
from dashboard.vendors import tokens
from dashboard.vendors.account import Account
from dashboard.vendors.authorization import SCHEMES, authorize
from dashboard.vendors.caller import Caller, texts
from dashboard.vendors.settings import read_choice, read_common, take_secret
from realtime.errors import CredentialsRefused, Misconfigured, PermissionMissing
from realtime.outbound.endpoint import Endpoint, Pace
from realtime.outbound.failures import refusal
from realtime.outbound.http import Answer, request
from realtime.outbound.minting import TOKEN, read_life

DEFAULT_URL = "https://api.getgo.com/G2T/rest"
DEFAULT_TOKEN_URL = "https://identity.goto.com/oauth/token"  # noqa: S105 - an address
REFRESHING = "asking for a token"
ANSWER_LIMIT_BYTES = 1024 * 1024
YOUNG = timedelta(minutes=10)  # 403 also means "not allowed"; a token of this age is not to blame for it
REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
MOST_ORGANIZERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint(Endpoint):
    """Where access tokens are had for the refresh token; `url` is the whole address."""

    name: str
    url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    ca_bundle: Path | None = None

    noun: ClassVar[str] = "the token endpoint"
    credentials: ClassVar[str] = "client_id, client_secret and refresh_token"
    pace: ClassVar[Pace] = Pace(per_second=1, per_hour=120)

    @property
    def account(self) -> str:
        """The OAuth client at its address."""
        return f"{self.url}\n{self.client_id}"

    @property
    def secret(self) -> str:
        """What the next token is asked for with."""
        return f"{self.client_secret}\n{self.refresh_token}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoToTrainingAccount(Account):
    """The account whose organizers are listed, by their keys. Either `access_token` or `token_endpoint` is set."""

    organizer_keys: tuple[str, ...]
    access_token: str = field(default="", repr=False)
    token_endpoint: TokenEndpoint | None = None
    auth_scheme: str = "bearer"

    vendor: ClassVar[str] = "gototraining"
    noun: ClassVar[str] = "GoToTraining"
    credentials: ClassVar[str] = "access_token, or client_id, client_secret and refresh_token"
    pace: ClassVar[Pace] = Pace(per_second=5, per_hour=6000)  # the vendor allows 10 a second

    @property
    def account(self) -> str:
        """The OAuth client, or the token, at its address."""
        return f"{self.url}\n{self.token_endpoint.client_id if self.token_endpoint else self.access_token}"

    @property
    def secret(self) -> str:
        """What gives access."""
        return self.token_endpoint.secret if self.token_endpoint else self.access_token


def read_account(entry: Entry) -> GoToTrainingAccount | None:
    """Read a source's table of sources.toml; mistakes are noted in the entry, then None."""
    common = read_common(entry, DEFAULT_URL)
    keys = entry.require("organizer_keys", read_organizer_keys, 'add organizer_keys = ["…"], whose trainings to list')
    scheme = entry.take("auth_scheme", partial(read_choice, SCHEMES))
    access_token = take_secret(entry, "access_token")
    token_endpoint = read_token_endpoint(entry, common.get("ca_bundle"))
    entry.refuse_unknown()
    if access_token and token_endpoint:
        entry.refuse("access_token", "has access_token and refresh_token; keep one of them")
    elif not access_token and not token_endpoint and not entry.mistakes:
        needed = "access_token, or client_id, client_secret and refresh_token"
        entry.refuse("", f"lacks its secret; add {needed} (each secret also as …_env or …_file)")
    if entry.mistakes or keys is None:
        return None
    return GoToTrainingAccount(
        **common,
        organizer_keys=keys,
        access_token=access_token or "",
        token_endpoint=token_endpoint,
        auth_scheme=scheme or SCHEMES[0],
    )


def read_token_endpoint(entry: Entry, ca_bundle: Path | None) -> TokenEndpoint | None:
    """Read the OAuth settings; None unless all three that are needed are there."""
    client_id = entry.take("client_id", read_client_id)
    client_secret, refresh_token = take_secret(entry, "client_secret"), take_secret(entry, "refresh_token")
    token_url = entry.take("token_url", read_base) or DEFAULT_TOKEN_URL
    given = {"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token}
    if not any(given.values()):
        return None
    if client_id is None or client_secret is None or refresh_token is None:
        if not entry.mistakes:
            entry.refuse("", f"lacks {' and '.join(name for name, value in given.items() if value is None)}")
        return None
    return TokenEndpoint(
        name=entry.name,
        url=token_url,
        client_id=client_id,
        client_secret=client_secret,
        refresh_token=refresh_token,
        ca_bundle=ca_bundle,
    )


def read_organizer_keys(value: Any) -> tuple[str, ...]:
    """Return the keys, each once. They have up to 19 digits."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_ORGANIZERS:
        raise Mistake(f'it must be a list of 1 to {MOST_ORGANIZERS} keys, like ["200000000000000001"]')
    keys = [str(key) for key in value if isinstance(key, str | int) and not isinstance(key, bool)]
    if len(keys) < len(value) or not all(key.isascii() and key.isdigit() and len(key) <= 20 for key in keys):
        raise Mistake('a key has digits only; write it like "200000000000000001"')
    return tuple(dict.fromkeys(keys))


async def ask(caller: Caller[GoToTrainingAccount], method: str, path: str, step: str, **options: Any) -> Answer:
    """Send a request and return its answer. Where the token is refused, one new token is tried."""
    account, kept = caller.account, await have_token(caller)

    async def send() -> Answer:
        headers = authorize(account.auth_scheme, read_kept(kept).get("access_token") or account.access_token)
        return await caller.send(method, path, step, headers=headers, **options)

    answer = await send()
    if kept and answer.status in REFUSED and await tokens.reject(caller, kept, YOUNG):
        kept = await have_token(caller)
        answer = await send()
    return answer


async def have_token(caller: Caller[GoToTrainingAccount]) -> str:
    """Return what is kept of the token, refreshed if need be; "" for an account whose token stands in its settings."""
    endpoint = caller.account.token_endpoint
    return await tokens.obtain(caller, partial(refresh, endpoint)) if endpoint else ""


def read(caller: Caller[GoToTrainingAccount], answer: Answer, step: str) -> Any:
    """Return an answer's JSON. Raises a RealtimeError; the vendor says 403 for a bad token too."""
    account = caller.account
    if answer.status in REFUSED:
        raise PermissionMissing(
            f"{account.name}: HTTP {answer.status} while {step}: the token is not accepted, or its user may not read "
            f"this organizer; check {account.credentials}, auth_scheme and organizer_keys."
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        raise Misconfigured(f"{account.name}: HTTP 404 while {step}: nothing is there; check url and organizer_keys.")
    return caller.read(answer, step)


async def refresh(endpoint: TokenEndpoint, kept: str) -> tuple[str, timedelta]:
    """Return a new access token with the refresh token that follows it, to be kept, and the access token's life.

    Raises CredentialsRefused, Misconfigured, or what the request ended in.
    """
    refresh_token = read_kept(kept).get("refresh_token") or endpoint.refresh_token
    answer = await request(
        endpoint,
        "POST",
        "",
        REFRESHING,
        limit_bytes=ANSWER_LIMIT_BYTES,
        data={"grant_type": "refresh_token", "refresh_token": refresh_token},
        auth=(endpoint.client_id, endpoint.client_secret),
        headers={"Accept": "application/json"},
    )
    if answer.status in (HTTPStatus.BAD_REQUEST, *REFUSED):
        raise CredentialsRefused(
            f"{endpoint.name}: the token endpoint refuses client_id, client_secret or refresh_token; sign the "
            "organizer in again and copy the new refresh token."
        )
    if answer.status != HTTPStatus.OK:
        raise refusal(endpoint, REFRESHING, answer.status, answer.headers.get("Retry-After"))
    members = read_members(answer.body)
    access_token = texts(members, "access_token")
    if access_token is None or not TOKEN.fullmatch(access_token):
        raise Misconfigured(f"{endpoint.name}: {endpoint.url} answers, but not with a token; check token_url.")
    following = texts(members, "refresh_token") or refresh_token
    text = orjson.dumps({"access_token": access_token, "refresh_token": following}).decode()
    return text, read_life(members.get("expires_in"))


def read_kept(kept: str) -> dict[str, str]:
    """Return what `refresh` kept; empty for nothing."""
    return {name: str(value) for name, value in read_members(kept.encode()).items()}


def read_members(body: bytes) -> dict[str, Any]:
    """Return a JSON object's members; empty when it is none."""
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return members if isinstance(members, dict) else {}
