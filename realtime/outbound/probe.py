"""The first stages of trying any source: is its name found, does its server speak TLS as it must."""

import asyncio
import ipaddress
from dataclasses import dataclass
from enum import Enum

from realtime.outbound.endpoint import Endpoint
from realtime.outbound.failures import translated
from realtime.outbound.tls import tls_context

CONNECT_SECONDS = 10.0
NAME = "name"
TLS = "TLS"


class Result(Enum):
    """How a stage ended."""

    OK = "ok"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One stage's result in words."""

    stage: str
    result: Result
    detail: str


async def check_name(endpoint: Endpoint) -> Finding:
    """Look the host up."""
    try:
        ipaddress.ip_address(endpoint.host)
        return Finding(NAME, Result.OK, f"{endpoint.host} is an address")
    except ValueError:
        pass
    with translated(endpoint, "looking up the name"):
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(endpoint.host, endpoint.port)
    addresses = sorted({str(address[0]) for *_, address in found})
    return Finding(NAME, Result.OK, f"{endpoint.host} is {', '.join(addresses)}")


async def check_tls(endpoint: Endpoint) -> Finding:
    """Connect, and verify the certificate."""
    context = await asyncio.to_thread(tls_context, endpoint)
    with translated(endpoint, "connecting"):
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port, ssl=context)
    try:
        if context is None:
            return Finding(TLS, Result.SKIPPED, "connected; http has no TLS")
        encryption, certificate = writer.get_extra_info("cipher"), writer.get_extra_info("peercert") or {}
        until = certificate.get("notAfter", "an unknown day")
        return Finding(TLS, Result.OK, f"{encryption[1]}, certificate valid until {until}")
    finally:
        writer.transport.abort()
