"""HTTP requests to one account: counted, time-limited, size-limited.

Redirects are not followed and the environment's proxies are not used: the credentials go to the configured address
only. Every request has a connection of its own, which is closed after it: BeyondTrust asks for that (seed 004,
"Authentication Errors"), and at one listing in 30 s the other vendors' would have been closed by them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2

from realtime.errors import BudgetSpent, RealtimeError, SourceBusy
from realtime.outbound import budget
from realtime.outbound.endpoint import Endpoint
from realtime.outbound.failures import causes, translated
from realtime.outbound.tls import tls_context

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
WHOLE_REQUEST_SECONDS = 30.0  # a trickle of bytes would satisfy the time-outs above for ever


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to one account; made by `open_client`."""

    endpoint: Endpoint
    _http: httpx2.AsyncClient

    async def send(self, method: str, path: str, step: str, *, limit_bytes: int, **options: object) -> Answer:
        """Send one request and return its answer, whatever the status. `step` completes "while …" in errors.

        `options` are httpx2's (`params`, `json`, `data`, `auth`, `headers`). Spends one request of the budget.
        """
        await budget.spend(self.endpoint)
        self._http.cookies.clear()
        with translated(self.endpoint, step):
            async with (
                asyncio.timeout(WHOLE_REQUEST_SECONDS),
                self._http.stream(method, self.endpoint.url + path, **options) as response,  # type: ignore[arg-type]
            ):
                body = await read_body(self.endpoint, response, step, limit_bytes)
                return Answer(response.status_code, response.headers, body)


@asynccontextmanager
async def open_client(endpoint: Endpoint) -> AsyncIterator[Client]:
    """Yield a client for several requests. Raises Misconfigured where the certificates cannot be read."""
    context = await asyncio.to_thread(tls_context, endpoint)
    async with httpx2.AsyncClient(
        verify=context or False,  # without TLS there is nothing to verify, and the default context is dear to make
        headers={"Connection": "close", "Accept-Encoding": "identity", "User-Agent": "support-dashboard"},
        timeout=TIMEOUT,
        trust_env=False,
        follow_redirects=False,
    ) as http:
        yield Client(endpoint, http)


async def request(
    endpoint: Endpoint, method: str, path: str, step: str, *, limit_bytes: int, **options: object
) -> Answer:
    """Send a single request, as `Client.send` does."""
    async with open_client(endpoint) as client:
        return await client.send(method, path, step, limit_bytes=limit_bytes, **options)


async def read_body(endpoint: Endpoint, response: httpx2.Response, step: str, limit_bytes: int) -> bytes:
    """Return the body as sent: nothing is unpacked, so nothing can swell. Raises SourceBusy when it is too long."""
    body = bytearray()
    async for chunk in response.aiter_raw(64 * 1024):
        body += chunk
        if len(body) > limit_bytes:
            raise SourceBusy(f"{endpoint.name}: the answer is larger than {limit_bytes} bytes (while {step}).")
    return bytes(body)


def was_sent(error: RealtimeError) -> bool:
    """Whether the vendor may have seen the request that ended in this error."""
    never = (BudgetSpent, httpx2.ConnectError, httpx2.ConnectTimeout)
    return not any(isinstance(cause, never) for cause in causes(error))
