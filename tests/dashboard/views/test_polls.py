"""How polls went, and polling at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Poll, PollRun
from dashboard.views.sources import RUNS_COUNTED, describe_polls
from realtime.models import Link

HOSTILE = "camera: <b>refused</b>"

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(**fields: bool) -> Client:
    """Return somebody's browser."""
    client = Client()
    client.force_login(User.objects.create(username="ingrid", **fields))
    return client


def poll(source: str, runs: int, failed: int = 0) -> None:
    """Let a source have been polled, the latest ones in vain."""
    now = timezone.now()
    Poll.objects.create(source=source, due_at=now + timedelta(hours=1), failures=failed)
    for number in range(runs):
        error = HOSTILE if number < failed else ""
        started_at = now - number * timedelta(seconds=30)
        PollRun.objects.create(
            source=source, started_at=started_at, seconds=1.25, listed=7, error=error, budget_left=90
        )


def test_the_share_of_good_polls_is_of_the_last_ones() -> None:
    poll("camera", RUNS_COUNTED + 5, failed=3)
    poll("phones", 2)
    camera, phones = describe_polls()

    assert (camera.source, camera.succeeded, len(camera.runs), camera.level) == ("camera", 47, RUNS_COUNTED, "risk")
    assert (phones.succeeded, len(phones.runs), phones.level) == (2, 2, "ok")


def test_the_page_and_its_part_tell_the_last_runs_in_words() -> None:
    poll("camera", 3, failed=1)
    client = log_in()
    page, part = (client.get(reverse(name)).content.decode() for name in ("sources", "polls"))

    for shown in (page, part):
        assert "<b>2</b> of the last 3 went well" in shown
        assert "90 requests left this hour" in shown
        assert "&lt;b&gt;refused&lt;/b&gt;" in shown
    assert "<html" not in part
    assert Client().get(reverse("polls")).status_code == 302


def test_operators_poll_now() -> None:
    poll("camera", 1, failed=1)
    Link.objects.create(source="camera", state="refused", state_since=timezone.now(), poll_seconds=30)
    operator = log_in(is_staff=True, is_superuser=True)
    assert "Poll now" in operator.get(reverse("sources")).content.decode()
    page = operator.post(reverse("poll-now"), {"source": "camera"}, follow=True).content.decode()
    unknown = operator.post(reverse("poll-now"), {"source": "<b>"}, follow=True).content.decode()

    assert "it is polled as soon as a worker is free" in page
    assert Poll.objects.get().due_at <= timezone.now()
    assert "&lt;b&gt;: it was never polled" in unknown


def test_nobody_else_does() -> None:
    poll("camera", 1)
    Link.objects.create(source="camera", state="live", state_since=timezone.now(), poll_seconds=30)
    viewer = log_in()

    assert "Poll now" not in viewer.get(reverse("sources")).content.decode()
    assert viewer.post(reverse("poll-now"), {"source": "camera"}).status_code == 403
