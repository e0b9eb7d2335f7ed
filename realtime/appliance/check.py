"""Tries one appliance stage by stage, as the mirror would use it, and says where and why it fails."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import StrEnum

from realtime.appliance import oauth
from realtime.appliance.command import fetch_account
from realtime.appliance.link import Link, open_link
from realtime.change import Change
from realtime.database import DatabaseThread
from realtime.errors import CredentialsRefused, LinkLost, PermissionMissing, RealtimeError
from realtime.outbound import tokens
from realtime.outbound.minting import in_database
from realtime.outbound.probe import NAME, TLS, Finding, Result, check_name, check_tls
from realtime.rows import Oddities, RowDecoder
from realtime.schema import HELD_TABLES
from realtime.session import Send, Session, Settled, Step, Subscribed
from realtime.source import Appliance

WHOLE_CHECK_SECONDS = 60.0
ANSWER_SECONDS = 15.0
NOTABLE_OFFSET_SECONDS = 30.0
PERMISSION = "perm_real_time_state"


class Stage(StrEnum):
    """What is tried, in this order."""

    NAME = NAME
    TLS = TLS
    TOKEN = "token"  # noqa: S105
    PERMISSION = "permission"
    WEBSOCKET = "websocket"
    SUBSCRIBE = "subscribe"
    ROWS = "first rows"
    CLOCK = "clock offset"


async def check(appliance: Appliance, limit_seconds: float = WHOLE_CHECK_SECONDS) -> tuple[Finding, ...]:
    """Return a finding for each stage up to the first failure."""
    findings: list[Finding] = []
    database = DatabaseThread(f"check {appliance.name}")
    try:
        async with asyncio.timeout(limit_seconds), aclosing(examine(appliance, database)) as stages:
            async for finding in stages:
                findings.append(finding)  # noqa: PERF401  # what came before a failure counts
    except TimeoutError:
        findings.append(failed(findings, f"{appliance.name}: not done within {limit_seconds:g} s."))
    except RealtimeError as error:
        findings.append(failed(findings, str(error)))
    finally:
        database.close()
    return tuple(findings)


def failed(findings: list[Finding], reason: str) -> Finding:
    """Return the failure of the stage that follows those found; each stage yields exactly one finding."""
    return Finding(tuple(Stage)[len(findings)], Result.FAILED, reason)


async def examine(appliance: Appliance, database: DatabaseThread) -> AsyncGenerator[Finding, None]:
    """Yield one finding per stage, in order. Raises what the first failing stage ran into."""
    yield await check_name(appliance)
    yield await check_tls(appliance)
    yield await check_token(appliance, database)
    yield await check_permission(appliance, database)
    token = await oauth.token(appliance, database)
    async with open_link(appliance) as link:
        yield Finding(Stage.WEBSOCKET, Result.OK, f"open, sub-protocol echo: {link.subprotocol or 'none'}")
        rehearsal = Rehearsal(appliance, token, link)
        try:
            yield await rehearsal.check_subscription()
        except CredentialsRefused:  # so that the next attempt gets a new one
            await oauth.reject(appliance, database, token)
            raise
        yield await rehearsal.check_rows()
        yield rehearsal.check_clock()


async def check_token(appliance: Appliance, database: DatabaseThread) -> Finding:
    """Have a token, as a rule the one that is stored."""
    await oauth.token(appliance, database)
    row = await in_database(appliance, database, tokens.load, appliance)
    return Finding(Stage.TOKEN, Result.OK, f"valid until {row.expires_at:%Y-%m-%d %H:%M:%S} UTC")


async def check_permission(appliance: Appliance, database: DatabaseThread) -> Finding:
    """Ask what the API account may do, if it may ask."""
    try:
        account = await fetch_account(appliance, database)
    except PermissionMissing:
        detail = "the API account may not use the command API, which would tell; the mirror does not need it"
        return Finding(Stage.PERMISSION, Result.SKIPPED, detail)
    match account.allows(PERMISSION):
        case True:
            return Finding(Stage.PERMISSION, Result.OK, f"real-time state allowed, API version {account.version[:20]}")
        case False:
            raise PermissionMissing(
                f"{appliance.name}: the API account may not use the real-time state API; allow it in "
                "/login > Management > API Configuration."
            )
        case None:
            return Finding(Stage.PERMISSION, Result.SKIPPED, f"the appliance does not mention {PERMISSION}")


class Rehearsal:
    """The dialogue of a mirror, as far as the first rows, which are counted and forgotten."""

    def __init__(self, appliance: Appliance, token: str, link: Link) -> None:
        self._appliance = appliance
        self._link = link
        self._offset_seconds: float | None = None
        self._rows: dict[str, int] = {}
        self._is_subscribed = False
        self._is_settled = False
        nothing: dict[str, set[str]] = {name: set() for name in HELD_TABLES}
        self._session = Session(token, RowDecoder(appliance.name, Oddities()), lambda: nothing, appliance.tables)

    async def check_subscription(self) -> Finding:
        """Authenticate and subscribe. Raises CredentialsRefused for the token."""
        await self._link.send(self._session.start().message)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not self._is_subscribed:
                    await self._advance()
        except TimeoutError:
            raise LinkLost(f"{self._appliance.name}: no answer to our subscription in {ANSWER_SECONDS:g} s.") from None
        tables = "all tables" if self._appliance.tables is None else f"{len(self._appliance.tables)} tables"
        return Finding(Stage.SUBSCRIBE, Result.OK, f"subscribed to {tables}")

    async def check_rows(self) -> Finding:
        """Wait for the first rows, or for the silence of an empty support center."""
        while not (self._rows or self._is_settled):
            await self._advance()
        if not self._rows:
            return Finding(Stage.ROWS, Result.OK, "none: the support center is empty")
        count = sum(self._rows.values())
        return Finding(Stage.ROWS, Result.OK, f"{count} rows of {len(self._rows)} tables in the first message")

    def check_clock(self) -> Finding:
        """Compare the appliance's clock with ours."""
        if self._offset_seconds is None:
            return Finding(Stage.CLOCK, Result.SKIPPED, "the appliance did not tell its time")
        seconds = self._offset_seconds
        remark = (
            "" if abs(seconds) < NOTABLE_OFFSET_SECONDS else "; set both clocks by NTP (waiting times are corrected)"
        )
        return Finding(Stage.CLOCK, Result.OK, f"{seconds:+.1f} s{remark}")

    async def _advance(self) -> None:
        """Take one frame, or let the session notice that none comes."""
        due_at = self._session.due_at()
        try:
            async with asyncio.timeout(None if due_at is None else max(0.0, due_at - time.monotonic())):
                frame = await self._link.receive()
        except TimeoutError:
            steps = self._session.tick(time.monotonic())
        else:
            steps = self._session.receive(frame, time.monotonic())
        for step in steps:
            await self._carry_out(step)

    async def _carry_out(self, step: Step) -> None:
        match step:
            case Send():
                await self._link.send(step.message)
            case Subscribed():
                self._is_subscribed = True
                if step.timestamp is not None:
                    self._offset_seconds = step.timestamp - time.time()
            case Change():
                for rows in (step.inserts, step.updates):
                    for table, by_key in rows.items():
                        if by_key:
                            self._rows[table] = self._rows.get(table, 0) + len(by_key)
            case Settled():
                self._is_settled = True
