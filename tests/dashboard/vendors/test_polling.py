"""Polls of simulated vendors over real sockets into real databases: what is kept, told, resumed, unknown, put off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import IntegrityError

from dashboard.models import Poll, PollRun, VendorRecord
from dashboard.sources import read_sources
from dashboard.vendors import polling, schedule
from dashboard.vendors.account import Account
from dashboard.vendors.registry import VENDORS
from dashboard.vendors.simulators.activity import Case, Product
from dashboard.vendors.simulators.faults import Fault
from dashboard.vendors.simulators.options import Options
from dashboard.vendors.simulators.server import VendorSimulators
from realtime import store
from realtime.feed import Published, follow, publish_change
from realtime.models import Link, VendorSession
from realtime.status import LinkState, LinkStatus
from realtime.store import Position
from realtime.vendor_session import State
from tests.services.waiting import until

pytestmark = pytest.mark.usefixtures("each_database", "valkey")

SOURCE = "camera"


@pytest.fixture
async def simulators() -> AsyncIterator[VendorSimulators]:
    """Vendors with nothing to do but what the test adds."""
    async with VendorSimulators(Options(busy=0)) as running:
        yield running


@pytest.fixture
def account(tmp_path: Path, simulators: VendorSimulators) -> Account:
    """An account at the simulated Seeit, as sources.toml would name it."""
    path = tmp_path / "sources.toml"
    url = simulators.url("seeit")
    path.write_text(f'[{SOURCE}]\nvendor = "seeit"\nurl = "{url}"\naccess_token = "simulator"\ninterval = 5\n')
    (source,) = read_sources(path)
    assert isinstance(source, Account)
    return source


async def poll(account: Account, owner: str = "one") -> PollRun:
    """Poll once, as a worker does after a tick, and return what is written of it."""
    await sync_to_async(Poll.objects.get_or_create)(source=SOURCE, defaults={"due_at": datetime.now(UTC)})
    due = await Poll.objects.aget(source=SOURCE)
    await polling.poll(account, VENDORS[account.vendor], owner, due.due_at)
    run = await PollRun.objects.filter(source=SOURCE).order_by("-id").afirst()
    assert run is not None
    return run


def open_cases(simulators: VendorSimulators, count: int, **members: Any) -> list[Case]:
    """Let that many sessions be under way, begun one a second."""
    now = simulators.frame.now()
    births = [now - 10 - age for age in reversed(range(count))]
    return [
        simulators.world.open(Product.SEEIT, born, answered_at=born, ended_at=now + 3600, **members) for born in births
    ]


async def states() -> list[str]:
    """Return the states of all stored sessions."""
    return [row.state or "" async for row in VendorSession.objects.order_by("created_at")]


async def seq() -> int:
    """Return how many commits the source has seen."""
    return (await Link.objects.aget(source=SOURCE)).seq


@asynccontextmanager
async def told() -> AsyncIterator[list[Published]]:
    """Gather the changes that are published meanwhile."""
    heard: list[Published] = []
    trials: list[Published] = []

    async def listen() -> None:
        async for message in follow():
            if isinstance(message, Published):
                (heard if message.source == SOURCE else trials).append(message)

    async def has_joined() -> bool:
        await publish_change(Published("a trial", Position("", 0), None))
        return bool(trials)

    task = asyncio.create_task(listen())
    await until(has_joined)
    yield heard
    task.cancel()


async def holds(found: list[Published]) -> bool:
    """Say whether something was found."""
    return bool(found)


async def test_poll_stores_what_is_listed_with_its_verbatim_record(
    simulators: VendorSimulators, account: Account
) -> None:
    open_cases(simulators, 3)
    run = await poll(account)
    assert (run.listed, run.new, run.changed, run.error) == (3, 3, 0, "")
    link = await Link.objects.aget(source=SOURCE)
    assert (link.state, link.error, link.poll_seconds, link.owner) == (LinkState.LIVE, "", 5.0, "")
    assert link.last_contact_at is not None
    keys = {key async for key in VendorSession.objects.values_list("key", flat=True)}
    assert keys == {key async for key in VendorRecord.objects.values_list("key", flat=True)}
    assert all(key.startswith(f"{SOURCE}:") for key in keys)
    assert len(keys) == 3


async def test_poll_with_nothing_new_writes_no_row_and_tells_nothing(
    simulators: VendorSimulators, account: Account
) -> None:
    open_cases(simulators, 3)
    await poll(account)
    before = await seq()
    async with told() as changes:
        run = await poll(account)
    assert (run.listed, run.new, run.changed, run.vanished, run.error) == (3, 0, 0, 0, "")
    assert await seq() == before
    assert changes == []


async def test_only_what_changed_is_written_and_told(simulators: VendorSimulators, account: Account) -> None:
    first, *_ = open_cases(simulators, 3)
    await poll(account)
    simulators.world.change(first, ended_at=simulators.frame.now() - 0.5)
    async with told() as changes:
        run = await poll(account)
        await until(partial(holds, changes))
    assert (run.new, run.changed) == (0, 1)
    (published,) = changes
    assert published.change is not None
    ((row,),) = (tuple(rows.values()) for rows in published.change.inserts.values())
    assert row["state"] == State.ENDED
    assert sorted(await states()) == ["active", "active", "ended"]


async def test_listing_that_breaks_off_is_kept_and_taken_up_where_it_broke(
    simulators: VendorSimulators, account: Account
) -> None:
    open_cases(simulators, 350)
    simulators.fail("seeit", Fault.FAILED, skip=2, count=1)
    run = await poll(account)
    assert "HTTP 500" in run.error
    assert run.pages == 2
    kept = await VendorSession.objects.acount()
    assert 0 < kept < 350
    link = await Link.objects.aget(source=SOURCE)
    assert (link.state, link.last_contact_at) == (LinkState.RETRYING, None)
    asked_before = len(simulators.frame.asked)

    again = await poll(account)
    assert again.error == ""
    assert (again.new, again.listed) == (350 - kept, 250)  # the page before the break is read once more
    assert await VendorSession.objects.acount() == 350
    assert simulators.frame.asked[asked_before].query["page"] == "1"
    assert (await Poll.objects.aget(source=SOURCE)).cursor == ""


async def test_place_that_keeps_failing_is_given_up_and_the_listing_begins_anew(
    simulators: VendorSimulators, account: Account
) -> None:
    open_cases(simulators, 350)
    simulators.fail("seeit", Fault.FAILED, skip=1)
    for _ in range(polling.GIVEN_UP_AFTER):
        assert "HTTP 500" in (await poll(account)).error
    simulators.frame.troubles.clear()
    assert (await poll(account)).listed == 350


async def test_session_that_vanishes_is_unknown_and_known_again_when_it_is_listed(
    simulators: VendorSimulators, account: Account
) -> None:
    case, _other = open_cases(simulators, 2)
    await poll(account)
    simulators.world.remove(case.id)
    run = await poll(account)
    assert run.vanished == 1
    assert await states() == ["unknown", "active"]
    before = await seq()
    assert (await poll(account)).vanished == 0
    assert await seq() == before

    simulators.world.add(case)
    assert (await poll(account)).changed == 1
    assert await states() == ["active", "active"]


async def test_ended_session_that_is_listed_no_longer_stays_ended(
    simulators: VendorSimulators, account: Account
) -> None:
    (case,) = open_cases(simulators, 1)
    simulators.world.change(case, ended_at=simulators.frame.now() - 0.2)
    await poll(account)
    simulators.world.remove(case.id)
    assert (await poll(account)).vanished == 0
    assert await states() == ["ended"]


@pytest.mark.parametrize("as_date", [False, True])
async def test_vendor_that_wants_to_be_left_alone_is(
    simulators: VendorSimulators, account: Account, as_date: bool
) -> None:
    simulators.fail("seeit", Fault.TOO_MANY, count=1, retry_after_seconds=120.0, retry_after_is_date=as_date)
    before = datetime.now(UTC)
    run = await poll(account)
    after = datetime.now(UTC)
    assert "slow down" in run.error
    due_at = (await Poll.objects.aget(source=SOURCE)).due_at
    assert before + timedelta(seconds=119) <= due_at <= after + timedelta(seconds=121)  # a date names whole seconds


async def test_refused_token_is_an_operators_and_tried_again_less_often(
    simulators: VendorSimulators, account: Account
) -> None:
    simulators.fail("seeit", Fault.UNAUTHORIZED)
    run = await poll(account)
    assert run.error.startswith(f"{SOURCE}: HTTP 401")
    assert (await Link.objects.aget(source=SOURCE)).state == LinkState.REFUSED
    due_at = (await Poll.objects.aget(source=SOURCE)).due_at
    assert (due_at - datetime.now(UTC)).total_seconds() > 50


async def test_two_workers_poll_a_source_one_at_a_time(simulators: VendorSimulators, account: Account) -> None:
    open_cases(simulators, 5)
    due_at = datetime.now(UTC)
    await Poll.objects.acreate(source=SOURCE, due_at=due_at)
    seeit = VENDORS["seeit"]
    await asyncio.gather(*(polling.poll(account, seeit, owner, due_at) for owner in ("one", "two", "three")))
    listings = [asked for asked in simulators.frame.asked if asked.path == "/sessions"]
    assert len(listings) == await PollRun.objects.acount()
    assert await VendorSession.objects.acount() == 5
    assert await seq() == 1


async def test_poll_of_a_dead_worker_is_taken_over_when_its_lease_ends(
    simulators: VendorSimulators, account: Account
) -> None:
    open_cases(simulators, 2)
    lease = await sync_to_async(store.acquire_lease)(SOURCE, "the dead one")
    assert lease is not None
    await Poll.objects.acreate(source=SOURCE, due_at=datetime.now(UTC))
    await polling.poll(account, VENDORS["seeit"], "another", datetime.now(UTC))
    assert not await PollRun.objects.aexists()
    await Link.objects.filter(source=SOURCE).aupdate(lease_expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert (await poll(account)).new == 2


async def test_old_sessions_are_deleted_with_their_records(simulators: VendorSimulators, account: Account) -> None:
    old, _new = open_cases(simulators, 2)
    simulators.world.change(old, ended_at=simulators.frame.now() - 0.2)
    await poll(account)
    long_ago = datetime.now(UTC) - timedelta(days=31)
    await VendorSession.objects.filter(state="ended").aupdate(ended_at=long_ago)
    simulators.world.remove(old.id)
    await poll(account)
    assert await states() == ["active"]
    assert await VendorRecord.objects.acount() == 1


async def test_long_hanging_vendor_costs_its_own_poll_only_and_says_so(
    simulators: VendorSimulators, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "WHOLE_POLL_SECONDS", 5.0)
    simulators.fail("seeit", Fault.TIME_OUT)
    run = await poll(account)
    assert run.error == f"{SOURCE}: the poll took longer than 5 s."
    assert run.seconds < 25


async def test_source_counts_as_polled_while_its_first_poll_is_at_work(
    simulators: VendorSimulators, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "WHOLE_POLL_SECONDS", 5.0)
    simulators.fail("seeit", Fault.TIME_OUT)
    running = asyncio.create_task(poll(account))
    await until(Link.objects.filter(source=SOURCE).exclude(owner="").aexists)
    assert (await Link.objects.aget(source=SOURCE)).poll_seconds == 5.0
    await running


async def test_poll_asked_for_during_a_poll_is_not_forgotten(
    simulators: VendorSimulators, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "WHOLE_POLL_SECONDS", 5.0)
    simulators.fail("seeit", Fault.TIME_OUT)
    running = asyncio.create_task(poll(account))
    await until(Poll.objects.filter(source=SOURCE, claimed_until__isnull=True).aexists)
    await until(Link.objects.filter(source=SOURCE).exclude(owner="").aexists)
    assert await sync_to_async(schedule.poll_now)(SOURCE)
    await running
    assert (await Poll.objects.aget(source=SOURCE)).due_at < datetime.now(UTC)


async def test_longer_history_is_listed_only_once(simulators: VendorSimulators, account: Account) -> None:
    now = simulators.frame.now()
    simulators.world.open(Product.SEEIT, now - 20 * 3600, ended_at=now - 19 * 3600)
    simulators.world.open(Product.SEEIT, now - 60)
    assert (await poll(replace(account, history=timedelta(hours=24)))).listed == 2
    assert (await poll(account)).listed == 1


async def test_how_a_poll_went_is_written_as_a_whole_or_not_at_all() -> None:
    lease = await sync_to_async(store.acquire_lease)(SOURCE, "one")
    assert lease is not None
    due_at = datetime.now(UTC)
    await Poll.objects.acreate(source=SOURCE, due_at=due_at)
    impossible = PollRun(source=SOURCE, started_at=due_at)  # the database wants to know how long it took

    with pytest.raises(IntegrityError):
        await sync_to_async(polling._write_outcome)(
            impossible, due_at, due_at + timedelta(hours=1), 0, lease, LinkStatus(SOURCE)
        )

    assert (await Link.objects.aget(source=SOURCE)).owner == "one"
    assert (await Poll.objects.aget(source=SOURCE)).due_at == due_at
