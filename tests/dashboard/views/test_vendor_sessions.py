"""What a vendor says of a session, asked for on demand, and sessions started from here, against a Seeit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from dashboard import once
from dashboard.models import AuditEntry, VendorRecord
from dashboard.once import make_key
from dashboard.roles import Right
from realtime.models import VendorSession
from tests.fakes.seeit import SESSION_ID, FakeSeeit, running_seeit
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

KEY = f"camera:{SESSION_ID}"
HOSTILE = "<img src=x onerror=alert(1)>{{ request }}"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


@pytest.fixture
def seeit(settings: Settings, tmp_path: Path, valkey: ValkeyServer) -> Iterator[FakeSeeit]:
    """A Seeit that sources.toml names, and a session of it that is stored."""
    VendorSession.objects.create(
        key=KEY,
        source="camera",
        vendor="seeit",
        external_id=SESSION_ID,
        kind="camera",
        state="ended",
        time_basis="exact",
        subject=HOSTILE,
        ended_at=datetime.now(UTC),
        url="javascript:alert(1)",
    )
    raw = {"supportKey": HOSTILE, "sessionDataDownloadUrl": "javascript:alert(2)", HOSTILE: HOSTILE}
    VendorRecord.objects.create(key=KEY, source="camera", raw=raw, fetched_at=datetime.now(UTC))
    with running_seeit() as seeit:
        sources = tmp_path / "sources.toml"
        sources.write_text(f'[camera]\nvendor = "seeit"\nurl = "{seeit.address}"\naccess_token = "secret-4711"\n')
        settings.SOURCES_FILE = sources
        yield seeit


def log_in(*permissions: str) -> Client:
    """Return the browser of somebody with these permissions."""
    user = User.objects.create(username="ingrid")
    sees = (Right.SEE_EVERYTHING, Right.SEE_CUSTOMERS)
    user.user_permissions.set(Permission.objects.filter(codename__in=(*permissions, *sees)))
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, key: str = KEY, *, as_part: bool = True) -> str:
    """Ask for more about a session, as the drawer does."""
    headers = {"HX-Request": "true"} if as_part else {}
    return client.get(reverse("vendor-details"), {"key": key}, headers=headers).content.decode()


def start_form(source: str = "camera") -> dict[str, str]:
    """Return what the form of a new page sends."""
    return {"source": source, "once": make_key()}


def test_the_drawer_shows_what_was_listed_and_does_not_wait_for_the_vendor(seeit: FakeSeeit) -> None:
    seeit.is_silent = True
    page = log_in().get(reverse("combined"), {"open": f"vendor-session:{KEY}"}).content.decode()

    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img" not in page
    assert 'href="javascript:' not in page
    assert "Open in Seeit" not in page
    assert f'hx-get="{reverse("vendor-details")}?key=camera%3A{SESSION_ID}"' in page


def test_more_is_asked_of_the_vendor(seeit: FakeSeeit) -> None:
    seeit.session["sessionNotes"] = HOSTILE
    client = log_in()
    part, page = ask(client), ask(client, as_part=False)

    assert "AVAILABLE" in part
    assert "<html" not in part
    assert "&lt;img src=x onerror=alert(1)&gt;" in part
    assert "<img" not in part
    assert "<html" in page
    assert "AVAILABLE" in page


@pytest.mark.parametrize(("status", "words"), [(401, "credentials"), (500, "failed on its side")])
def test_a_refusal_is_said_in_words(seeit: FakeSeeit, status: int, words: str) -> None:
    seeit.status = status

    assert words in ask(log_in())
    assert "secret-4711" not in ask(log_in_again())


def log_in_again() -> Client:
    """Return another browser of the same user."""
    client = Client()
    client.force_login(User.objects.get(username="ingrid"))
    return client


def test_a_source_that_is_gone_and_a_session_that_is_unknown(seeit: FakeSeeit, settings: Settings) -> None:
    client = log_in()
    assert client.get(reverse("vendor-details"), {"key": "camera:\x00nothing"}).status_code == 404
    settings.SOURCES_FILE = Path("/nowhere/sources.toml")

    assert "nobody can be asked" in ask(client)


def test_strangers_learn_nothing(seeit: FakeSeeit) -> None:
    for name in ("vendor-details", "start-session"):
        assert Client().get(reverse(name)).status_code == 302


def test_starting_a_session_needs_the_permission_and_is_written_down(seeit: FakeSeeit) -> None:
    viewer = log_in()
    assert "Start a session" not in viewer.get(reverse("combined")).content.decode()
    assert viewer.post(reverse("start-session"), start_form()).status_code == 403
    User.objects.all().delete()

    starter = log_in(Right.START_SESSION)
    assert "Start a session" in starter.get(reverse("combined")).content.decode()
    assert starter.get(reverse("start-session")).status_code == 405
    page = starter.post(reverse("start-session"), start_form()).content.decode()

    assert "123-456-789" in page
    assert 'href="https://seeit.example/start/1" rel="noopener noreferrer"' in page
    assert list(AuditEntry.objects.filter(target="camera").values_list("action", "actor", "detail")) == [
        ("session started", "ingrid", {"session": SESSION_ID}),
        ("session asked for", "ingrid", {}),
    ]


def test_a_start_link_that_is_no_safe_link_is_not_shown_as_one(seeit: FakeSeeit) -> None:
    seeit.started["startUrl"] = "javascript:alert(1)"
    page = log_in(Right.START_SESSION).post(reverse("start-session"), start_form()).content.decode()

    assert "javascript:" not in page
    assert "no link that can be opened safely" in page


def test_a_session_that_could_not_be_started_says_so(seeit: FakeSeeit) -> None:
    seeit.status = 403
    client = log_in(Right.START_SESSION)
    refused = client.post(reverse("start-session"), start_form(), follow=True).content.decode()
    unknown = client.post(reverse("start-session"), start_form("<b>"), follow=True).content.decode()

    assert "No session was started, as far as we know" in refused
    assert "there is no such source" in unknown
    [(action, detail)] = AuditEntry.objects.filter(target="camera").values_list("action", "detail")[:1]
    assert action == "session not started"
    assert detail["error"]


def post(client: Client, form: dict[str, str]) -> str:
    """Send the form of a new session, on a thread; return the page that comes of it."""
    try:
        return client.post(reverse("start-session"), form, follow=True).content.decode()
    finally:
        connections.close_all()


def test_a_form_that_is_sent_twice_starts_one_session_and_both_answers_show_it(seeit: FakeSeeit) -> None:
    client, again = log_in(Right.START_SESSION), log_in_again()
    page = client.get(reverse("combined")).content.decode()
    form = {"source": "camera", "once": page.partition('name="once" value="')[2].partition('"')[0]}
    seeit.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post, client, form)
        wait_until(lambda: seeit.starts, what="the vendor to be asked")
        second = pool.submit(post, again, form)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.5)  # it waits for the first one's answer
        seeit.gate.set()

        assert "123-456-789" in first.result()
        assert "123-456-789" in second.result()
    assert seeit.starts == 1
    assert AuditEntry.objects.filter(target="camera").count() == 2
    assert "123-456-789" in post(client, start_form())
    assert seeit.starts == 2


def test_what_was_sent_before_is_one_s_own_and_of_one_source(seeit: FakeSeeit, settings: Settings) -> None:
    sources = settings.SOURCES_FILE
    sources.write_text(sources.read_text() + sources.read_text().replace("[camera]", "[other]"))
    client, form = log_in(Right.START_SESSION), start_form()
    assert "123-456-789" in post(client, form)
    User.objects.filter(username="ingrid").update(username="before")
    seeit.started["supportKey"] = "another"

    assert "another" in post(client, form | {"source": "other"})
    assert "another" in post(log_in(Right.START_SESSION), form)


def test_a_failure_is_told_again_and_nothing_is_tried_again(seeit: FakeSeeit) -> None:
    seeit.status = 403
    client, form = log_in(Right.START_SESSION), start_form()
    pages = [post(client, form) for _ in range(2)]

    assert ["No session was started, as far as we know" in page for page in pages] == [True, True]
    assert seeit.starts == 1


def test_what_became_of_the_first_is_not_known(seeit: FakeSeeit, monkeypatch: pytest.MonkeyPatch) -> None:
    client, form = log_in(Right.START_SESSION), start_form()
    user = User.objects.get()
    monkeypatch.setattr(once, "PATIENCE_SECONDS", 0.0)
    cache.add(f"started:{user.pk}:camera:{form['once']}", "begun", 60)  # by a process that was killed since

    assert "whether one was started is not known" in post(client, form)
    assert seeit.starts == 0


@pytest.mark.parametrize("key", ["", "short", "ü" * 22, "a" * 5000])
def test_a_form_without_a_key_of_ours_starts_nothing(seeit: FakeSeeit, key: str) -> None:
    assert "the page was out of date" in post(log_in(Right.START_SESSION), {"source": "camera", "once": key})
    assert seeit.starts == 0
