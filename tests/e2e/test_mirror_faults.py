"""One mirror and one appliance through fault after fault: it recovers by itself each time, and never ends."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from channels.layers import get_channel_layer
from pytest_django import DjangoDbBlocker

from dashboard.boards.links import describe
from realtime import feed
from realtime.status import LinkState, LinkStatus
from tests.e2e.mirroring import SOURCE, Appliance, Installation, check_convergence, installed, simulating
from tests.services.database import make_sqlite
from tests.services.process import Process
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

OPTIONS = ("--reps", "15", "--sessions", "20", "--speed", "3", "--freedom", "split")


Running = tuple[Appliance, Installation, Process]


@pytest.fixture(scope="module")
def mirrored(
    valkey: ValkeyServer, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Running]:
    """An appliance and its mirror, for all tests of this module: each leaves them well."""
    folder = tmp_path_factory.mktemp("faults")
    url = f"sqlite:///{folder / 'mirror.sqlite3'}"
    with django_db_blocker.unblock():
        make_sqlite(folder / "mirror.sqlite3")
    with simulating(folder, *OPTIONS) as appliance, installed(folder, url, appliance) as installation:
        mirror = installation.start_mirror()
        installation.wait_for_state("live")
        yield appliance, installation, mirror


def wait_for_reconnection(appliance: Appliance, before: int) -> None:
    """Wait for a websocket more than before, with its subscription."""
    wait_until(lambda: appliance.connections > before and appliance.ask("status")["subscribed"], what="a reconnection")


def resynchronise() -> None:
    """Send the control message, as another process would."""

    async def ask() -> bool:
        asked = await feed.ask_resynchronise(SOURCE)
        layer = get_channel_layer()
        assert layer is not None
        await layer.flush()
        return asked

    wait_until(lambda: asyncio.run(ask()), what="a layer that takes it")


@pytest.mark.parametrize("fault", ["restart", "restart_same_ids", "truncate"])
def test_mirror_follows_a_new_lifetime_on_the_same_link(mirrored: Running, fault: str) -> None:
    appliance, installation, mirror = mirrored
    connections, (epoch,) = appliance.connections, installation.link("epoch")
    appliance.cause(fault)
    wait_until(lambda: installation.link("epoch") != (epoch,), what="a new epoch")
    check_convergence(appliance, installation)
    assert appliance.connections == connections
    assert mirror.popen.poll() is None


@pytest.mark.parametrize("fault", ["bad_json", "bad_utf8", "nan", "bomb", "oversize"])
def test_illegal_message_is_counted_and_the_link_resynchronised(mirrored: Running, fault: str) -> None:
    appliance, installation, mirror = mirrored
    connections, (illegal,) = appliance.connections, installation.link("illegal_count")
    appliance.cause(fault)
    wait_for_reconnection(appliance, connections)
    check_convergence(appliance, installation)
    wait_until(lambda: installation.link("illegal_count") == (illegal + 1,), what="the count")
    assert mirror.popen.poll() is None


def test_ten_reconnections_cost_no_further_token(mirrored: Running) -> None:
    appliance, installation, _ = mirrored
    mints = appliance.mints
    for _ in range(10):
        connections = appliance.connections
        resynchronise()
        wait_for_reconnection(appliance, connections)
    check_convergence(appliance, installation)
    assert appliance.mints == mints


def test_revoked_token_costs_one_new_one(mirrored: Running) -> None:
    appliance, installation, _ = mirrored
    mints, connections = appliance.mints, appliance.connections
    appliance.cause("revoke")
    appliance.cause("drop")
    wait_for_reconnection(appliance, connections)
    check_convergence(appliance, installation)
    assert appliance.mints == mints + 1


def test_lost_link_is_opened_again(mirrored: Running) -> None:
    appliance, installation, _ = mirrored
    connections, mints = appliance.connections, appliance.mints
    appliance.cause("drop")
    wait_for_reconnection(appliance, connections)
    check_convergence(appliance, installation)
    wait_until(lambda: installation.link("state", "error") == ("live", ""), what="a link without an error")
    assert appliance.mints == mints


def test_missing_permission_is_shown_and_waits_for_an_operator(mirrored: Running) -> None:
    appliance, installation, _ = mirrored
    appliance.cause("missing_permission")
    appliance.cause("drop")
    installation.wait_for_state("refused")
    (error,) = installation.link("error")
    assert "allow the API account the real-time state API" in error
    connections = appliance.connections
    appliance.cause("clear")
    resynchronise()
    wait_for_reconnection(appliance, connections)
    check_convergence(appliance, installation)
    wait_until(lambda: installation.link("error") == ("",), what="the error's end")


def test_skewed_clock_is_measured_and_harms_nothing(mirrored: Running) -> None:
    appliance, installation, _ = mirrored
    (before,) = installation.link("clock_offset_seconds")
    appliance.cause("skew", arg=-3600)
    connections = appliance.connections
    appliance.cause("drop")
    wait_for_reconnection(appliance, connections)
    wait_until(lambda: installation.link("clock_offset_seconds")[0] < before - 3000, what="the offset")
    check_convergence(appliance, installation)
    assert installation.link("clock_offset_seconds")[0] - before == pytest.approx(-3600, abs=60)
    appliance.cause("skew", arg=0)


def test_mirror_writes_while_valkey_is_away_and_obeys_after(mirrored: Running, valkey: ValkeyServer) -> None:
    appliance, installation, mirror = mirrored
    valkey.stop(killed=True)
    try:
        check_convergence(appliance, installation)
    finally:
        valkey.start()
    connections = appliance.connections

    def reconnected() -> bool:
        resynchronise()
        return appliance.connections > connections

    wait_until(reconnected, what="obedience")
    check_convergence(appliance, installation)
    assert mirror.popen.poll() is None


def says_live(installation: Installation) -> bool:
    """Say whether pages call the link live now."""
    state, contact = installation.link("state", "last_contact_at")
    now = datetime.now(UTC)
    status = LinkStatus(
        SOURCE,
        state=LinkState(state),
        state_since=now,
        last_contact_at=datetime.fromisoformat(contact).replace(tzinfo=UTC),
        lease_expires_at=now + timedelta(seconds=5),
    )
    return describe(status, now).is_current


def is_late(installation: Installation) -> bool:
    """Say whether pages say of a link that its mirror takes for live that it gives no sign of life."""
    return installation.link("state") == ("live",) and not says_live(installation)


def test_half_open_link_is_found_out_and_replaced(mirrored: Running) -> None:
    """The slowest of all: a ping goes out within 5 s, and its answer is waited for another 20 s; pages tell before."""
    appliance, installation, mirror = mirrored
    wait_until(lambda: says_live(installation), what="the link after the fault before")
    connections = appliance.connections
    appliance.cause("half_open")
    wait_until(lambda: is_late(installation), 20.0, "a page that no longer says live")
    mirror.wait_for_output("fell silent", seconds=20.0)
    wait_until(lambda: "127.0.0.1" in installation.link("error")[0], what="the error for an operator")
    appliance.cause("clear")
    wait_for_reconnection(appliance, connections)
    check_convergence(appliance, installation)
    assert mirror.popen.poll() is None


def test_refused_credentials_are_shown_and_cost_few_calls(
    tmp_path: Path, sqlite_url: str, valkey: ValkeyServer
) -> None:
    with (
        simulating(tmp_path, *OPTIONS, "--fault", "refuse_credentials") as appliance,
        installed(tmp_path, sqlite_url, appliance) as installation,
    ):
        mirror = installation.start_mirror()
        installation.wait_for_state("refused")
        (error,) = installation.link("error")
        assert error.startswith(f"{SOURCE}: ")
        assert "simulator" not in mirror.output.replace(appliance.url, "")
        assert (appliance.mints, appliance.connections) == (0, 0)
