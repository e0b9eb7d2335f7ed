"""The mirror process: every configured appliance's Mirror, side by side, until it is told to stop."""

import asyncio
import gc
import os
import secrets
import signal
import socket

import structlog
from structlog.contextvars import bind_contextvars

from realtime.heartbeat import Kind, keep_heartbeat
from realtime.mirror import Mirror
from realtime.source import Appliance

RESTART_SECONDS = 5.0
FREEZE_SECONDS = 15.0

log = structlog.get_logger(__name__)


async def run_mirrors(appliances: tuple[Appliance, ...]) -> None:
    """Mirror all appliances until SIGTERM or SIGINT; then end within 5 s, with the leases given back."""
    owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    mirrors = [asyncio.create_task(_keep_running(one, owner), name=f"mirror {one.name}") for one in appliances]
    helpers = (asyncio.create_task(_calm_garbage_collection()), asyncio.create_task(keep_heartbeat(Kind.MIRROR)))
    log.info("mirroring", sources=[one.name for one in appliances])
    await stop.wait()
    for task in (*mirrors, *helpers):
        task.cancel()
    await asyncio.gather(*mirrors, *helpers, return_exceptions=True)
    log.info("stopped")


async def _keep_running(appliance: Appliance, owner: str) -> None:
    """Run one mirror; a bug in it is logged and costs the others nothing."""
    bind_contextvars(source=appliance.name)  # for this task and those it starts
    while True:
        try:
            await Mirror(appliance, owner).run()
        except Exception:
            log.exception("a mirror failed, starting it again", source=appliance.name)
            await asyncio.sleep(RESTART_SECONDS)


async def _calm_garbage_collection() -> None:
    """Take the rows of the first copies out of the collector's sight: walking them would pause the live path."""
    gc.set_threshold(50_000, 20, 100)
    await asyncio.sleep(FREEZE_SECONDS)
    gc.collect()
    gc.freeze()
