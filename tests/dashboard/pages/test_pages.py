"""The pages by their addresses: who sees them, what an address means, what a page costs."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from dashboard.boards.catalogue import LISTS
from dashboard.live.registry import choose_view
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from realtime.models import Link, SupportSession
from realtime.status import LinkState

pytestmark = pytest.mark.django_db
PAGES = ["/overview/", *(f"/{board}/" for board in LISTS)]


@pytest.fixture
def manager(client: Client) -> Client:
    """Somebody who is logged in."""
    user = User.objects.create_user("manager")
    give_role(user, MANAGER)
    client.force_login(user)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_while_there_is_no_source(manager: Client, path: str) -> None:
    response = manager.get(path)

    assert response.status_code == 200
    assert "not live" in response.text


LIST = "/sessions/?state=customer-gone&q=anna&sort=-age"
QUERIES = 10  # the session, the user, two for rights, links, targets, people, wallboards, saved views, teams


@pytest.mark.django_db(transaction=True)  # rows are read in a transaction of their own
def test_a_page_costs_the_same_queries_however_many_rows_it_has(
    manager: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        manager.get(LIST)
    Link.objects.create(source="helpdesk", state=LinkState.LIVE)
    counted, shown = [], []
    for number in range(3):
        SupportSession.objects.create(key=f"helpdesk:{number}", source="helpdesk", customer_name=f"Anna {number}")
        with CaptureQueriesContext(connection) as queries:
            text = manager.get(LIST).text
        counted.append(len(queries))
        shown.append(text.count('<tr id="sessions-helpdesk'))

    assert shown == [1, 2, 3]
    assert len(set(counted)) == 1


def test_the_search_keeps_the_rest_of_the_address(manager: Client) -> None:
    text = manager.get("/sessions/?state=waiting&sort=-age&q=anna&page=3").text

    assert '<input type="hidden" name="state" value="waiting">' in text
    assert '<input type="hidden" name="sort" value="-age">' in text
    assert 'name="page"' not in text
    assert 'value="anna"' in text


def test_a_search_is_text(manager: Client) -> None:
    text = manager.get("/sessions/", {"q": '"><script>alert(1)</script>'}).text

    assert "<script>alert" not in text


@pytest.mark.parametrize("opened", ["", "session", "session:", "nothing:helpdesk:1", "session:x", "x" * 5000])
def test_an_address_that_opens_nothing_shows_the_list(manager: Client, opened: str) -> None:
    response = manager.get("/sessions/", {"open": opened})

    assert response.status_code in (200, 404)  # an address beyond every limit is none of ours
    assert 'data-kind="' not in response.text


def test_a_thing_that_is_not_there_is_said(manager: Client) -> None:
    assert "No such session" in manager.get("/sessions/?open=session:helpdesk:1").text


def test_equal_addresses_share_a_view() -> None:
    user = AnonymousUser()
    one = choose_view("sessions", user, "state=waiting&state=assigned&page=1&open=session:a:b&utm=1")
    other = choose_view("sessions", user, "sort=urgency,age&state=assigned&state=waiting")

    assert one == other
    assert choose_view("sessions", user, "state=waiting") != one
