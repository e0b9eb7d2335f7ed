"""Saved views and the navigation in a real browser, with and without JavaScript, wide and narrow."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from playwright.async_api import Browser, Page, expect

from dashboard.models import SavedView, Team
from dashboard.roles import LEAD
from tests.services.accessibility import violations
from tests.services.site import Site

HOSTILE = "<img src=x onerror=\"document.title='broken'\"> \u202e" + "x" * 9


@pytest.fixture
def session(site: Site) -> str:
    """Somebody signed in, who has nothing saved and may save for one team."""
    SavedView.objects.all().delete()
    session = site.log_in("ingrid", LEAD)
    team, _ = Team.objects.get_or_create(name=HOSTILE)
    team.members.add(User.objects.get(username="ingrid"))
    return session


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser) -> AsyncIterator[Page]:
    """An empty page of a browser that runs no JavaScript."""
    context = await browser.new_context(java_script_enabled=False)
    yield await context.new_page()
    await context.close()


async def show(page: Page, site: Site, session: str, path: str, width: int = 1440) -> None:
    """Show a page to whoever is signed in."""
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    await page.set_viewport_size({"width": width, "height": 844})
    await page.goto(site.origin + path)


async def saved() -> list[tuple[str, str, str]]:
    """Return what is saved: name, board and query, in the order of the names."""
    return [row async for row in SavedView.objects.order_by("name").values_list("name", "board", "query")]


async def test_saving_renaming_and_deleting_without_javascript(site: Site, session: str, plain: Page) -> None:
    await show(plain, site, session, "/sessions/?state=waiting&page=2&nonsense=1")
    await plain.get_by_text("Save this view").click()
    await plain.get_by_label("Name", exact=True).fill("Everybody who waits")
    await plain.get_by_label("For", exact=True).select_option(label=f"my team {HOSTILE}")
    await plain.get_by_role("button", name="Save", exact=True).click()
    await expect(plain).to_have_url(f"{site.origin}/sessions/?state=waiting")
    await expect(plain.locator(".nav [aria-current=page]")).to_have_text("Everybody who waits")
    assert await saved() == [("Everybody who waits", "sessions", "state=waiting")]

    await plain.get_by_role("link", name="Saved views").click()
    await plain.locator("summary", has_text="Change").click()
    await plain.get_by_label("Name", exact=True).fill("Waiting")
    await plain.get_by_role("button", name="Rename").click()
    await expect(plain.locator(".nav__saved")).to_have_text("Waiting")
    assert await saved() == [("Waiting", "sessions", "state=waiting")]

    await plain.locator("summary", has_text="Change").click()
    await plain.get_by_role("button", name="Delete for the whole team").click()
    await expect(plain.locator(".nav__saved")).to_have_count(0)
    assert await saved() == []


async def test_a_refused_view_keeps_what_was_typed(site: Site, session: str, page: Page) -> None:
    await sync_to_async(SavedView.objects.create)(
        name="Waiting", board="queues", user=await User.objects.aget(username="ingrid")
    )
    await show(page, site, session, "/sessions/?q=vpn")
    await page.get_by_text("Save this view").click()
    await page.get_by_label("Name", exact=True).fill("Waiting")
    await page.get_by_role("button", name="Save", exact=True).click()

    await expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("already a view of this name")
    await page.get_by_label("Name", exact=True).and_(page.locator("#save-view-name")).fill("Waiting for VPN")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page).to_have_url(f"{site.origin}/sessions/?q=vpn")
    assert await saved() == [("Waiting", "queues", ""), ("Waiting for VPN", "sessions", "q=vpn")]


async def test_on_a_phone_six_entries_stand_below_and_the_rest_behind_more(
    site: Site, session: str, plain: Page
) -> None:
    team = await Team.objects.aget(name=HOSTILE)
    await SavedView.objects.acreate(name=HOSTILE, board="sessions", query="q=vpn", team=team)
    await show(plain, site, session, "/queues/", width=390)
    shown = plain.locator(".nav .nav__link").filter(visible=True)

    assert await shown.all_inner_texts() == ["Overview", "Queues", "Sessions", "Reps", "Vendors", "More"]
    await plain.locator(".nav__more summary").click()
    assert (await shown.all_inner_texts())[6:] == ["Trainings", "Wallboards", "Sources", HOSTILE, "All saved views"]
    assert await plain.evaluate("document.documentElement.scrollWidth") == 390

    await plain.locator(".nav__saved a").click()
    await expect(plain).to_have_url(f"{site.origin}/sessions/?q=vpn")


async def test_many_saved_views_scroll_within_the_navigation(site: Site, session: str, page: Page) -> None:
    ingrid = await User.objects.aget(username="ingrid")
    views = [SavedView(name=f"{number} {'W' * 50}", board="queues", user=ingrid) for number in range(50)]
    await SavedView.objects.abulk_create(views)
    await show(page, site, session, "/sources/")

    heights = await page.locator(".nav, .nav__brand").evaluate_all("all => all.map((one) => one.scrollHeight)")
    link = page.get_by_role("link", name="All saved views")
    await link.scroll_into_view_if_needed()

    assert heights == [844, 52]
    await expect(link).to_be_in_viewport()
    assert await page.evaluate("document.querySelector('.nav__rest').scrollWidth <= 212") is True


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing(site: Site, session: str, browser: Browser, width: int, theme: str) -> None:
    ingrid = await User.objects.aget(username="ingrid")
    team = await Team.objects.aget(name=HOSTILE)
    await SavedView.objects.acreate(name="Gone", board="abandoned", user=ingrid)
    await SavedView.objects.acreate(name=HOSTILE, board="sessions", query="state=waiting", team=team)
    page = await browser.new_page(bypass_csp=True)  # axe writes inline styles; the other tests watch the policy
    await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await show(page, site, session, "/saved-views/", width)
    for summary in await page.locator(".saved__change summary").all():
        await summary.click()
    if width < 640:
        await page.locator(".nav__more summary").click()

    assert await violations(page) == []
    assert await page.title() == "Saved views · Support center"
