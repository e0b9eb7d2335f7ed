"""Two leads at the real site: what belongs to the other's queue is on no page, in no drawer and in no push."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from dashboard.boards.catalogue import LISTS
from dashboard.models import Team, VendorRecord
from dashboard.roles import LEAD, MANAGER
from realtime.vendor_session import Kind, State
from tests.services.site import Site, Upstream
from tests.services.waiting import wait_until

SEQ = re.compile(r'data-seq="(\d+)"')
LISTED = ("overview", *LISTS)
MINE, THEIRS = "MARKMINE", "MARKTHEIRS"


def center(mark: str, number: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a queue, somebody in it, two sessions and a presentation, every text of them marked."""
    now, key = datetime.now(UTC), f"helpdesk:{number}"
    texts = {name: f"{mark} {name}" for name in ("customer_company", "customer_description", "issue_description")}
    session = {"customer_name": f"{mark} customer", "lsid": f"{mark}-lsid", "created_at": now, **texts}
    return {
        "queue": {key: {"name": f"{mark} queue", "type": "team"}},
        "known_queue": {f"helpdesk:team/{number}": {"name": f"{mark} queue", "type": "team", "queue_id": key}},
        "representative": {
            key: {
                "private_display_name": f"{mark} rep",
                "public_display_name": f"{mark} public",
                "username": mark.lower(),
                "skill_code_names": f"{mark}_skill",
                "routing_available": True,
                "routing_enabled": True,
            }
        },
        "representative_queue": {key: {"queue_id": key, "representative_id": key, "role": "member"}},
        "support_session": {
            key: {**session, "queue_id": key, "queue_entered_at": now},
            f"{key}0": {**session, "queue_id": "helpdesk:elsewhere"},
        },
        "customer_client": {
            f"{key}{end}": {"support_session_id": f"{key}{end}", "hostname": f"{mark} host", "client_type": "desktop"}
            for end in ("", "0")
        },
        "support_session_skill": {key: {"support_session_id": key, "code_name": f"{mark}_wanted"}},
        "support_session_attribute": {key: {"support_session_id": key, "code_name": "note", "value": f"{mark} value"}},
        "representative_support_session": {
            f"{key}0": {"support_session_id": f"{key}0", "representative_id": key, "created_at": now}
        },
        "presentation_session": {key: {"presentation_name": f"{mark} show", "created_at": now}},
        "presenter": {key: {"presentation_session_id": key, "representative_id": key}},
        "attendee": {key: {"presentation_session_id": key, "name": f"{mark} guest", "connected": True}},
    }


def vendor_sessions(mark: str, number: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a call by that representative, one that waits in their queue, and a training of theirs."""
    now = datetime.now(UTC)
    fields = {
        "vendor": "evovoice",
        "kind": Kind.VOICE.value,
        "state": State.ACTIVE.value,
        "created_at": now,
        "customer": f"{mark} caller",
        "organisation": f"{mark} company",
        "subject": f"{mark} subject",
        "url": f"https://phones.example/{mark}",
    }
    by_rep = {"technician": f"{mark} rep", "technician_email": mark.lower()}
    waiting = {"state": State.WAITING.value, "queue_name": f"{mark} queue"}
    return {
        "vendor_session": {
            f"helpdesk:call{number}": fields | by_rep | {"external_id": f"call{number}"},
            f"helpdesk:wait{number}": fields | waiting | {"external_id": f"wait{number}"},
            f"helpdesk:class{number}": fields
            | by_rep
            | {"kind": Kind.TRAINING.value, "external_id": f"class{number}", "scheduled_at": now},
        }
    }


def wait_for_rows(site: Site) -> None:
    """Wait until pages show all that was committed: the site hears of it a moment later."""
    all_read = 'dashboard_source_behind_commits{source="helpdesk"} 0.0'
    wait_until(lambda: all_read in site.get("/metrics").text, what="all rows")


@pytest.fixture(scope="module")
def upstream(site: Site) -> Upstream:
    """The mirror."""
    upstream = Upstream()
    upstream.say()
    for number, mark in enumerate((MINE, THEIRS), start=1):
        upstream.commit(**center(mark, number))
        upstream.commit(**vendor_sessions(mark, number))
        VendorRecord.objects.create(
            key=f"helpdesk:call{number}", source="helpdesk", raw={"log": f"{mark} log"}, fetched_at=datetime.now(UTC)
        )
        team = Team.objects.create(name=f"Team {number}", queues=[f"helpdesk:team/{number}"])
        site.log_in(f"lead{number}", LEAD)
        team.members.add(User.objects.get(username=f"lead{number}"))
    wait_for_rows(site)
    return upstream


@pytest.fixture
def lead(site: Site, upstream: Upstream) -> str:
    """The session of the first team's lead."""
    return site.log_in("lead1", LEAD)


def addresses() -> list[str]:
    """Return every page and drawer that can show rows."""
    drawers = [
        f"/{board}/?open={kind}:helpdesk:{key}"
        for board, kind, keys in (
            ("sessions", "session", ("1", "10", "2", "20")),
            ("representatives", "representative", ("1", "2")),
            ("queues", "queue", ("team/1", "team/2")),
            ("presentations", "presentation", ("1", "2")),
            ("combined", "vendor-session", ("call1", "wait1", "class1", "call2", "wait2", "class2")),
        )
        for key in keys
    ]
    lists = [f"/{board}/{query}" for board in LISTS for query in ("", f"?q={THEIRS.lower()}", "?sort=-age")]
    other = [f"/combined/?when={tab}&form=people" for tab in ("", "scheduled", "ended", "all")]
    exports = [f"/{board}/export/{query}" for board in LISTS for query in ("", f"?q={THEIRS.lower()}")]
    return ["/overview/", *lists, *other, *exports, *drawers, "/saved-views/"]


@pytest.mark.parametrize("path", addresses())
def test_page_holds_nothing_of_the_others(site: Site, lead: str, path: str) -> None:
    answer = site.get(path, lead)
    assert answer.status_code == 200
    assert THEIRS not in answer.text
    if path == "/sessions/":
        assert f"{MINE} customer" in answer.text
        assert "Limited to <bdi>Team 1</bdi>" in answer.text
    if path in {"/sessions/export/", "/combined/export/", "/presentations/export/"}:
        assert MINE in answer.text


@pytest.mark.parametrize("board", LISTED)
def test_own_rows_are_there(site: Site, lead: str, board: str) -> None:
    assert MINE in site.get(f"/{board}/", lead).text
    manager = site.get(f"/{board}/", site.log_in("manager", MANAGER)).text
    assert MINE in manager
    assert THEIRS in manager
    assert "Limited to" not in manager


def test_drawer_of_the_others_says_that_there_is_nothing(site: Site, lead: str) -> None:
    own = site.get("/sessions/?open=session:helpdesk:1", lead).text
    other = site.get("/sessions/?open=session:helpdesk:2", lead).text
    never = site.get("/sessions/?open=session:helpdesk:unheard-of", lead).text
    assert f"{MINE} issue_description" in own
    assert "No such session" in other
    assert "No such session" in never


def test_vendor_is_not_asked_about_the_others(site: Site, lead: str) -> None:
    assert site.get("/vendor-sessions/details/?key=helpdesk:call1", lead).status_code == 200
    assert site.get("/vendor-sessions/details/?key=helpdesk:call2", lead).status_code == 404


def test_counts_are_those_of_the_scope(site: Site, lead: str) -> None:
    manager = site.log_in("manager", MANAGER)
    assert ">4<" in site.get("/sessions/", manager).text
    assert ">4<" not in site.get("/sessions/", lead).text


@asynccontextmanager
async def listening(site: Site, session: str, path: str) -> AsyncIterator[tuple[ClientConnection, list[str]]]:
    """Open a socket and gather what it is sent, acknowledging like a browser."""
    heard: list[str] = []

    async def listen(socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                text = message if isinstance(message, str) else message.decode()
                heard.append(text)
                if place := SEQ.search(text):
                    await socket.send(f"ack:{place[1]}")

    async with await site.open_socket(session, path) as socket:
        task = asyncio.create_task(listen(socket))
        try:
            yield socket, heard
        finally:
            task.cancel()


async def soon(heard: list[str], text: str) -> None:
    """Wait until something was heard."""
    await sync_to_async(wait_until)(lambda: any(text in one for one in heard), 60, text)


@pytest.mark.parametrize("board", LISTED)
async def test_push_brings_nothing_of_the_others(site: Site, upstream: Upstream, lead: str, board: str) -> None:
    async with listening(site, lead, f"/live/{board}/") as (_, heard):
        await soon(heard, MINE)
        for number, mark in ((2, THEIRS), (1, MINE)):
            rows = center(f"{mark}{board}", number) | vendor_sessions(f"{mark}{board}", number)
            await sync_to_async(upstream.commit)(**rows)
        await soon(heard, f"{MINE}{board}")
        assert not [text for text in heard if THEIRS in text]
    for number, mark in ((2, THEIRS), (1, MINE)):
        await sync_to_async(upstream.commit)(**(center(mark, number) | vendor_sessions(mark, number)))


async def test_socket_of_a_drawer_of_the_others_gets_no_word_of_it(site: Site, upstream: Upstream, lead: str) -> None:
    async with listening(site, lead, "/live/session/?key=helpdesk%3A2") as (_, heard):
        await soon(heard, "No such session")
        await sync_to_async(upstream.commit)(**center(THEIRS, 2))
        async with listening(site, lead, "/live/sessions/") as (_, beside):
            await sync_to_async(upstream.commit)(**center(f"{MINE} again", 1))
            await soon(beside, f"{MINE} again")
        assert not [text for text in heard if THEIRS in text]
    await sync_to_async(upstream.commit)(**center(MINE, 1))


async def test_session_that_comes_to_a_queue_is_pushed_and_goes_with_it(
    site: Site, upstream: Upstream, lead: str
) -> None:
    guest = {"customer_name": "WANDERER", "created_at": datetime.now(UTC)}
    async with listening(site, lead, "/live/sessions/") as (_, heard):
        await soon(heard, MINE)
        await sync_to_async(upstream.commit)(support_session={"helpdesk:77": guest | {"queue_id": "helpdesk:2"}})
        await sync_to_async(upstream.commit)(support_session={"helpdesk:77": guest | {"queue_id": "helpdesk:1"}})
        await soon(heard, "WANDERER")
        await sync_to_async(upstream.commit)(support_session={"helpdesk:77": guest | {"queue_id": "helpdesk:2"}})
        await soon(heard, 'data-gone="sessions-helpdesk%3A77"')
        assert "WANDERER" not in site.get("/sessions/", lead).text
    await sync_to_async(upstream.remove)(support_session=["helpdesk:77"])


async def test_who_leaves_a_team_is_sent_back_and_sees_nothing(site: Site, upstream: Upstream) -> None:
    session = await sync_to_async(site.log_in)("leaver", LEAD)
    team, user = await Team.objects.aget(name="Team 1"), await User.objects.aget(username="leaver")
    await team.members.aadd(user)
    async with listening(site, session, "/live/sessions/") as (socket, heard):
        await soon(heard, MINE)
        await team.members.aremove(user)
        async with asyncio.timeout(20):
            await socket.wait_closed()
        assert socket.close_code == 4000
    async with listening(site, session, "/live/sessions/") as (_, heard):
        await soon(heard, "data-seq")
        assert not [text for text in heard if MINE in text or THEIRS in text]
    assert "nothing: you are in no team yet" in (await sync_to_async(site.get)("/sessions/", session)).text


async def test_lead_on_the_appliance_sees_their_queue_by_itself(site: Site, upstream: Upstream) -> None:
    """The user name is that of a representative; the role there is what counts, within 5 s of its change."""
    session = await sync_to_async(site.log_in)(THEIRS.lower(), LEAD)
    place = {"queue_id": "helpdesk:2", "representative_id": "helpdesk:2"}
    async with listening(site, session, "/live/sessions/") as (socket, heard):
        await soon(heard, "data-seq")
        assert not [text for text in heard if THEIRS in text]
        await sync_to_async(upstream.commit)(representative_queue={"helpdesk:2": place | {"role": "lead"}})
        async with asyncio.timeout(20):
            await socket.wait_closed()
    async with listening(site, session, "/live/sessions/") as (socket, heard):
        await soon(heard, THEIRS)
        assert not [text for text in heard if MINE in text]
        await sync_to_async(upstream.commit)(representative_queue={"helpdesk:2": place | {"role": "member"}})
        async with asyncio.timeout(20):
            await socket.wait_closed()
    assert THEIRS not in (await sync_to_async(site.get)("/sessions/", session)).text
