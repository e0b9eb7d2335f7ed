"""The command `checksources` against bare appliances."""

import asyncio
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from dashboard.management.commands.checksources import printable
from tests.fakes.appliance import CLIENT_ID, CLIENT_SECRET, FakeAppliance

STAGES = ["name", "TLS", "token", "permission", "websocket", "subscribe", "first", "clock"]

pytestmark = pytest.mark.django_db(transaction=True)


def source(name: str, url: str, secret: str = CLIENT_SECRET) -> str:
    """Return a source's lines."""
    return f'[{name}]\nvendor = "beyondtrust"\nurl = "{url}"\nclient_id = "{CLIENT_ID}"\nclient_secret = "{secret}"\n'


async def run(settings: Settings, folder: Path, text: str, *arguments: str) -> tuple[str, str]:
    """Run the command; return what it printed and what it failed with."""
    settings.SOURCES_FILE = folder / "sources.toml"
    settings.SOURCES_FILE.write_text(text)
    printed = StringIO()
    try:
        await asyncio.to_thread(call_command, "checksources", *arguments, stdout=printed)
    except CommandError as error:
        return printed.getvalue(), str(error)
    return printed.getvalue(), ""


async def test_checksources_prints_a_table(settings: Settings, tmp_path: Path) -> None:
    good, bad = FakeAppliance(), FakeAppliance(upgrade_status=403)
    async with good.serving(), bad.serving():
        text = source("helpdesk", good.url) + source("branch", bad.url)
        printed, failure = await run(settings, tmp_path, text)
    assert failure == "1 of 2 sources failed: branch"
    lines = printed.splitlines()
    assert lines[0] == "source    stage         result   detail"
    assert [line.split()[:2] for line in lines[1:]] == [
        *(["helpdesk", stage] for stage in STAGES),
        *(["branch", stage] for stage in STAGES[:5]),
    ]
    assert lines[-1].startswith("branch    websocket     failed   HTTP 403 while opening the websocket: ")
    assert CLIENT_SECRET not in printed


async def test_checksources_succeeds_and_chooses(settings: Settings, tmp_path: Path) -> None:
    good = FakeAppliance()
    async with good.serving():
        text = source("helpdesk", good.url) + source("branch", "https://no-such-host.invalid")
        printed, failure = await run(settings, tmp_path, text, "--source", "helpdesk")
    assert failure == ""
    assert "branch" not in printed


async def test_checksources_refuses_an_unknown_name(settings: Settings, tmp_path: Path) -> None:
    outcome = await run(settings, tmp_path, source("helpdesk", "http://127.0.0.1:9"), "--source", "nope")
    assert outcome == ("", "No source is called nope; there are helpdesk.")


async def test_checksources_tells_what_is_wrong_with_the_file(settings: Settings, tmp_path: Path) -> None:
    printed, failure = await run(settings, tmp_path, source("helpdesk", "ftp://x"))
    assert (printed, failure) == (
        "",
        "sources.toml line 3: [helpdesk] has a wrong url: it must begin with https://.",
    )


def test_printable_disarms_a_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\n") == "a\ufffd[2Jb\ufffdc\ufffd"
