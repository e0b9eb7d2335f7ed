"""The stand-in appliance over real sockets: tokens, limits, commands, the dialogue, the control addresses."""

import asyncio
import json
import os
import re
import signal
import sys
from xml.etree.ElementTree import Element

import aiohttp
import pytest
from defusedxml.ElementTree import fromstring

from realtime.simulator.options import Options
from realtime.simulator.server import Simulator
from tests.realtime.simulator.integration import (
    ENCODED,
    assert_mirrors,
    basic_authorization,
    connected,
    eventually,
    mint,
    socket_url,
    subscribed,
    without_nulls,
)

STILL = Options(reps=6, sessions=8)
LIVELY = Options(reps=15, sessions=30, rate=200.0, rows_per_message=50)
NAMESPACE = "{https://www.beyondtrust.com/namespaces/API/command}"


async def command(simulator: Simulator, query: str, token: str | None = None) -> Element:
    """Run a command and return the XML's root."""
    headers = {"Authorization": f"Bearer {token or await mint(simulator)}"}
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        answer = await http.get(f"{simulator.url}/api/command?{query}", headers=headers)
        root: Element = fromstring(await answer.text())
        return root


@pytest.mark.parametrize("form", ["form", "query", "json"])
async def test_a_token_is_minted_however_the_grant_is_sent(form: str) -> None:
    grant = {"grant_type": "client_credentials"}
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        answer = await http.post(
            f"{simulator.url}/oauth2/token",
            headers=basic_authorization(simulator),
            data=grant if form == "form" else None,
            params=grant if form == "query" else None,
            json=grant if form == "json" else None,
        )
        body = await answer.json()
        assert answer.status == 200
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
        assert answer.headers["X-RateLimit-Limit"] == "15000"
        assert answer.headers["X-RateLimit-Remaining"] == "14999"
        assert simulator.status()["mints"] == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"}])
async def test_wrong_credentials_are_refused(headers: dict[str, str]) -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        for tried in (headers, basic_authorization(simulator, "wrong")):
            form = {"grant_type": "client_credentials"}
            answer = await http.post(f"{simulator.url}/oauth2/token", headers=tried, data=form)
            assert (answer.status, (await answer.json())["error"]) == (401, "invalid_client")
        assert simulator.status()["mints"] == 0


async def test_an_unknown_grant_is_refused() -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        answer = await http.post(f"{simulator.url}/oauth2/token", headers=basic_authorization(simulator))
        assert (answer.status, (await answer.json())["error"]) == (400, "unsupported_grant_type")


async def test_the_oldest_of_more_than_thirty_tokens_is_invalid() -> None:
    async with Simulator(Options(reps=0, sessions=0, requests_per_second=100)) as simulator:
        tokens = [await mint(simulator) for _ in range(31)]
        now = asyncio.get_running_loop().time()
        assert [simulator.account.knows(token, now) for token in tokens] == [False] + [True] * 30


async def test_tokens_expire() -> None:
    async with Simulator(Options(reps=0, sessions=0, token_seconds=0.05)) as simulator, aiohttp.ClientSession() as http:
        token = await mint(simulator)
        await eventually(lambda: not simulator.status()["valid_tokens"])
        headers = {"Authorization": f"Bearer {token}"}
        answer = await http.get(f"{simulator.url}/api/command?action=get_api_info", headers=headers)
        assert (answer.status, (await answer.json())["error"]) == (401, "access_denied")


@pytest.mark.parametrize("limits", [{"requests_per_second": 3}, {"requests_per_hour": 3}])
async def test_requests_beyond_a_limit_are_refused(limits: dict[str, int]) -> None:
    options = Options(reps=0, sessions=0, **limits)  # type: ignore[arg-type]
    async with Simulator(options) as simulator, aiohttp.ClientSession() as http:
        asked = [http.get(f"{simulator.url}/api/command") for _ in range(4)]
        answers = sorted(await asyncio.gather(*asked), key=lambda answer: answer.status)  # within one second
        assert [answer.status for answer in answers] == [401, 401, 401, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600


async def test_api_info_names_version_clock_and_permissions() -> None:
    async with Simulator(STILL) as simulator:
        root = await command(simulator, "action=get_api_info")
        allowed = {node.get("name"): node.text for node in root.iter(f"{NAMESPACE}permission")}

        assert root.tag == f"{NAMESPACE}get_api_info"
        assert root.findtext(f"{NAMESPACE}api_version") == "1.23.1"
        assert root.findtext(f"{NAMESPACE}company_name") == simulator.options.company_name
        assert abs(int(root.findtext(f"{NAMESPACE}timestamp") or 0) - simulator.clock()) < 5
        assert (allowed["perm_real_time_state"], allowed["perm_command"]) == ("1", "read_only")
        await simulator.fault("missing_permission")
        root = await command(simulator, "action=get_api_info")
        denied = {node.get("name"): node.text for node in root.iter(f"{NAMESPACE}permission")}
        assert denied["perm_real_time_state"] == "0"


async def test_logged_in_reps_are_those_of_the_tables() -> None:
    async with Simulator(LIVELY) as simulator:
        simulator.pause()
        root = await command(simulator, "action=get_logged_in_reps")
        truth = simulator.truth()

        listed = {node.get("id"): node.findtext(f"{NAMESPACE}private_display_name") for node in root}
        held = truth["representative"].values()
        assert listed == {row["user_id"]: row["private_display_name"] for row in held}
        counts = sum(int(node.findtext(f"{NAMESPACE}support_session_count") or 0) for node in root)
        assert counts == len(truth["representative_support_session"])


@pytest.mark.parametrize("show_members", [False, True])
async def test_support_teams_name_issues_and_members(show_members: bool) -> None:
    async with Simulator(STILL) as simulator:
        root = await command(simulator, f"action=get_support_teams{'&showmembers=1' * show_members}")
        first = root[0]

        assert 8 <= len(root) <= 14
        assert first.findtext(f"{NAMESPACE}name") == "Service Desk"
        assert first.findtext(f"{NAMESPACE}issues/{NAMESPACE}issue/{NAMESPACE}title") == "Password or sign-in"
        assert (first.find(f"{NAMESPACE}members") is not None) == show_members
        usernames = {person.username for person in simulator.center.staff}
        listed = {node.findtext(f"{NAMESPACE}username") for node in root.iter(f"{NAMESPACE}representative")}
        assert listed == (usernames if show_members else set())


@pytest.mark.parametrize("query", ["action=make_coffee", ""])
async def test_an_unknown_action_is_an_error_with_status_200(query: str) -> None:
    async with Simulator(STILL) as simulator:
        assert (await command(simulator, query)).tag == f"{NAMESPACE}error"


async def test_health_needs_no_token() -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        assert (await http.get(f"{simulator.url}/check_health")).status == 200


async def test_a_pipelining_integration_mirrors_the_appliance() -> None:
    async with Simulator(LIVELY) as simulator, subscribed(simulator) as integration:
        await integration.until(lambda: len(integration.messages) > 40)
        await assert_mirrors(integration, simulator)

        assert integration.connection.subprotocol == ENCODED
        assert integration.kinds()[:2] == ["authenticate_response", "subscribe_response"]
        assert all(isinstance(frame, bytes) and frame.endswith(b"\n") for frame in integration.frames)
        assert abs(integration.messages[1]["timestamp"] - simulator.clock()) < 10


async def test_several_integrations_mirror_the_same() -> None:
    async with Simulator(LIVELY) as simulator, subscribed(simulator) as first, subscribed(simulator) as second:
        await second.until(lambda: len(second.messages) > 30)
        await assert_mirrors(first, simulator)
        await assert_mirrors(second, simulator)


async def test_an_integration_may_offer_the_raw_sub_protocol_and_send_in_pieces() -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        token = await mint(simulator)
        async with http.ws_connect(socket_url(simulator), protocols=("ingredi state api",)) as socket:
            assert socket.protocol == "ingredi state api"
            request = b'{"type":"authenticate","credentials":{"bearer_token":"%s"}}\n' % token.encode()
            for start in range(0, len(request), 7):
                await socket.send_bytes(request[start : start + 7])
            assert json.loads(await socket.receive_bytes(timeout=5))["success"] is True


@pytest.mark.parametrize("protocols", [(), ("chat",)])
async def test_another_sub_protocol_is_refused(protocols: tuple[str, ...]) -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
            await http.ws_connect(socket_url(simulator), protocols=protocols)


async def test_only_subscribed_tables_arrive() -> None:
    async with Simulator(LIVELY) as simulator, connected(simulator) as integration:
        await integration.subscribe(await mint(simulator), ["queue", "support_session", "attende"])
        await integration.until(lambda: len(integration.messages) > 20)
        simulator.pause()
        chosen = {"queue", "support_session", "attendee"}
        truth = {table: rows if table in chosen else {} for table, rows in simulator.truth().items()}
        await integration.until(lambda: without_nulls(integration.tables) == truth)


@pytest.mark.parametrize("tables", [["queue", "nonsense"], [], "queue", None])
async def test_an_impossible_subscription_is_refused(tables: list[str] | str) -> None:
    async with Simulator(STILL) as simulator, connected(simulator) as integration:
        await integration.subscribe(await mint(simulator), tables)
        await integration.until(lambda: len(integration.messages) == 2)

        assert integration.messages[1]["success"] is False
        assert "tables" in integration.messages[1]["reason"]


async def test_a_subscription_needs_authentication() -> None:
    async with Simulator(STILL) as simulator, connected(simulator) as integration:
        await integration.send({"type": "subscribe", "tables": "all"})
        await integration.until(lambda: bool(integration.messages))

        assert integration.messages[0]["success"] is False


async def test_one_integration_too_many_is_refused() -> None:
    options = Options(reps=0, sessions=0, most_integrations=1)
    async with Simulator(options) as simulator, subscribed(simulator) as first:
        await first.until(lambda: len(first.messages) >= 2)
        async with subscribed(simulator) as second:
            await second.until(lambda: len(second.messages) >= 2)
            assert "maximum" in second.messages[1]["reason"]


async def test_the_control_addresses_show_and_steer() -> None:
    options = Options(reps=6, sessions=8, rate=50.0, control=True)
    async with (
        Simulator(options) as simulator,
        aiohttp.ClientSession(raise_for_status=True) as http,
        subscribed(simulator) as integration,
    ):
        await integration.until(lambda: bool(integration.tables["queue"]))
        steer = simulator.url + "/simulator/"
        await http.post(steer + "pause")
        status = await (await http.get(steer + "status")).json()
        row = {"name": "Added by hand", "type": "team"}
        await http.post(steer + "apply", json={"insert": {"queue": {"18446744073709551615": row}}})
        await http.post(steer + "freedoms", json={"names": ["word_flags"]})
        await http.post(steer + "raw", json={"text": '{"type":"hello"}\n'})
        await http.post(steer + "fault", json={"name": "restart", "args": {}})
        await integration.until(lambda: {"hello", "truncate_model"} <= set(integration.kinds()))
        truth = await (await http.get(steer + "state")).json()
        await integration.until(lambda: without_nulls(integration.tables) == truth)
        await http.post(steer + "resume")
        await integration.until(lambda: without_nulls(integration.tables) != truth)

        assert (status["paused"], status["subscribed"], status["mints"]) == (True, 1, 1)
        assert "Added by hand" in [queue["name"] for queue in truth["queue"].values()]


@pytest.mark.parametrize("wish", [{"name": "earthquake"}, {}, {"name": "drop", "args": {"colour": 1}}])
async def test_the_control_address_refuses_unknown_faults(wish: dict[str, object]) -> None:
    async with Simulator(Options(reps=0, sessions=0, control=True)) as simulator, aiohttp.ClientSession() as http:
        assert (await http.post(f"{simulator.url}/simulator/fault", json=wish)).status == 400


async def test_there_is_no_control_unless_asked_for() -> None:
    async with Simulator(STILL) as simulator, aiohttp.ClientSession() as http:
        assert (await http.get(f"{simulator.url}/simulator/state")).status == 404


async def test_a_paused_center_stands_still_and_goes_on() -> None:
    async with Simulator(LIVELY) as simulator:
        simulator.pause()
        clock, changes = simulator.clock(), simulator.changes
        await mint(simulator)
        assert (simulator.clock(), simulator.changes) == (clock, changes)
        simulator.resume()
        await eventually(lambda: simulator.changes > changes)
        assert simulator.clock() - clock < 5


async def test_a_center_works_at_the_wished_speed_below_a_clock_that_keeps_its_pace() -> None:
    async with Simulator(Options(reps=5, sessions=5, speed=1000.0)) as simulator:
        clock, began_at = simulator.clock(), simulator.center.now
        await eventually(lambda: simulator.center.now - began_at > 3600)
        await eventually(lambda: simulator.changes > 20)
        assert simulator.clock() - clock < 600
        stamps = [row["created_timestamp"] for row in simulator.center.tables["support_session"].values()]
        assert max(map(int, stamps)) <= simulator.clock()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_command_prints_its_address_serves_and_ends_on_a_signal(number: signal.Signals) -> None:
    arguments = ["--sessions", "5", "--reps", "5", "--control", "--freedom", "split", "--fault", "skew=5"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "manage.py", "simulate", *arguments, "--client-secret-env", "SIMULATED_SECRET"),
        env=os.environ | {"SIMULATED_SECRET": "from the environment", "SECRET_KEY": "k" * 64},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        lines = [(await asyncio.wait_for(process.stdout.readline(), 30)).decode() for _ in range(5)]
        *vendors, found = [re.fullmatch(r"([a-z]+): (http://127\.0\.0\.1:\d+\S*)\n", line) for line in lines]
        assert [vendor and vendor[1] for vendor in vendors] == ["seeit", "gototraining", "takecontrol", "evovoice"]
        assert found is not None
        assert found[1] == "simulator"
        async with aiohttp.ClientSession() as http:
            secret = {"Authorization": aiohttp.encode_basic_auth("simulator", "from the environment")}
            form = {"grant_type": "client_credentials"}
            assert (await http.post(f"{found[2]}/oauth2/token", headers=secret, data=form)).status == 200
            status = await (await http.get(f"{found[2]}/simulator/status")).json()
            assert status["freedoms"] == ["split"]
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
