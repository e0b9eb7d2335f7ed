"""The page of the targets: what is stored, what is refused in words, and that boards judge by it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.boards.moment import Level, Moment, Targets
from dashboard.boards.queues import queue_row
from dashboard.boards.sessions import session_row
from dashboard.live.tables import Tables
from dashboard.models import AuditEntry, QueueTarget
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from dashboard.targets import load_targets, store_targets
from realtime.change import Change
from realtime.models import KnownQueue
from realtime.state import State
from tests.dashboard.live.test_two_appliances import rows_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)  # five minutes after the sessions began to wait
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def manager() -> Client:
    """The browser of a manager; two queues were seen."""
    KnownQueue.objects.create(key="north:desk", source="north", name=HOSTILE, type="team")
    KnownQueue.objects.create(key="north:vip", source="north", name="VIP", type="team")
    user = User.objects.create(username="ingrid")
    give_role(user, MANAGER)
    client = Client()
    client.force_login(user)
    return client


def test_targets_are_stored_shown_and_recorded(manager: Client) -> None:
    assert manager.post("/targets/", {"percent": "75", "default": "90", "target:north:vip": "20"}).status_code == 302

    assert load_targets() == Targets(90, {"north:vip": 20}, 75)
    page = manager.get("/targets/").content.decode()
    assert 'name="target:north:vip" value="20"' in page and 'name="default" value="90"' in page
    assert HOSTILE not in page
    entry = AuditEntry.objects.get(action="targets changed")
    assert entry.actor == "ingrid"
    assert entry.detail == {
        "every other queue": {"from": 60, "to": 90},
        "service level, per cent": {"from": 80, "to": 75},
        "north:vip": {"from": None, "to": 20},
    }


def test_an_emptied_target_gives_way_to_that_of_all_others(manager: Client) -> None:
    manager.post("/targets/", {"percent": "75", "default": "90", "target:north:vip": "20"})
    manager.post("/targets/", {"percent": "75", "default": "90", "target:north:vip": " "})
    manager.post("/targets/", {"percent": "75", "default": "90"})

    assert load_targets() == Targets(90, percent=75)
    assert [one.detail for one in AuditEntry.objects.filter(action="targets changed").order_by("pk")][1:] == [
        {"north:vip": {"from": 20, "to": None}}
    ]


def test_a_queue_that_is_gone_keeps_its_target(manager: Client) -> None:
    QueueTarget.objects.create(queue="south:old", seconds=30)

    assert "south:old (not seen any more)" in manager.get("/targets/").content.decode()
    manager.post("/targets/", {"percent": "80", "default": "60", "target:south:old": "30"})

    assert load_targets() == Targets(60, {"south:old": 30})


@pytest.mark.parametrize("value", ["0", "-1", "86401", "1.5", "soon", "9" * 5000, "1e3"])
@pytest.mark.parametrize("name", ["default", "target:north:vip"])
def test_what_is_no_target_is_refused_with_the_mend(manager: Client, name: str, value: str) -> None:
    answer = manager.post("/targets/", {"percent": "80", "default": "60"} | {name: value})

    assert answer.status_code == 422
    assert "Write whole seconds from 1 to 86400" in answer.content.decode()
    assert load_targets() == Targets()


@pytest.mark.parametrize("value", ["", "0", "101", "80 %", "-1", "7.5"])
def test_what_is_no_share_is_refused_with_the_mend(manager: Client, value: str) -> None:
    answer = manager.post("/targets/", {"percent": value, "default": "60"})

    assert answer.status_code == 422
    assert "Write a whole number from 1 to 100" in answer.content.decode()
    assert load_targets() == Targets()


def test_a_target_of_a_queue_that_nobody_saw_is_not_stored(manager: Client) -> None:
    manager.post("/targets/", {"percent": "80", "default": "60", "target:north:invented": "5"})

    assert load_targets() == Targets()


def test_sessions_and_queues_are_judged_by_the_queue_s_own_target() -> None:
    user = User.objects.create(username="ingrid")
    state = State()
    for source in ("north", "south"):
        state.apply(Change(source, inserts=rows_of(source)))
    store_targets(user, Targets(600, {"north:team": 400}))
    moment = Moment(state, {}, NOW, targets=load_targets())

    queues = [queue_row(moment, f"{source}:team") for source in ("north", "south")]
    sessions = [session_row(moment, f"{source}:4") for source in ("north", "south")]

    assert [row.target_seconds for row in queues if row] == [400, 600]
    for rows in (queues, sessions):
        waits = [row.wait for row in rows if row and row.wait]
        assert [(wait.target_seconds, wait.level) for wait in waits] == [(400, Level.RISK), (600, Level.OK)]


def test_another_target_has_rows_judged_again_that_nothing_else_changed() -> None:
    state = State()
    state.apply(Change("north", inserts=rows_of("north")))
    tables = Tables(state)
    before = Moment(state, {}, NOW, targets=Targets(600))
    tables.refresh(before)

    tables.mark_targets()
    tables.refresh(Moment(state, {}, NOW + timedelta(seconds=1), targets=Targets(60)))

    (session,), (queue,) = tables.sessions.rows.values(), tables.queues.rows.values()
    assert (session.level, queue.wait and queue.wait.level) == (Level.CRITICAL, Level.CRITICAL)
