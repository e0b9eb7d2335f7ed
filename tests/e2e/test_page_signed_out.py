"""What an open page does once its session has ended elsewhere: it says so, keeps what was typed, and goes on."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.async_api import Page, Response, expect

from dashboard.models import Wallboard
from dashboard.roles import MANAGER
from dashboard.wallboards import stored
from dashboard.wallboards.definition import Wallboard as Definition
from dashboard.wallboards.templates import TEMPLATES
from tests.services.site import Site, Upstream
from tests.services.waiting import until

SESSION = "helpdesk:1"
OVER = "You are signed out"


@pytest.fixture
def waiting(upstream: Upstream) -> str:
    """The address of a list with a session that waits."""
    now = datetime.now(UTC)
    session = {"customer_name": "Cork Dairies", "created_at": now, "queue_entered_at": now, "lsid": "1", "priority": 2}
    client = {"support_session_id": SESSION, "client_type": "desktop", "hostname": "PC-7", "created_at": now}
    upstream.commit(support_session={SESSION: session}, customer_client={SESSION: client})
    return "/sessions/"


@pytest.fixture
def wallboard(site: Site) -> Wallboard:
    """A wallboard of this test's own."""
    return stored.create(User.objects.get_or_create(username="maker")[0], TEMPLATES["queue"].wallboard)


def draft_of(wallboard: Wallboard) -> Definition:
    """Return what the editor holds of a wallboard."""
    return stored.draft_of(Wallboard.objects.get(pk=wallboard.pk))


async def sign_in(page: Page, site: Site) -> str:
    """Give the browser a new session, as a sign-in in another tab does, and return it."""
    session: str = await sync_to_async(site.log_in)("ingrid", MANAGER)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    return session


def end(session: str) -> None:
    """Let a session end without a word to its sockets: no signal is sent."""
    Session.objects.filter(session_key=session)._raw_delete("default")


def take_rights(username: str) -> None:
    """Take somebody's role away."""
    User.objects.get(username=username).groups.clear()


async def show(page: Page, site: Site, path: str) -> str:
    """Open a page as somebody who is signed in, and return the session."""
    session = await sign_in(page, site)
    await page.goto(site.origin + path)
    return session


def is_refused(answer: Response) -> bool:
    """Say whether the page's list of polls was refused."""
    return urlsplit(answer.url).path == "/sources/polls/" and answer.status == 401


async def expect_said(page: Page) -> None:
    """Wait until the page says that the session is over, where it can be seen, and offers to sign in."""
    notice = page.locator("[data-notice=signed-out]")
    await expect(notice).to_be_in_viewport()
    await expect(notice).to_contain_text(OVER)
    await expect(notice.get_by_role("link", name="Sign in again")).to_be_visible()
    assert await page.get_by_label("Password").count() == 0


async def test_what_a_page_fetches_by_itself_never_becomes_the_sign_in(
    site: Site, upstream: Upstream, page: Page
) -> None:
    await page.clock.install()
    session = await show(page, site, "/sources/")
    await sync_to_async(end)(session)
    async with page.expect_response(is_refused) as answered:  # one may be under way that was asked for before
        await page.clock.fast_forward(15_000)

    await answered.value
    await expect_said(page)
    await expect(page.get_by_role("heading", name="Polls")).to_be_visible()


async def test_a_row_that_cannot_be_opened_any_more_changes_neither_page_nor_address(
    site: Site, waiting: str, page: Page
) -> None:
    session = await show(page, site, waiting)
    row = page.locator("#sessions tr", has_text="Cork Dairies")
    await expect(row).to_be_visible()
    await sync_to_async(end)(session)
    await row.locator("a").first.click()

    await expect_said(page)
    assert page.url == site.origin + waiting
    await expect(page.locator("#drawer")).to_be_hidden()
    await expect(row).to_be_visible()


async def test_a_row_that_fails_to_open_says_why_on_a_page_of_its_own(site: Site, waiting: str, page: Page) -> None:
    await show(page, site, waiting)
    await page.evaluate("window.isSamePage = true")
    await page.route("**/sessions/?open=*", lambda route: route.fulfill(status=500), times=1)
    await page.locator("#sessions tr", has_text="Cork Dairies").locator("a").first.click()

    await expect(page).to_have_url(f"{site.origin}{waiting}?open=session:helpdesk%3A1%401")
    await expect(page.locator("#drawer").get_by_role("heading", name="Cork Dairies")).to_be_visible()
    assert await page.evaluate("window.isSamePage") is None


async def test_the_editor_keeps_what_was_typed_and_goes_on_after_a_new_sign_in(
    site: Site, wallboard: Wallboard, page: Page
) -> None:
    session = await show(page, site, f"/wallboards/{wallboard.slug}/edit/")
    name = page.locator("#wall-name")
    await sync_to_async(end)(session)
    await name.fill("Typed without a session")
    await name.press("Tab")
    await expect_said(page)
    await expect(name).to_have_value("Typed without a session")
    async with page.expect_popup() as opened:
        await page.get_by_role("link", name="Sign in again").click()
    tab = await opened.value
    await page.context.clear_cookies()  # a sign-in makes forms of before it worthless
    await sign_in(page, site)
    await tab.close()
    await page.bring_to_front()
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    await expect(page.locator("[data-notice=signed-out]")).to_be_hidden()
    await expect(name).to_have_value("Typed without a session")
    await expect_draft(wallboard, "Typed without a session")
    await expect(page.frame_locator("#preview").locator(".wall__name")).to_contain_text("Typed without a session")


async def expect_draft(wallboard: Wallboard, name: str) -> None:
    """Wait until the draft has a name."""

    async def is_drafted() -> bool:
        return (await sync_to_async(draft_of)(wallboard)).name == name

    await until(is_drafted, 30, f"the draft of {name}")


async def test_who_signed_in_anew_elsewhere_loses_nothing_either(site: Site, wallboard: Wallboard, page: Page) -> None:
    await show(page, site, f"/wallboards/{wallboard.slug}/edit/")
    await page.context.clear_cookies()  # a sign-in makes forms of before it worthless
    await sign_in(page, site)
    await page.locator("#wall-name").fill("Typed with an old form")
    await page.locator("#wall-name").press("Tab")

    await expect_draft(wallboard, "Typed with an old form")
    await expect(page.locator("[data-notice=signed-out]")).to_be_hidden()
    await expect(page.locator("#wall-name")).to_have_value("Typed with an old form")
    assert page.url == f"{site.origin}/wallboards/{wallboard.slug}/edit/"


async def test_a_right_that_is_gone_is_said_and_what_was_typed_stays(
    site: Site, wallboard: Wallboard, page: Page
) -> None:
    await show(page, site, f"/wallboards/{wallboard.slug}/edit/")
    await sync_to_async(take_rights)("ingrid")
    await page.locator("#wall-name").fill("Typed without the right")
    await page.locator("#wall-name").press("Tab")

    await expect(page.locator("[data-notice=not-allowed]")).to_be_in_viewport()
    await expect(page.locator("#wall-name")).to_have_value("Typed without the right")
    assert (await sync_to_async(draft_of)(wallboard)).name != "Typed without the right"
