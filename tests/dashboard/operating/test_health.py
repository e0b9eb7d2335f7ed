"""`/readyz` and `/metrics`: what they say, and who gets an answer."""

import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dashboard.models import PollRun
from realtime.heartbeat import Kind, write_heartbeat
from realtime.models import Link
from tests.dashboard.live.test_site import is_paint, read_until
from tests.services.site import Site, Upstream
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until


def sample(text: str, name: str) -> float:
    """Return one sample of an exposition."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, f"{name} is not in:\n{text}"
    return float(found[1])


def test_ready_names_each_part(db: None, valkey: ValkeyServer) -> None:
    response = Client().get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "parts": {
            "database": {"ready": True, "words": "answers, all migrations are applied"},
            "redis": {"ready": True, "words": "answers"},
            "state": {"ready": True, "words": "is read from the database"},
        },
    }


def test_not_ready_without_redis(db: None, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    response = Client().get("/readyz")

    assert response.status_code == 503
    assert (response.json()["ready"], response.json()["parts"]["redis"]["ready"]) == (False, False)
    assert "nowhere" not in response.content.decode()


def test_metrics_tell_of_sources_polls_and_processes(db: None) -> None:
    now = timezone.now()
    Link.objects.create(
        source="helpdesk", state="live", last_message_at=now - timedelta(seconds=60), commit_count=3, commit_rows=40
    )
    PollRun.objects.create(source="voice", started_at=now, seconds=1.5)
    PollRun.objects.create(source="voice", started_at=now, seconds=2.0, error="voice: no answer.")
    write_heartbeat(Kind.MIRROR)

    text = Client().get("/metrics").content.decode()

    assert sample(text, 'dashboard_source_state{source="helpdesk",state="live"}') == 1
    assert sample(text, 'dashboard_source_state{source="helpdesk",state="retrying"}') == 0
    assert 60 <= sample(text, 'dashboard_source_message_age_seconds{source="helpdesk"}') < 120
    assert sample(text, 'dashboard_source_commits_total{source="helpdesk"}') == 3
    assert sample(text, 'dashboard_source_committed_rows_total{source="helpdesk"}') == 40
    assert sample(text, 'dashboard_polls_kept{source="voice"}') == 2
    assert sample(text, 'dashboard_polls_kept_failed{source="voice"}') == 1
    assert sample(text, 'dashboard_polls_kept_seconds{source="voice"}') == 3.5
    assert sample(text, 'dashboard_process_running{kind="mirror"}') == 1
    assert sample(text, 'dashboard_process_running{kind="beat"}') == 0


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 403),  # a proxy on this machine
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("203.0.113.9", {}, 403),
        ("", {}, 403),
        ("203.0.113.9", {"Authorization": "Bearer a-token"}, 200),
        ("203.0.113.9", {"Authorization": "Bearer another"}, 403),
        ("203.0.113.9", {"Authorization": "Bearer "}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer a-token"}, 200),
    ],
)
def test_metrics_are_not_public(
    db: None, settings: Settings, address: str, headers: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = "a-token"

    response = Client().get("/metrics", headers=headers, REMOTE_ADDR=address)

    assert response.status_code == status
    assert (b"dashboard_" in response.content) == (status == 200)


def test_without_a_token_set_none_is_taken(db: None) -> None:
    response = Client().get("/metrics", headers={"Authorization": "Bearer "}, REMOTE_ADDR="203.0.113.9")

    assert response.status_code == 403


@pytest.fixture(scope="module")
def site(site: Site) -> Site:
    """The same, with a source."""
    upstream = Upstream()
    upstream.say()
    upstream.add_queue("one")
    return site


async def test_a_serving_process_tells_of_its_sockets(site: Site) -> None:
    def figure(name: str) -> float:
        return sample(site.get("/metrics").text, name)

    session = await sync_to_async(site.log_in)("metrics")
    async with await site.open_socket(session, "/live/queues/") as socket:
        await read_until(socket, is_paint, 20)
        assert figure("dashboard_sockets") == 1
        assert figure("dashboard_views") >= 1
        behind = 'dashboard_source_behind_commits{source="helpdesk"}'
        await sync_to_async(wait_until)(lambda: figure(behind) == 0, what="the last commit")
    wait_until(lambda: figure("dashboard_sockets") == 0, what="the socket's end")


def test_a_serving_process_is_ready_once_it_has_read_the_database(site: Site) -> None:
    wait_until(lambda: site.get("/readyz").is_success, what="readiness")
    assert site.get("/readyz").status_code == 200


def test_every_answer_names_its_request(site: Site) -> None:
    first, second = (site.get("/healthz").headers["x-request-id"] for _ in range(2))

    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first != second
