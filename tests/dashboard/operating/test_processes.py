"""Which processes are missing, and that every page says so, live."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db.models import F
from pytest_django import DjangoDbBlocker, Settings

from dashboard.operating.processes import Attendance, Missing, missing_kinds, missing_processes
from realtime.heartbeat import MISSING, Kind, running_kinds, write_heartbeat
from realtime.models import Heartbeat
from tests.services.site import Site, serving, site_environment
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until, wait_until

MIRRORED = (
    '[helpdesk]\nvendor = "beyondtrust"\nurl = "https://help.example.com"\nclient_id = "a"\nclient_secret = "b"\n'
)


@pytest.fixture
def sources(settings: Settings, tmp_path: Path) -> Path:
    """An own sources.toml."""
    settings.SOURCES_FILE = tmp_path / "sources.toml"
    return tmp_path / "sources.toml"


@pytest.fixture
def mirrored(sources: Path) -> None:
    """One appliance in it."""
    sources.write_text(MIRRORED, encoding="utf-8")


def missing_now() -> list[str]:
    """Return the kinds that are missing."""
    return [one.kind.value for one in missing_processes()]


def test_an_appliance_needs_a_mirror(db: None, mirrored: None) -> None:
    assert missing_now() == ["mirror"]

    write_heartbeat(Kind.MIRROR)
    assert missing_now() == []

    Heartbeat.objects.update(seen_at=F("seen_at") - MISSING)
    assert missing_now() == ["mirror"]


@pytest.mark.parametrize(
    ("running", "missing"),
    [
        ((), (Kind.MIRROR, Kind.BEAT)),
        (("worker",), (Kind.MIRROR, Kind.BEAT)),
        (("mirror", "beat"), (Kind.WORKER,)),
        (("mirror", "worker", "beat"), ()),
    ],
)
def test_of_workers_nothing_is_said_while_no_beat_runs(running: tuple[str, ...], missing: tuple[Kind, ...]) -> None:
    assert missing_kinds((Kind.MIRROR, Kind.WORKER, Kind.BEAT), running) == missing


def test_without_sources_nothing_is_missing(db: None, sources: Path) -> None:
    assert missing_now() == []


async def test_what_just_starts_gets_its_time(transactional_db: None, mirrored: None) -> None:
    patient, hasty = Attendance(), Attendance(grace_seconds=0)
    running = [asyncio.create_task(one.run()) for one in (patient, hasty)]

    async def seen() -> tuple[Missing, ...]:
        return hasty.missing

    assert [one.kind for one in await until(seen, what="the look")] == [Kind.MIRROR]

    assert patient.missing == ()
    for task in running:
        task.cancel()
    await asyncio.wait(running)


@pytest.fixture
def site(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """The running site, for an appliance that nobody mirrors."""
    with site_environment(tmp_path, django_db_blocker) as environment:
        (tmp_path / "sources.toml").write_text(MIRRORED, encoding="utf-8")
        with serving(environment, tmp_path / "web.log") as site:
            yield site


@pytest.mark.timeout(120)
async def test_every_page_says_that_no_mirror_runs_and_when_one_does(site: Site) -> None:
    session = await sync_to_async(site.log_in)("manager")
    async with await site.open_socket(session, "/live/queues/") as socket, asyncio.timeout(60):
        while 'data-missing="mirror"' not in str(await socket.recv()):
            await socket.send("ack:1")
        assert await sync_to_async(running_kinds)() == {"web"}
        for path in ("/queues/", "/sources/", "/account/"):
            assert "No mirror process is running" in site.get(path, session).text

        await sync_to_async(write_heartbeat)(Kind.MIRROR)

        while '<div id="processes"></div>' not in str(await socket.recv()):
            pass
    wait_until(lambda: "No mirror process" not in site.get("/account/", session).text, what="the line's end")
