"""The character zero, which PostgreSQL refuses in texts: no address, form or cookie makes a page fail with it."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dashboard.live.admission import Ticket, read_session

pytestmark = pytest.mark.usefixtures("valkey")

SESSION = f'{settings.SESSION_COOKIE_NAME}="\\000another-session"'  # the quotes of RFC 2109 are still taken apart


def log_in() -> Client:
    """Return the browser of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_no_address_fails(each_database: str) -> None:
    client = log_in()
    drawers = [client.get(f"/combined/?open={kind}:calls:%00") for kind in ("vendor-session", "session")]
    details = client.get(reverse("vendor-details"), {"key": "calls:\0"})

    assert [(page.status_code, page.context["drawer"]) for page in drawers] == [(200, None), (200, None)]
    assert details.status_code == 404


def test_no_form_fails(each_database: str) -> None:
    client = log_in()
    forms = {"poll-now": "source", "split-identity": "handle", "decline-proposal": "handle"}
    answers = [client.post(reverse(name), {field: ["a\0", "\0"]}) for name, field in forms.items()]

    assert [answer.status_code for answer in answers] == [302, 302, 302]


def test_no_cookie_fails(each_database: str) -> None:
    answer = Client(headers={"Cookie": SESSION}).get(reverse("overview"))

    assert (answer.status_code, answer.headers["Location"]) == (302, "/login/?next=/overview/")


def test_such_a_cookie_is_no_session_for_a_socket_either() -> None:
    assert read_session({"headers": [(b"cookie", SESSION.encode())]}) == Ticket()
