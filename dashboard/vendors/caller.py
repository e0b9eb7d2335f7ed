"""A vendor's module's way out: requests of one account, answered with JSON or an error that says who acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import orjson

from dashboard.vendors.account import Account
from realtime.database import DatabaseThread
from realtime.errors import IllegalMessage
from realtime.outbound.failures import refusal
from realtime.outbound.http import Answer, Client

ANSWER_LIMIT_BYTES = 32 * 1024 * 1024

AccountT = TypeVar("AccountT", bound=Account)


@dataclass(frozen=True, slots=True)
class Caller(Generic[AccountT]):
    """An account with its HTTP client, and the thread on which it may use the database."""

    account: AccountT
    client: Client
    database: DatabaseThread

    async def send(self, method: str, path: str, step: str, **options: Any) -> Answer:
        """Send one request, return its answer whatever the status. `path` follows the account's url.

        `step` completes "while …" in errors. `options` are httpx2's: `params`, `json`, `data`, `headers`, `auth`.
        """
        headers = {"Accept": "application/json"} | dict(options.pop("headers", {}))
        return await self.client.send(method, path, step, limit_bytes=ANSWER_LIMIT_BYTES, headers=headers, **options)

    async def fetch(self, method: str, path: str, step: str, **options: Any) -> Any:
        """Send one request and return the JSON of its answer. Raises a RealtimeError for every status but 2xx."""
        return self.read(await self.send(method, path, step, **options), step)

    def read(self, answer: Answer, step: str) -> Any:
        """Return the JSON of an answer. Raises a RealtimeError for every status but 2xx, and for what is not JSON."""
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise refusal(self.account, step, answer.status, answer.headers.get("Retry-After"))
        return self.decode(answer, step)

    def decode(self, answer: Answer, step: str) -> Any:
        """Return an answer's JSON. Raises IllegalMessage; nothing of the body becomes part of it."""
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError as error:
            is_page = answer.body.lstrip()[:1] == b"<" or "html" in answer.headers.get("Content-Type", "")
            what = "a web page" if is_page else "something that is not JSON"
            mend = "check url; a sign-in page or a proxy may stand in between"
            raise IllegalMessage(f"{self.account.name}: {what} was answered while {step}; {mend}.") from error

    def expect(self, value: Any, kind: type[Any], step: str) -> Any:
        """Return a value if it is of the JSON kind the vendor documents (`dict`, `list`). Raises IllegalMessage."""
        if not isinstance(value, kind):
            name = "an object" if kind is dict else "a list"
            raise IllegalMessage(f"{self.account.name}: the answer is not {name} as documented while {step}.")
        return value


def texts(value: Mapping[str, Any], *names: str) -> str | None:
    """Return the first of these members that is a text with something in it, or a number as text."""
    for name in names:
        found = value.get(name)
        if isinstance(found, str) and found.strip():
            return found
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
    return None
