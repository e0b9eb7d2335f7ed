"""Viewers at the real site: what their team keeps back of customers is in no byte they get, and no search finds it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission, User
from django.db import transaction

from dashboard.models import Team, VendorRecord
from dashboard.permission import give_role
from dashboard.privacy import Privacy
from dashboard.roles import LEAD, MANAGER, VIEWER, Right
from dashboard.wallboards.stored import create
from dashboard.wallboards.templates import TEAM_WALL
from tests.dashboard.live.test_scopes import (
    LISTED,
    MINE,
    addresses,
    center,
    listening,
    soon,
    vendor_sessions,
    wait_for_rows,
)
from tests.services.site import Site, Upstream
from tests.services.waiting import until

ENDS = ("customer", "customer_company", "customer_description", "issue_description", "host", "value", "show", "guest")
SECRETS = [f"{MINE} {end}" for end in (*ENDS, "caller", "company", "subject", "log")] + [f"example/{MINE}"]
KEYS = {"session": "1", "representative": "1", "queue": "team/1", "presentation": "1", "vendor-session": "call1"}
DRAWERS = [f"{kind}/?key=helpdesk%3A{key}" for kind, key in KEYS.items()]


@pytest.fixture(scope="module")
def upstream(site: Site) -> Upstream:
    """The mirror; the vendor's own words of a call are stored too."""
    upstream = Upstream()
    upstream.say()
    upstream.commit(**center(MINE, 1))
    upstream.commit(**vendor_sessions(MINE, 1))
    raw = {"fromName": f"{MINE} log"}
    VendorRecord.objects.create(key="helpdesk:call1", source="helpdesk", raw=raw, fetched_at=datetime.now(UTC))
    for privacy in Privacy:
        Team.objects.create(name=f"Team {privacy}", queues=["helpdesk:team/1"], customers=privacy)
    site.log_in("manager", MANAGER)
    create(User.objects.get(username="manager"), TEAM_WALL)
    wait_for_rows(site)
    return upstream


def member(site: Site, *privacies: Privacy, role: str = VIEWER, name: str = "") -> str:
    """Return the session of a member of the teams with these privacies."""
    username = name or "-".join((role, *privacies)).replace(" ", "")
    session = site.log_in(username, role)
    for team in Team.objects.filter(customers__in=privacies):
        team.members.add(User.objects.get(username=username))
    return session


def secrets_in(text: str) -> list[str]:
    """Return what a text holds that it may not."""
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("privacy", [Privacy.INITIALLED, Privacy.HIDDEN])
def test_no_page_or_drawer_holds_what_is_kept_back(site: Site, upstream: Upstream, privacy: Privacy) -> None:
    session = member(site, privacy)
    texts = {path: site.get(path, session).text for path in [*addresses(), "/wallboards/team-wall/"]}

    assert {path: found for path, text in texts.items() if (found := secrets_in(text))} == {}
    left = {Privacy.INITIALLED: ">M. C.<", Privacy.HIDDEN: ">(hidden)<"}[privacy]
    assert [left in texts[path] for path in ("/sessions/", "/sessions/?open=session:helpdesk:1")] == [True, True]
    assert f"{MINE} rep" in texts["/representatives/"]
    assert ("names of customers" in texts["/overview/"]) or ("names as initials" in texts["/overview/"])
    assert site.get("/vendor-sessions/details/?key=helpdesk:call1", session).status_code == 404


@pytest.mark.parametrize("role", [LEAD, MANAGER])
def test_who_may_see_customers_sees_them_whatever_the_team_says(site: Site, upstream: Upstream, role: str) -> None:
    session = member(site, Privacy.HIDDEN, role=role)
    text = "".join(
        site.get(path, session).text for path in (*addresses(), "/vendor-sessions/details/?key=helpdesk:call1")
    )

    assert secrets_in(text) == SECRETS
    assert "names of customers" not in text


@pytest.mark.parametrize("word", ["customer", "company", "caller", "subject", "guest", "show", "issue_description"])
def test_search_finds_nothing_that_is_kept_back(site: Site, upstream: Upstream, word: str) -> None:
    manager, viewer = site.log_in("manager"), member(site, Privacy.INITIALLED)
    counts = {
        who: sum(site.get(f"/{board}/?q={word}", session).text.count("data-open") for board in LISTED[1:])
        for who, session in (("manager", manager), ("viewer", viewer))
    }

    assert counts["viewer"] == 0
    assert counts["manager"] > 0 or word == "issue_description"  # by which nobody searches


@pytest.mark.parametrize(
    ("privacies", "expected"),
    [
        ((), "nothing"),
        ((Privacy.SHOWN,), "names"),
        ((Privacy.SHOWN, Privacy.INITIALLED), "initials"),
        ((Privacy.SHOWN, Privacy.INITIALLED, Privacy.HIDDEN), "(hidden)"),
    ],
)
def test_the_strictest_team_decides(
    site: Site, upstream: Upstream, privacies: tuple[Privacy, ...], expected: str
) -> None:
    text = site.get("/sessions/", member(site, *privacies, name=f"in-{len(privacies)}")).text

    assert (f"{MINE} customer" in text) is (expected == "names")
    assert (">M. C.<" in text) is (expected == "initials")
    assert (">(hidden)<" in text) is (expected == "(hidden)")


async def test_no_socket_brings_what_is_kept_back(site: Site, upstream: Upstream) -> None:
    session = await sync_to_async(member)(site, Privacy.INITIALLED)
    paths = [*(f"{board}/" for board in LISTED), *DRAWERS, "wallboard/?slug=team-wall"]
    heard: dict[str, list[str]] = {}
    turn = asyncio.Barrier(len(paths) + 1)
    fields: dict[str, Any] = {"customer_name": "Zoe Quill", "issue_description": "Quill"}
    fields |= {"queue_id": "helpdesk:1", "queue_entered_at": datetime.now(UTC), "created_at": datetime.now(UTC)}

    async def told(path: str, text: str) -> None:
        async def is_told() -> bool:
            return any(text in one for one in heard[path])

        await until(is_told, 15, text)

    async def hear(path: str) -> None:
        async with listening(site, session, f"/live/{path}") as (_, heard[path]):
            await told(path, "data-seq")
            await turn.wait()
            if path in {"sessions/", "combined/", DRAWERS[2]}:
                await told(path, "Z. Q.")
            await turn.wait()

    async with asyncio.TaskGroup() as tasks:
        for path in paths:
            tasks.create_task(hear(path))
        await turn.wait()
        client = {"support_session_id": "helpdesk:99", "hostname": "Quill"}
        rows = {"support_session": {"helpdesk:99": fields}, "customer_client": {"helpdesk:99": client}}
        await sync_to_async(upstream.commit)(**rows)
        await turn.wait()
    await sync_to_async(upstream.remove)(support_session=["helpdesk:99"], customer_client=["helpdesk:99"])

    texts = {path: "".join(all_told) for path, all_told in heard.items()}
    assert {
        path: found for path, text in texts.items() if (found := [*secrets_in(text), *text.split("Quill")[1:]])
    } == {}


async def test_a_change_of_the_team_or_of_rights_takes_effect_on_open_sockets(site: Site, upstream: Upstream) -> None:
    session = await sync_to_async(member)(site, Privacy.SHOWN, name="turning")
    team, user = await Team.objects.aget(customers=Privacy.SHOWN), await User.objects.aget(username="turning")

    async def next_sight(change: Any, expected: str) -> str:
        async with listening(site, session, "/live/sessions/") as (socket, heard):
            await soon(heard, expected)
            await sync_to_async(transaction.atomic(change))()
            async with asyncio.timeout(20):
                await socket.wait_closed()
            assert socket.close_code == 4000
            return "".join(heard)

    def keep_back() -> None:
        team.customers = Privacy.HIDDEN
        team.save()

    assert secrets_in(await next_sight(keep_back, f"{MINE} customer"))
    assert not secrets_in(await next_sight(lambda: give_role(user, LEAD), "(hidden)"))
    assert secrets_in(await next_sight(lambda: give_role(user, VIEWER), f"{MINE} customer"))
    right = await Permission.objects.aget(codename=Right.SEE_CUSTOMERS)
    assert not secrets_in(await next_sight(lambda: user.user_permissions.add(right), "(hidden)"))
