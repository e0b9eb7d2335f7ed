"""The sign-in and Sources pages in a real browser, on the real site."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import override_settings
from playwright.async_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from dashboard.audit import Action
from dashboard.models import AuditEntry
from dashboard.roles import MANAGER, VIEWER
from realtime.status import LinkState
from tests.services.accessibility import violations
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer

HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # one that the site knows
HOSTILE = "helpdesk: <img src=x onerror=\"document.title='broken'\"> did not answer"


@pytest.fixture(scope="module")
def helpdesk(site: Site) -> Upstream:
    """The mirror of `helpdesk`, with one queue."""
    helpdesk = Upstream()
    helpdesk.add_queue("first")
    return helpdesk


@pytest.fixture
def upstream(helpdesk: Upstream) -> Iterator[Upstream]:
    """The same, live, whatever the test before left; sites of a test's own must not hear it."""
    helpdesk.say(state=LinkState.LIVE, error="", oddities={"support_session.mood": 3})
    with helpdesk.talking():
        yield helpdesk


@pytest.fixture
def environment(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """A site of this test's own: its empty database, and where to serve it."""
    with site_environment(tmp_path, django_db_blocker) as environment:
        yield environment


async def open_sources(page: Page, site: Site, username: str = "ingrid", role: str = MANAGER) -> str:
    """Show the Sources page to somebody who is logged in; return the session."""
    session: str = await sync_to_async(site.log_in)(username, role)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    await page.goto(site.origin + "/sources/")
    return session


async def expect_live(page: Page) -> None:
    """Wait until the page follows the server."""
    await expect(page.locator("#light-screen")).to_contain_text("live")
    await expect(page.locator("#light-screen")).not_to_contain_text("not live")


async def test_signing_in_and_out(site: Site, upstream: Upstream, page: Page) -> None:
    with override_settings(PASSWORD_HASHERS=HASHERS):
        await sync_to_async(User.objects.create_user)("erik", password="correct horse")
    await page.goto(site.origin + "/sources/")
    await page.get_by_label("User name").fill("erik")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("User name and password do not match")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(site.origin + "/sources/")
    await expect_live(page)
    await page.get_by_role("button", name="Sign out").click()

    await expect(page).to_have_url(site.origin + "/login/")


async def test_rows_and_states_change_by_themselves(site: Site, upstream: Upstream, page: Page) -> None:
    await open_sources(page, site)
    await expect_live(page)
    queues = page.locator("#sources-helpdesk .rows div", has_text="queue").first
    await expect(queues).to_have_text("queue1")
    await sync_to_async(upstream.add_queue)("second")
    await expect(queues).to_have_text("queue2")
    await sync_to_async(upstream.say)(state=LinkState.REFUSED, error=HOSTILE)

    await expect(page.locator("#sources-helpdesk .source__error")).to_contain_text(HOSTILE)
    await expect(page.locator("#sources-helpdesk")).to_contain_text("refused, needs an operator")
    await expect(page.locator("#light-appliance")).to_contain_text("refused")
    assert await page.locator("#board img").count() == 0


async def test_a_new_source_appears_and_the_advice_goes(
    environment: dict[str, str], tmp_path: Path, page: Page
) -> None:
    with serving(environment, tmp_path / "web.log") as site:
        await open_sources(page, site)
        await expect_live(page)
        await expect(page.locator("#tile-sources-blank")).to_be_visible()
        upstream = await sync_to_async(Upstream)("nightdesk")
        await sync_to_async(upstream.say)()

        await expect(page.locator("#sources .source__name")).to_have_text("nightdesk")
        await expect(page.locator("#tile-sources-blank")).to_be_hidden()


async def test_a_killed_server_is_found_again_without_reload(
    environment: dict[str, str], tmp_path: Path, page: Page
) -> None:
    upstream = await sync_to_async(Upstream)()
    await sync_to_async(upstream.say)()
    with upstream.talking(), ExitStack() as first:
        site = first.enter_context(serving(environment, tmp_path / "first.log"))
        await open_sources(page, site)
        await expect_live(page)
        await page.evaluate("window.isSamePage = true")
        site.process.end(signal.SIGKILL)
    await expect(page.locator("#light-screen")).to_contain_text("reconnecting")
    await expect(page.locator("#light-appliance")).to_contain_text("unknown")
    await sync_to_async(upstream.add_queue)("missed")
    with upstream.talking(), serving(environment, tmp_path / "second.log"):
        await expect_live(page)

        await expect(page.locator("#sources-helpdesk .rows div", has_text="queue").first).to_contain_text("1")
        await expect(page.locator("#light-appliance")).to_contain_text("live")
        assert await page.evaluate("window.isSamePage")


async def test_a_session_that_ends_elsewhere_is_said(site: Site, upstream: Upstream, page: Page) -> None:
    session = await open_sources(page, site)
    await expect_live(page)
    await sync_to_async(end_session)(session)

    await expect(page.get_by_role("alert")).to_contain_text("signed out")
    await expect(page.locator("#light-screen")).to_contain_text("signed out")
    assert await page.locator("html").get_attribute("data-live") == "down"


def end_session(session: str) -> None:
    """Log out elsewhere."""
    Session.objects.get(session_key=session).delete()


async def test_without_scripts_the_page_still_says_everything(site: Site, upstream: Upstream, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await open_sources(page, site)

    await expect(page.locator("#sources-helpdesk")).to_contain_text("live")
    await expect(page.locator("#sources-helpdesk .rows")).to_contain_text("queue")
    await expect(page.locator("#light-screen")).to_contain_text("not live")
    await page.get_by_role("button", name="Resynchronise helpdesk").click()
    await expect(page.get_by_role("status")).to_contain_text("was asked to subscribe anew")
    assert (await AuditEntry.objects.alatest("id")).action == Action.RESYNCHRONISED
    await context.close()


async def test_only_operators_may_resynchronise(site: Site, upstream: Upstream, page: Page) -> None:
    await open_sources(page, site, "viewer", VIEWER)
    await expect_live(page)

    assert await page.get_by_role("button", name="Resynchronise").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing(site: Site, upstream: Upstream, browser: Browser, scheme: str, width: int) -> None:
    # axe writes inline styles of its own; every other test watches the policy
    page = await browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(site.origin + "/login/")
    login = await violations(page)
    await open_sources(page, site)
    await expect_live(page)
    sources = await violations(page)
    await sync_to_async(upstream.say)(state=LinkState.RETRYING, error="helpdesk: the link was lost")
    await expect(page.locator("#sources-helpdesk .source__error")).to_be_visible()
    lost = await violations(page)

    assert login + sources + lost == []
