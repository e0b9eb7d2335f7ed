"""Tries one polled account step by step, as a poll would use it, and says where and why it fails."""

import asyncio

from dashboard.vendors.account import Account
from dashboard.vendors.caller import Caller
from dashboard.vendors.registry import VENDORS
from realtime.database import DatabaseThread
from realtime.errors import RealtimeError
from realtime.outbound.http import open_client
from realtime.outbound.probe import NAME, TLS, Finding, Result, check_name, check_tls

WHOLE_CHECK_SECONDS = 60.0
API = "API"  # where a vendor's own steps fail


async def check_account(account: Account, limit_seconds: float = WHOLE_CHECK_SECONDS) -> tuple[Finding, ...]:
    """Return a finding for each step up to the first failure."""
    findings: list[Finding] = []  # what came before a failure counts
    try:
        async with asyncio.timeout(limit_seconds):
            await examine(account, findings)
    except TimeoutError:
        findings.append(failed(findings, f"{account.name}: not done within {limit_seconds:g} s."))
    except RealtimeError as error:
        findings.append(failed(findings, str(error)))
    return tuple(findings)


async def examine(account: Account, findings: list[Finding]) -> None:
    """Add a finding for each step that goes well. Raises what the first failing one ran into."""
    findings.append(await check_name(account))
    findings.append(await check_tls(account))
    database = DatabaseThread(f"check {account.name}")
    try:
        async with open_client(account) as client:
            async for tried in VENDORS[account.vendor].check(Caller(account, client, database)):
                findings.append(Finding(tried.stage, Result.OK, tried.detail))  # noqa: PERF401  # see above
    finally:
        database.close()


def failed(findings: list[Finding], reason: str) -> Finding:
    """Return the failure of the step that follows those found."""
    stage = (NAME, TLS)[len(findings)] if len(findings) < 2 else API
    return Finding(stage, Result.FAILED, reason)
