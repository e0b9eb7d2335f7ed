"""The Sources page without a server: who sees what, and what a resynchronisation honestly says."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard.permission import give_role
from dashboard.roles import MANAGER, VIEWER
from realtime.models import Link
from tests.services.valkey import ValkeyServer

pytestmark = pytest.mark.django_db(transaction=True)  # a copy is read in a transaction of its own


def log_in(role: str, **options: Any) -> Client:
    """Return the browser of somebody."""
    client = Client(**options)
    user = User.objects.create(username="ingrid")
    give_role(user, role)
    client.force_login(user)
    return client


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    for name in ("sources", "resynchronise"):
        assert client.post(reverse(name)).headers["Location"].startswith(reverse(settings.LOGIN_URL))


def test_without_sources_the_page_says_what_to_do() -> None:
    assert "No source yet" in log_in(VIEWER).get(reverse("sources")).content.decode()


def test_only_operators_see_and_may_ask() -> None:
    Link.objects.create(source="helpdesk", state="live", state_since="2026-03-11T18:42:00Z")
    viewer = log_in(VIEWER)

    assert "Resynchronise" not in viewer.get(reverse("sources")).content.decode()
    assert viewer.post(reverse("resynchronise"), {"source": "helpdesk"}).status_code == 403


def test_a_request_without_the_form_s_token_is_refused() -> None:
    assert log_in(MANAGER, enforce_csrf_checks=True).post(reverse("resynchronise")).status_code == 403


def test_asking_says_what_came_of_it(valkey: ValkeyServer) -> None:
    Link.objects.create(source="helpdesk", state="live")
    Link.objects.create(source="asleep", state="stopped")
    operator = log_in(MANAGER)

    def ask(source: str) -> str:
        return operator.post(reverse("resynchronise"), {"source": source}, follow=True).content.decode()

    assert "helpdesk: the mirror was asked to subscribe anew" in ask("helpdesk")
    assert "asleep: no mirror is running" in ask("asleep")
    assert "There is no such source any more" in ask("<b>gone</b>")
    valkey.stop()
    try:
        assert "helpdesk: the request was not delivered" in ask("helpdesk")
    finally:
        valkey.start()


def test_htmx_is_told_to_be_careful() -> None:
    page = log_in(VIEWER).get(reverse("sources")).content.decode()

    assert (
        '<meta name="htmx-config" content=\'{"selfRequestsOnly":true,"allowEval":false,"allowScriptTags":false,'
        '"includeIndicatorStyles":false,"historyCacheSize":0}\'>'
    ) in page


def test_unknown_addresses_get_our_page(client: Client) -> None:
    answer = client.get("/nothing/")

    assert answer.status_code == 404
    assert "No such page" in answer.content.decode()
