"""Each fault happens as named, and an appliance that recovers is mirrored exactly again."""

import asyncio
import json
import time

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed

from realtime.simulator.faults import Fault, PlannedFault, Troubles, read_fault
from realtime.simulator.options import Options
from realtime.simulator.server import Simulator
from tests.realtime.simulator.integration import (
    Integration,
    assert_mirrors,
    basic_authorization,
    connected,
    eventually,
    mint,
    subscribed,
)

SMALL = Options(reps=8, sessions=15, rate=100.0, rows_per_message=20)
STILL = Options(reps=4, sessions=6)


async def settle(integration: Integration, simulator: Simulator) -> None:
    """Wait for the whole first copy, then let time pass again."""
    await assert_mirrors(integration, simulator)
    simulator.resume()


async def assert_closed(integration: Integration) -> None:
    """The connection ends."""
    async with asyncio.timeout(20):
        await integration.connection.wait_closed()


@pytest.mark.parametrize("name", ["restart", "restart_same_ids"])
async def test_restart_begins_a_new_lifetime_with_the_same_sessions(name: str) -> None:
    async with Simulator(SMALL) as simulator, subscribed(simulator) as integration:
        await settle(integration, simulator)
        simulator.pause()
        before = simulator.truth()["support_session"]
        await simulator.fault(name)
        after = simulator.truth()["support_session"]
        simulator.resume()
        await integration.until(lambda: "truncate_model" in integration.kinds())
        await assert_mirrors(integration, simulator)

    assert {row["lsid"] for row in before.values()} == {row["lsid"] for row in after.values()}
    assert (before.keys() == after.keys()) == (name == "restart_same_ids")
    assert {row_id: row["lsid"] for row_id, row in before.items()} != {
        row_id: row["lsid"] for row_id, row in after.items()
    }


async def test_truncate_is_followed_by_a_slow_refill() -> None:
    async with Simulator(SMALL) as simulator, subscribed(simulator) as integration:
        await settle(integration, simulator)
        started_at = time.monotonic()
        await simulator.fault("truncate", arg=0.4)
        await integration.until(lambda: "truncate_model" in integration.kinds())
        held = sum(map(len, integration.tables.values()))
        await assert_mirrors(integration, simulator)

        assert held < sum(map(len, simulator.center.tables.values())) / 2
        assert time.monotonic() - started_at >= 0.3


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.CLOSE_AFTER_SUBSCRIBE])
async def test_the_connection_ends(fault: Fault) -> None:
    async with Simulator(STILL) as simulator:
        if fault is Fault.CLOSE_AFTER_SUBSCRIBE:
            await simulator.fault(fault)
        async with subscribed(simulator) as integration:
            await integration.until(lambda: "subscribe_response" in integration.kinds())
            if fault is Fault.DROP:
                await simulator.fault(fault)
            await assert_closed(integration)

            assert integration.connection.close_code == (1006 if fault is Fault.DROP else 1000)
        await simulator.fault("clear")
        async with subscribed(simulator) as integration:
            await assert_mirrors(integration, simulator)


async def test_half_open_answers_nothing_until_it_is_over() -> None:
    async with Simulator(SMALL) as simulator, subscribed(simulator) as integration:
        await settle(integration, simulator)
        token = await mint(simulator)
        await simulator.fault("half_open")
        pong = await integration.connection.ping()
        frames = len(integration.frames)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pong, 0.3)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mint(simulator), 0.2)
        assert len(integration.frames) <= frames + 1
        await simulator.fault("half_open", on=False)
        await asyncio.wait_for(await integration.connection.ping(), 20)
        await assert_mirrors(integration, simulator)
        assert simulator.account.knows(token, asyncio.get_running_loop().time())


async def test_a_half_open_appliance_still_stops_at_once() -> None:
    async with Simulator(SMALL) as simulator, subscribed(simulator) as integration:
        await settle(integration, simulator)
        await simulator.fault("half_open")
        started_at = time.monotonic()
        await simulator.__aexit__(None, None, None)
        assert time.monotonic() - started_at < 10


async def test_ignored_pings_get_no_pong_while_updates_go_on() -> None:
    async with Simulator(SMALL) as simulator, subscribed(simulator) as integration:
        await settle(integration, simulator)
        await simulator.fault("ignore_pings")
        pong = await integration.connection.ping()
        seen = len(integration.messages)
        await integration.until(lambda: len(integration.messages) > seen + 10)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pong, 0.1)


async def test_a_revoked_token_is_refused_everywhere() -> None:
    async with Simulator(STILL) as simulator, connected(simulator) as integration:
        token = await mint(simulator)
        assert await command_status(simulator, token) == 200
        await simulator.fault("revoke")
        await integration.subscribe(token)
        await integration.until(lambda: len(integration.messages) == 2)

        assert await command_status(simulator, token) == 401
        assert [message["success"] for message in integration.messages] == [False, False]
        assert "invalid" in integration.messages[0]["reason"]


async def test_a_missing_permission_is_named() -> None:
    async with Simulator(STILL) as simulator:
        await simulator.fault("missing_permission")
        async with subscribed(simulator) as integration:
            await integration.until(lambda: bool(integration.messages))

            assert integration.messages[0]["success"] is False
            assert "permission" in integration.messages[0]["reason"]


async def test_credentials_are_refused_while_the_fault_lasts() -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        await simulator.fault("refuse_credentials")
        answer = await http.post(f"{simulator.url}/oauth2/token", headers=basic_authorization(simulator))
        assert (answer.status, (await answer.json())["error"]) == (401, "invalid_client")
        await simulator.fault("refuse_credentials", on=False)
        assert await mint(simulator)


async def command_status(simulator: Simulator, token: str) -> int:
    """Return the status of a harmless command."""
    async with aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.get(f"{simulator.url}/api/command?action=get_api_info", headers=headers)
        return answer.status


async def test_commands_may_fail_with_status_200() -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        await simulator.fault("command_error")
        headers = {"Authorization": f"Bearer {await mint(simulator)}"}
        answer = await http.get(f"{simulator.url}/api/command?action=get_api_info", headers=headers)
        assert answer.status == 200
        assert "<error" in await answer.text()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_http_statuses_are_answered_as_told(status: int) -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        for name in ("token_status", "command_status", "websocket_status"):
            await simulator.fault(name, arg=status)
        answers = [
            await http.post(f"{simulator.url}/oauth2/token", headers=basic_authorization(simulator)),
            await http.get(f"{simulator.url}/api/command?action=get_api_info"),
            await http.get(f"{simulator.url}/nw"),
        ]
        health = await http.get(f"{simulator.url}/check_health")
        assert [answer.status for answer in answers] == [status] * 3
        assert ["Retry-After" in answer.headers for answer in answers] == [status != 500] * 3
        assert health.status == 500


async def test_a_slow_line_carries_few_bytes() -> None:
    async with Simulator(STILL) as simulator:
        await simulator.fault("slow", arg=20_000)
        async with subscribed(simulator) as integration:
            started_at = time.monotonic()
            await integration.until(lambda: sum(map(len, integration.frames)) > 6_000)

            assert time.monotonic() - started_at >= 0.2


@pytest.mark.parametrize(
    ("name", "trace"),
    [("bad_json", b'"queue":{\n'), ("bad_utf8", b"\xff"), ("nan", b":NaN"), ("bomb", b'{"a":' * 10_000)],
)
async def test_illegal_messages_are_sent(name: str, trace: bytes) -> None:
    async with Simulator(STILL) as simulator, connected(simulator) as integration:
        received = await receive_raw(integration, simulator, name)

    assert trace in received


async def test_an_oversize_message_has_no_end() -> None:
    async with Simulator(STILL) as simulator, connected(simulator) as integration:
        received = await receive_raw(integration, simulator, "oversize", 3_000_000)

    assert len(received) > 3_000_000
    assert not received.endswith(b"\n")


async def receive_raw(integration: Integration, simulator: Simulator, name: str, arg: float | None = None) -> bytes:
    """Collect the bytes after the full copy, without reading them as messages."""
    await integration.subscribe(await mint(simulator))
    await assert_mirrors(integration, simulator)
    integration.raw = collected = bytearray()
    wanted = int(arg or 30)
    await simulator.fault(name, arg)
    await integration.until(lambda: len(collected) > wanted)
    await simulator.drained()
    return bytes(collected)


async def test_a_skewed_clock_shows_in_the_response_and_in_new_rows() -> None:
    planned = (PlannedFault(Fault.SKEW, 3600),)
    async with (
        Simulator(Options(reps=4, sessions=6, faults=planned)) as simulator,
        subscribed(simulator) as integration,
    ):
        await assert_mirrors(integration, simulator)
        response = next(message for message in integration.messages if message["type"] == "subscribe_response")

        assert 3590 < response["timestamp"] - time.time() < 3610
        created = [row["created_timestamp"] for row in integration.tables["support_session"].values()]
        assert max(created) > time.time() + 1000


async def test_a_reader_that_lags_is_disconnected() -> None:
    options = Options(reps=20, sessions=200, rate=3000.0, backlog_limit_bytes=20_000)
    async with Simulator(options) as simulator, connected(simulator) as integration:
        await integration.subscribe(await mint(simulator))
        await integration.until(lambda: bool(integration.tables["support_session"]))
        await simulator.fault("half_open")
        await eventually(lambda: not simulator.status()["subscribed"])
        await assert_closed(integration)


async def test_planned_faults_happen_at_their_time() -> None:
    planned = (PlannedFault(Fault.TOKEN_STATUS, 503), PlannedFault(Fault.CLEAR, None, 3.0))
    async with Simulator(Options(reps=0, sessions=0, faults=planned)) as simulator:
        await eventually(lambda: simulator.troubles.token_status == 503)
        await eventually(lambda: simulator.troubles.token_status == 0)
        assert await mint(simulator)


@pytest.mark.parametrize(
    ("text", "planned"),
    [
        ("drop", PlannedFault(Fault.DROP)),
        ("slow=1e4", PlannedFault(Fault.SLOW, 10_000.0)),
        ("restart@30", PlannedFault(Fault.RESTART, None, 30.0)),
        ("skew=-90@2.5", PlannedFault(Fault.SKEW, -90.0, 2.5)),
    ],
)
def test_faults_are_read(text: str, planned: PlannedFault) -> None:
    assert read_fault(text) == planned


@pytest.mark.parametrize("text", ["", "earthquake", "slow", "skew=much", "drop@noon"])
def test_faults_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|number|float"):
        read_fault(text)


def test_one_shot_faults_are_no_switches() -> None:
    troubles = Troubles()

    assert not troubles.switch(Fault.RESTART, None, on=True)
    assert troubles == Troubles()


async def test_closed_connections_raise_for_the_integration() -> None:
    async with Simulator(STILL) as simulator, connected(simulator) as integration:
        await simulator.fault("drop")
        await assert_closed(integration)
        with pytest.raises(ConnectionClosed):
            await integration.connection.send(json.dumps({}))
