"""The combined board: its page over 50,000 stored sessions, and how soon a browser shows what a vendor lists."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx2
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dashboard.vendors import storing
from dashboard.vendors.base import Listed
from dashboard.vendors.rows import stored_form
from realtime.change import Cause
from realtime.status import LinkState, LinkStatus
from realtime.store import acquire_lease, release_lease
from realtime.vendor_session import Kind, State
from tests.bench.line import Bar, LeftOut, Line, Sample, Side, Stopwatch, already_taken
from tests.bench.live.servers import cpu_seconds, process_of
from tests.bench.surroundings import QUICK, Surroundings
from tests.e2e.polling import Installation, Vendors, vendors_simulated
from tests.services.process import free_port
from tests.services.site import Site, cookies, serving
from tests.services.waiting import wait_until

ROWS = 10_000 if QUICK else 50_000
OPEN_ROWS = 600  # more than a page
INTERVAL_SECONDS = 5.0
CHANGES = 40
APART_SECONDS = 0.37  # no divisor of the interval: changes fall anywhere in it
SEQ = re.compile(r'data-seq="(\d+)"')
MARK = re.compile(r"bench-(\d+)")
ADDRESSES = ("?sort=what", "?when=all", "?when=ended&sort=-begun", "?when=all&sort=person", "?q=acme&when=all")


def lines(surroundings: Surroundings) -> Iterator[Line | LeftOut]:
    """The page, for a view on show and for new ones; then the delay."""
    with surroundings.database("sqlite") as url:
        store_sessions(ROWS)
        warm, cold = measure_pages(surroundings, url)
    for name, samples in (("on show", warm), ("new", cold)):
        yield Line(
            f"combined page over {ROWS:,} sessions, {name}",
            "ms",
            "ours: from the request to the page's last byte, 500 rows or what matches; CPU s is the server's",
            {Side.OURS: already_taken(samples)},
            Bar(150.0),
            samples=len(samples),
        )
    if QUICK:
        yield LeftOut("vendor's change to the page")
        return
    with surroundings.database("sqlite") as url:
        delays = sorted(measure_delays(surroundings, url))
    for name, share, bar in (("p50", 0.5, None), ("p99", 0.99, Bar(INTERVAL_SECONDS + 0.3))):
        delay = delays[min(len(delays) - 1, int(len(delays) * share))]
        yield Line(
            f"vendor's change to the page, polled each {INTERVAL_SECONDS:.0f} s, {name}",
            "s",
            "ours: from the moment a simulated vendor lists it to the browser's receipt; real worker, beat and site",
            {Side.OURS: already_taken([Sample(delay)])},
            bar,
            samples=1,
        )


def store_sessions(count: int) -> None:
    """Fill the database as polls of half a year would."""
    lease = acquire_lease("phones", "bench")
    if lease is None:
        raise RuntimeError("the lease is free, yet cannot be taken")
    now = datetime.now(UTC)
    whole = Listed(external_id="", kind=Kind.VOICE, state=State.ENDED, raw={})
    for start in range(0, count, 2000):
        listed = [describe(whole, number, now) for number in range(start, min(start + 2000, count))]
        storing.save(lease, [stored_form("phones", "evovoice", one) for one in listed], Cause.COPY, now)
    status = LinkStatus("phones", state=LinkState.LIVE, state_since=now, last_contact_at=now, poll_seconds=3600.0)
    release_lease(lease, status)


def describe(whole: Listed, number: int, now: datetime) -> Listed:
    """Return the session of a number: the first ones go on, the others are over, one a few minutes before the next."""
    created_at = now - timedelta(minutes=3 * number)
    is_open = number < OPEN_ROWS
    return replace(
        whole,
        external_id=f"{number:024x}",
        state=State.ACTIVE if is_open else State.ENDED,
        created_at=created_at,
        started_at=created_at,
        ended_at=None if is_open else created_at + timedelta(minutes=9),
        technician=f"Agent {number % 300}",
        customer=f"Customer {number * 7919 % 100_003}",
        organisation=("Acme", "Nordlicht", "Harbour Foods")[number % 3],
        subject=f"Call {number}",
        raw={"id": number},
    )


def measure_pages(surroundings: Surroundings, url: str) -> tuple[list[Sample], list[Sample]]:
    """Fetch the page of a view on show, and of views that nobody has seen."""
    with running_site(surroundings, url) as site:
        session = {"cookies": cookies(site.log_in("bench")), "trust_env": False, "timeout": 60}
        with httpx2.Client(**session) as client:  # type: ignore[arg-type]
            fetch = partial(fetch_page, client, site)
            fetch("")  # templates are compiled, the rows drawn
            warm = [fetch("") for _ in range(surroundings.samples * 2)]
            cold = [fetch(address) for address in ADDRESSES]
    return warm, cold


def fetch_page(client: httpx2.Client, site: Site, query: str) -> Sample:
    """Fetch one page."""
    server = process_of(site.process)
    spent = cpu_seconds(server)
    with Stopwatch() as watch:
        client.get(f"{site.origin}/combined/{query}").raise_for_status()
    return Sample(1000 * watch.seconds, cpu_seconds(server) - spent)


def running_site(surroundings: Surroundings, url: str) -> Any:
    """Run the product's site on a database."""
    environment = {"DATABASE_URL": url, "REDIS_URL": surroundings.valkey.url, "PORT": str(free_port())}
    return serving(environment, surroundings.folder / "combined.log")


def measure_delays(surroundings: Surroundings, url: str) -> list[float]:
    """Return, for each change at a vendor, the seconds until the browser got it."""
    with (
        vendors_simulated(surroundings.folder) as vendors,
        closing(Installation(surroundings.folder, url, vendors, ("phones",))) as installation,
        running_site(surroundings, url) as site,
    ):
        installation.start_worker()
        installation.start_beat()
        wait_until(lambda: installation.good_runs("phones"), 60, "a first poll")
        session = site.log_in("bench")
        return asyncio.run(follow_changes(vendors, site, session))


async def follow_changes(vendors: Vendors, site: Site, session: str) -> list[float]:
    """Make changes one after the other while a browser watches."""
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    async with await site.open_socket(session, "/live/combined/") as socket:
        listening = asyncio.create_task(listen(socket, seen))
        for number in range(CHANGES):
            started = time.monotonic()
            await sync_to_async(open_call, thread_sensitive=False)(vendors, number)
            sent[number] = time.monotonic()
            await asyncio.sleep(max(0.0, started + APART_SECONDS - time.monotonic()))
        await sync_to_async(wait_until)(lambda: len(seen) == CHANGES, 30, "every change on the page")
        listening.cancel()
    return [seen[number] - at for number, at in sent.items()]


def open_call(vendors: Vendors, number: int) -> None:
    """Let a call be listed from now on."""
    now = vendors.ask("status")["now"]
    vendors.tell("case", product="evovoice", customer=f"bench-{number}", created_at=now, ended_at=now + 3600)


async def listen(socket: ClientConnection, seen: dict[int, float]) -> None:
    """Note when each change came, acknowledging like a browser."""
    with suppress(ConnectionClosed):
        async for message in socket:
            text = message if isinstance(message, str) else message.decode()
            for mark in MARK.findall(text):
                seen.setdefault(int(mark), time.monotonic())
            if place := SEQ.search(text):
                await socket.send(f"ack:{place[1]}")
