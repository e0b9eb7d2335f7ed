"""The stages of a check against a real (bare) appliance: each failure is found where it is, and named."""

import re
from pathlib import Path

import pytest

from realtime.appliance import check as check_module
from realtime.appliance.check import Stage, check
from realtime.outbound.probe import Finding, Result
from realtime.simulator.dialect import Freedom
from realtime.simulator.options import Options
from realtime.simulator.server import Simulator
from realtime.source import Appliance
from tests.fakes.appliance import API_INFO, CLIENT_SECRET, ROWS, FakeAppliance, listen
from tests.realtime.appliance.test_link import leave_unknown

pytestmark = pytest.mark.django_db(transaction=True)

STAGES = list(Stage)


async def test_check_of_a_healthy_appliance_finds_nothing(secure_fake: FakeAppliance, ca_bundle: Path) -> None:
    secure_fake.clock_offset_seconds = 90
    findings = await check(secure_fake.appliance(ca_bundle=ca_bundle))
    assert [finding.stage for finding in findings] == STAGES
    assert {finding.result for finding in findings} == {Result.OK}
    details = {finding.stage: finding.detail for finding in findings}
    assert details[Stage.PERMISSION] == "real-time state allowed, API version 1.24.1"
    assert details[Stage.WEBSOCKET] == "open, sub-protocol echo: ingredi%20state%20api"
    assert details[Stage.SUBSCRIBE] == "subscribed to all tables"
    assert details[Stage.ROWS] == "2 rows of 2 tables in the first message"
    ahead = r"\+(8\d|90)\.\d s"  # the answer ages while it is on its way
    assert re.fullmatch(rf"{ahead}; set both clocks by NTP \(waiting times are corrected\)", details[Stage.CLOCK])


async def test_check_uses_the_stored_token(fake: FakeAppliance) -> None:
    for _ in range(3):
        assert (await check(fake.appliance()))[-1].stage is Stage.CLOCK
    assert fake.calls == 1


async def test_check_without_tls_and_command_api_goes_on(fake: FakeAppliance) -> None:
    fake.command_status = 404
    findings = await check(fake.appliance())
    skipped = [finding.stage for finding in findings if finding.result is Result.SKIPPED]
    assert skipped == [Stage.TLS, Stage.PERMISSION]
    assert findings[-1].stage is Stage.CLOCK


@pytest.mark.parametrize(
    ("modes", "stage", "words"),
    [
        ({"token_status": 401}, Stage.TOKEN, "refuses client_id and client secret"),
        ({"token_status": 503}, Stage.TOKEN, "HTTP 503"),
        (
            {"command_body": API_INFO.replace(">1<", ">0<").encode()},
            Stage.PERMISSION,
            "may not use the real-time state",
        ),
        ({"upgrade_status": 403}, Stage.WEBSOCKET, "HTTP 403"),
        ({"echo": "mqtt"}, Stage.WEBSOCKET, "not as the appliance does"),
        ({"may_subscribe": False}, Stage.SUBSCRIBE, "refused the subscription"),
    ],
)
async def test_check_stops_at_the_first_failure(
    fake: FakeAppliance, modes: dict[str, object], stage: Stage, words: str
) -> None:
    for name, value in modes.items():
        setattr(fake, name, value)
    findings = await check(fake.appliance())
    assert [finding.stage for finding in findings] == STAGES[: STAGES.index(stage) + 1]
    assert findings[-1].result is Result.FAILED
    assert words in findings[-1].detail
    assert CLIENT_SECRET not in str(findings)


async def test_check_finds_a_name_that_is_not_there(fake: FakeAppliance, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unknown(monkeypatch, "no-such-host.invalid")
    findings = await check(fake.appliance(url="https://no-such-host.invalid"))
    reason = 'helpdesk: the name "no-such-host.invalid" was not found by DNS; is it spelled right?'
    assert findings == (Finding(Stage.NAME, Result.FAILED, reason),)


async def test_check_finds_an_untrusted_certificate(secure_fake: FakeAppliance) -> None:
    findings = await check(secure_fake.appliance())
    assert [finding.stage for finding in findings] == [Stage.NAME, Stage.TLS]
    assert "set ca_bundle" in findings[-1].detail
    assert secure_fake.calls == 0


async def test_check_of_a_mute_appliance_ends(fake: FakeAppliance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_module, "ANSWER_SECONDS", 0.2)
    fake.talk = listen
    findings = await check(fake.appliance())
    assert findings[-1] == Finding(Stage.SUBSCRIBE, Result.FAILED, "helpdesk: no answer to our subscription in 0.2 s.")


async def test_check_as_a_whole_is_bounded(fake: FakeAppliance) -> None:
    fake.is_open.clear()
    findings = await check(fake.appliance(), limit_seconds=5.0)
    fake.is_open.set()
    assert findings[-1] == Finding(Stage.TOKEN, Result.FAILED, "helpdesk: not done within 5 s.")


async def test_check_survives_a_revoked_token(fake: FakeAppliance) -> None:
    await check(fake.appliance())
    fake.valid_tokens.clear()
    findings = await check(fake.appliance())
    assert (findings[-1].stage, fake.calls) == (Stage.CLOCK, 2)


async def test_check_of_an_empty_center_is_no_failure(fake: FakeAppliance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROWS, "queue", {})
    monkeypatch.setitem(ROWS, "representative", {})
    findings = await check(fake.appliance())
    rows = next(finding for finding in findings if finding.stage is Stage.ROWS)
    assert rows == Finding(Stage.ROWS, Result.OK, "none: the support center is empty")


@pytest.mark.parametrize("freedoms", [frozenset[Freedom](), frozenset(Freedom)], ids=["plain", "every freedom"])
async def test_check_of_the_simulator(freedoms: frozenset[Freedom]) -> None:
    options = Options(reps=5, sessions=5, freedoms=freedoms)
    async with Simulator(options) as simulator:
        appliance = Appliance("simulator", simulator.url, options.client_id, options.client_secret)
        findings = await check(appliance)
    assert [finding.stage for finding in findings if finding.result is Result.OK] == [STAGES[0], *STAGES[2:]]
