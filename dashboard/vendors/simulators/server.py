"""Stand-ins for all polled vendors on one loopback port, each under its own path, over one simulated center.

async with VendorSimulators(Options(busy=0)) as simulators:
    ... simulators.url("seeit"), simulators.world.add(...), simulators.fail("seeit", Fault.TOO_MANY, count=1) ...
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from dashboard.vendors.simulators import control
from dashboard.vendors.simulators.faults import Fault, Freedom, Trouble
from dashboard.vendors.simulators.frame import EMPTIED, FRAME, Asked, Frame, Simulated
from dashboard.vendors.simulators.options import Options
from dashboard.vendors.simulators.registry import SIMULATED
from dashboard.vendors.simulators.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HANG_SECONDS = 3600.0
TRICKLE_SECONDS = 0.05
ENDLESS_BYTES = 10**6
SIGN_IN_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"


class VendorSimulators:
    """All simulated vendors. Only its own event loop may touch it."""

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.frame = Frame(options, clock)
        application = web.Application(middlewares=[interfere], client_max_size=1024 * 1024)
        application[FRAME] = self.frame
        for simulated in SIMULATED.values():
            application.add_routes(simulated.routes)
        if options.control:
            application.add_routes(control.ROUTES)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=0.5, handler_cancellation=True, auto_decompress=False
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, self.options.host, self.options.port).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def world(self) -> World:
        """The truth, to add, change and remove."""
        return self.frame.world

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._runner.addresses[0][1])

    def url(self, vendor: str) -> str:
        """Return the whole base address of a vendor's API, without a slash at the end."""
        return f"http://{self.options.host}:{self.port}{SIMULATED[vendor].prefix}"

    def fail(self, vendor: str, fault: Fault, **members: Any) -> None:
        """Let a vendor have a fault; `members` are those of `Trouble`: `count`, `skip`, `path`, …"""
        self.frame.troubles.add(vendor, Trouble(fault, **members))

    def take(self, vendor: str, *freedoms: Freedom) -> None:
        """Let a vendor take these freedoms and no others."""
        self.frame.freedoms[vendor] = set(freedoms)


@web.middleware
async def interfere(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let the request meet its vendor's fault, if there is one, and note it in the log."""
    frame = request.app[FRAME]
    simulated = next((one for one in SIMULATED.values() if request.path.startswith(one.prefix + "/")), None)
    if simulated is None:
        return await handler(request)
    path = request.path.removeprefix(simulated.prefix)
    trouble = frame.troubles.strike(simulated.name, path)
    status = 0
    try:
        answer = await answer_with(trouble, simulated, request, handler)
        status = answer.status
        return answer
    except web.HTTPException as error:  # no such path or method
        status = error.status
        return simulated.refuse(error.status)
    finally:
        headers = {name.lower(): value for name, value in request.headers.items()}
        frame.asked.append(Asked(simulated.name, request.method, path, dict(request.query), headers, status))


async def answer_with(
    trouble: Trouble | None, simulated: Simulated, request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Answer a request in spite of its fault, or as the fault wants."""
    if trouble is None:
        return await handler(request)
    if (status := trouble.fault.status) is not None:
        return with_retry_after(simulated.refuse(status), trouble)
    match trouble.fault:
        case Fault.TIME_OUT:
            await asyncio.sleep(HANG_SECONDS)
        case Fault.HTML:
            return web.Response(text=SIGN_IN_PAGE, content_type="text/html")
        case Fault.EMPTY | Fault.DENIED:
            request[EMPTIED] = trouble
    answer = await handler(request)
    if trouble.fault in (Fault.TRUNCATED, Fault.TRICKLE) and isinstance(answer, web.Response):
        return await spoil(answer, trouble.fault, request)
    return answer


def with_retry_after(answer: web.Response, trouble: Trouble) -> web.Response:
    """Say when to come back, where the fault wants that: in seconds, or as a date on the real clock."""
    seconds = trouble.retry_after_seconds
    if seconds is not None:
        date = formatdate(time.time() + seconds, usegmt=True)
        answer.headers["Retry-After"] = date if trouble.retry_after_is_date else f"{seconds:.0f}"
    return answer


async def spoil(whole: web.Response, fault: Fault, request: web.Request) -> web.StreamResponse:
    """Send a part of an answer and break off, or send it by and by and never come to the end."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    answer = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
    answer.content_length = len(body) + ENDLESS_BYTES
    await answer.prepare(request)
    if fault is Fault.TRICKLE:
        for sign in itertools.chain(body, itertools.repeat(ord(" "), ENDLESS_BYTES)):
            await answer.write(bytes([sign]))
            await asyncio.sleep(TRICKLE_SECONDS)
    await answer.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer
