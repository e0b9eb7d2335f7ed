"""How long a session lasts: what moves its end, and what ends it in any case."""

import time
from datetime import timedelta

import pytest
from django.conf import settings as real_settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from dashboard.accounts.session import ACTIVE_AT, BEGAN_AT, SessionStore
from tests.dashboard.accounts.signing_in import is_signed_in, make_browser, make_user, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("valkey")]

HOUR = 3600.0


def signed_in(**fields: str) -> Client:
    """Return the browser of somebody who just signed in."""
    browser = make_browser()
    sign_in(browser, make_user(), **fields)
    return browser


def row_of(browser: Client) -> Session:
    """Return the session's row."""
    key = browser.session.session_key
    return Session.objects.get(session_key=key)


def age(browser: Client, active_hours: float, began_hours: float | None = None) -> None:
    """Let time have passed since somebody did something, and since they signed in."""
    session = browser.session
    session[ACTIVE_AT] -= active_hours * HOUR
    session[BEGAN_AT] -= (active_hours if began_hours is None else began_hours) * HOUR
    session.save()
    row = row_of(browser)
    row.expire_date -= timedelta(hours=active_hours)
    row.save()


def hours_left(browser: Client) -> float:
    """Return how long the session lasts if nobody does anything, to a tenth of an hour."""
    return round((row_of(browser).expire_date - timezone.now()).total_seconds() / HOUR, 1)


def test_whoever_does_nothing_for_twelve_hours_is_signed_out() -> None:
    late, later = signed_in(), signed_in()
    age(late, 11.9)
    age(later, 12.1)

    assert (is_signed_in(late), is_signed_in(later)) == (True, False)
    assert later.get("/queues/").headers["Location"] == "/login/?next=/queues/"


@pytest.mark.parametrize("path", ["/queues/", "/account/", "/saved-views/", "/overview/"])
def test_whoever_does_something_gets_twelve_hours_more(path: str) -> None:
    browser = signed_in(remember="on")
    age(browser, 5)
    assert hours_left(browser) == 7

    browser.get(path)

    assert hours_left(browser) == 12
    assert browser.cookies[real_settings.SESSION_COOKIE_NAME]["max-age"] == 12 * HOUR


@pytest.mark.parametrize("path", ["/sources/polls/", "/displays/facts/"])
def test_what_a_page_asks_for_by_itself_is_no_activity(path: str) -> None:
    browser = signed_in()
    age(browser, 5)

    browser.get(path)
    browser.head("/queues/")

    assert hours_left(browser) == 7


def test_what_is_done_right_after_something_else_writes_nothing() -> None:
    browser = signed_in()
    before = row_of(browser)

    browser.get("/queues/")

    after = row_of(browser)
    assert (before.session_data, before.expire_date) == (after.session_data, after.expire_date)


def test_nobody_stays_for_more_than_seven_days() -> None:
    browser = signed_in()
    age(browser, 1, 7 * 24 - 2)

    browser.get("/queues/")

    assert hours_left(browser) == 2
    age(browser, 2.1)
    assert not is_signed_in(browser)


def test_a_session_from_before_there_were_ends_gets_one() -> None:
    browser = signed_in()
    session = browser.session
    for name in (BEGAN_AT, ACTIVE_AT):
        del session[name]
    session.save()

    browser.get("/queues/")

    assert abs(browser.session[BEGAN_AT] - time.time()) < 60
    assert hours_left(browser) == 12


def test_a_new_sign_in_begins_anew() -> None:
    browser = signed_in()
    age(browser, 1, 100)
    browser.post("/logout/")
    sign_in(browser, make_user())

    assert abs(browser.session[BEGAN_AT] - time.time()) < 60


async def test_it_is_the_same_where_it_is_saved_without_waiting() -> None:
    session = SessionStore()
    session[BEGAN_AT] = time.time() - 6.75 * 24 * HOUR
    session.set_expiry(5)  # what others set does not count

    ends_at = await session.aget_expiry_date()

    assert abs((ends_at - timezone.now()).total_seconds() - 6 * HOUR) < 60
    assert await session.aget_expiry_age() == session.get_expiry_age()
