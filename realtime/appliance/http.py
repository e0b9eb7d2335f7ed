"""One HTTP request to an appliance: counted, time-limited, size-limited, on a connection of its own.

The vendor wants the connection closed after every call (seed 004, "Authentication Errors"). Redirects are not followed
and the environment's proxies are not used: the credentials go to the configured address only.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from realtime.appliance import budget
from realtime.appliance.failures import causes, translated
from realtime.appliance.tls import tls_context
from realtime.errors import ApplianceBusy, BudgetSpent, RealtimeError
from realtime.source import Appliance

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
WHOLE_REQUEST_SECONDS = 30.0  # a trickle of bytes would satisfy the time-outs above for ever


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def request(
    appliance: Appliance, method: str, path: str, step: str, *, limit_bytes: int, **options: object
) -> Answer:
    """Send one request and return its answer, whatever the status. `step` completes "while …" in errors.

    `options` are httpx2's (`params`, `data`, `auth`, `headers`). Spends one request of the budget.
    """
    await budget.spend(appliance)
    context = await asyncio.to_thread(tls_context, appliance)
    with translated(appliance, step):
        async with (
            asyncio.timeout(WHOLE_REQUEST_SECONDS),
            httpx2.AsyncClient(
                base_url=appliance.url,
                verify=context or True,
                headers={"Connection": "close", "Accept-Encoding": "identity"},
                timeout=TIMEOUT,
                trust_env=False,
                follow_redirects=False,
            ) as client,
            client.stream(method, path, **options) as response,  # type: ignore[arg-type]
        ):
            body = await read_body(appliance, response, step, limit_bytes)
            return Answer(response.status_code, response.headers, body)


async def read_body(appliance: Appliance, response: httpx2.Response, step: str, limit_bytes: int) -> bytes:
    """Return the body as sent: nothing is unpacked, so nothing can swell. Raises ApplianceBusy when it is too long."""
    body = bytearray()
    async for chunk in response.aiter_raw(64 * 1024):
        body += chunk
        if len(body) > limit_bytes:
            raise ApplianceBusy(f"{appliance.name}: the answer is larger than {limit_bytes} bytes (while {step}).")
    return bytes(body)


def was_sent(error: RealtimeError) -> bool:
    """Whether the appliance may have seen the request that ended in this error."""
    never = (BudgetSpent, httpx2.ConnectError, httpx2.ConnectTimeout)
    return not any(isinstance(cause, never) for cause in causes(error))
