"""A screen in a real browser, from its code to its wallboard, and what somebody does to it from another one."""

import signal
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from playwright.async_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from dashboard.displays.tokens import TOKEN
from dashboard.models import Display
from dashboard.roles import MANAGER
from tests.e2e.center import BUSY
from tests.services.accessibility import violations
from tests.services.displays import make_wallboard
from tests.services.site import Site, Upstream, serving, site_environment
from tests.services.valkey import ValkeyServer

NAME = "Floor 2 <b>left"
OVERFLOW = """() => {
  const { scrollWidth, scrollHeight } = document.documentElement;
  return [scrollWidth - innerWidth, scrollHeight - innerHeight];
}"""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SCREENS = [(1920, 1080), (3840, 2160), (1080, 1920)]


@pytest.fixture
def environment(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """A database with a source, a queue and two wallboards."""
    with site_environment(tmp_path, django_db_blocker) as environment:
        upstream = Upstream()
        upstream.say()
        upstream.add_queue("Retail")
        make_wallboard("queue")
        make_wallboard("executive")
        with upstream.talking():
            yield environment


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browser: Browser) -> AsyncIterator[Page]:
    """A screen on a wall. The test fails if anything on it throws, or breaks the content security policy."""
    faults: list[str] = []
    context = await browser.new_context(viewport={"width": 1920, "height": 1080})
    screen = await context.new_page()
    screen.on("pageerror", lambda error: faults.append(str(error)))
    screen.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield screen
    assert faults == []


async def sign_in(page: Page, site: Site) -> None:
    """Let a page be somebody's who looks after displays."""
    session: str = await sync_to_async(site.log_in)("ingrid", MANAGER)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only


async def pair(page: Page, screen: Page, site: Site) -> None:
    """Pair a screen as people do, by the address that a phone reads off it."""
    await screen.goto(f"{site.origin}/display/")
    code = await screen.locator(".pairing__code").get_attribute("aria-label") or ""
    await page.goto(f"{site.origin}/pair/?code={code.removeprefix('Code').replace(' ', '')}")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Name").fill(NAME)
    await page.get_by_label("Wallboard").select_option(label="Queue wall")
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("heading", name=NAME)).to_be_visible()


async def expect_wall(screen: Page, name: str) -> None:
    """Wait until a screen shows a wallboard, live."""
    await expect(screen.locator(".wall__name")).to_have_text(name, timeout=BUSY)
    await expect(screen.locator("html")).to_have_attribute("data-live", "live", timeout=BUSY)


async def identify(page: Page, screen: Page) -> None:
    """Have a screen say for a moment which one it is."""
    await page.get_by_role("button", name="Identify").click()
    await expect(screen.locator("#order")).to_have_text(NAME, timeout=BUSY)
    await expect(screen.locator("#order")).to_be_visible()
    await expect(screen.locator("#order")).to_be_hidden(timeout=BUSY)


async def test_a_screen_from_its_code_to_its_end(
    environment: dict[str, str], tmp_path: Path, page: Page, screen: Page
) -> None:
    with serving(environment, tmp_path / "web.log") as site:
        await sign_in(page, site)
        await pair(page, screen, site)
        await expect_wall(screen, "Queue wall")
        assert await screen.evaluate("() => document.cookie") == ""
        assert [one["name"] for one in await screen.context.cookies() if one["path"] == "/display/"] == [TOKEN]
        assert screen.url == f"{site.origin}/display/"
        await expect(page.locator(".display__facts")).to_contain_text("1920 × 1080", timeout=2 * BUSY)
        await expect(page.locator(".display__facts")).to_contain_text("live")

        await identify(page, screen)

        await page.locator("summary", has_text="Message").click()
        await page.get_by_label("Message").fill("Fire drill <i>now")
        await page.get_by_role("button", name="Send").click()
        await expect(screen.locator("#standing")).to_have_text("Fire drill <i>now", timeout=BUSY)

        await screen.evaluate("() => { window.isOld = true; }")
        await page.get_by_role("button", name="Reload").click()
        await expect(page.get_by_text("loads its page anew.")).to_be_visible()
        await screen.wait_for_function("() => !window.isOld", timeout=BUSY)
        await expect(screen.locator("#standing")).to_be_visible(timeout=BUSY)

        await page.get_by_label(f"Wallboard of {NAME}").select_option(label="Executive")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_text("shows Executive from now on.")).to_be_visible()
        await expect_wall(screen, "Executive")

        await page.locator("summary", has_text="Disconnect").click()
        await page.get_by_role("button", name="Disconnect it now").click()
        await expect(screen.get_by_text("This screen was disconnected")).to_be_visible(timeout=BUSY)
        assert await screen.locator("#board").count() == 0
        for part in ("#standing", "#order", "#wall-lost"):
            await expect(screen.locator(part)).to_be_hidden()
        await expect(screen.locator(".pairing__code")).to_be_visible(timeout=2 * BUSY)
        await expect(screen.locator(".pairing__news").first).to_contain_text("was disconnected")


async def test_a_screen_survives_the_server(
    environment: dict[str, str], tmp_path: Path, page: Page, screen: Page
) -> None:
    with serving(environment, tmp_path / "first.log") as first:
        await sign_in(page, first)
        await pair(page, screen, first)
        await expect_wall(screen, "Queue wall")
        first.process.end(signal.SIGKILL)
    await expect(screen.locator("#wall-lost")).to_be_visible(timeout=BUSY)
    await expect(screen.locator(".wall__name")).to_have_text("Queue wall")
    with serving(environment, tmp_path / "second.log"):
        await expect(screen.locator("#wall-lost")).to_be_hidden(timeout=BUSY)
        await expect_wall(screen, "Queue wall")
        display = await Display.objects.aget()
        await Display.objects.filter(pk=display.pk).aupdate(revoked_at=display.paired_at)
    with serving(environment, tmp_path / "third.log"):
        await expect(screen.get_by_text("This screen was disconnected")).to_be_visible(timeout=BUSY)


async def test_a_waiting_screen_survives_the_server_and_fits(
    environment: dict[str, str], tmp_path: Path, screen: Page
) -> None:
    with serving(environment, tmp_path / "first.log") as first:
        await screen.goto(f"{first.origin}/display/")
        code = await screen.locator(".pairing__code").get_attribute("aria-label")
        for width, height in SCREENS:
            await screen.set_viewport_size({"width": width, "height": height})
            overflow = await screen.evaluate(OVERFLOW)
            assert overflow == [0, 0]
            for part in (".pairing__code", ".pairing__qr svg", ".pairing__foot", "h1"):
                box = await screen.locator(part).bounding_box()
                assert box is not None
                assert 0 <= box["x"] <= box["x"] + box["width"] <= width
                assert 0 <= box["y"] <= box["y"] + box["height"] <= height
        first.process.end(signal.SIGKILL)
    await expect(screen.locator("#light")).to_contain_text("no contact", timeout=BUSY)
    with serving(environment, tmp_path / "second.log"):
        await expect(screen.locator("#light")).to_contain_text("live", timeout=BUSY)
        assert await screen.locator(".pairing__code").get_attribute("aria-label") == code


async def test_a_screen_whose_scripts_never_came_loads_itself_anew(
    environment: dict[str, str], tmp_path: Path, screen: Page
) -> None:
    with serving(environment, tmp_path / "web.log") as site:
        await screen.route("**/js/screen/waiting.js", lambda route: route.abort())
        await screen.goto(f"{site.origin}/display/")
        await screen.unroute("**/js/screen/waiting.js")
        await expect(screen.locator("html")).to_have_attribute("data-live", "live", timeout=2 * BUSY)


async def test_a_browser_without_cookies_is_told_so(environment: dict[str, str], tmp_path: Path, screen: Page) -> None:
    with serving(environment, tmp_path / "web.log") as site:
        await screen.goto(f"{site.origin}/display/")
        await screen.context.clear_cookies()
        await expect(screen.locator("#cookies")).to_be_visible(timeout=BUSY)


async def test_the_pages_of_displays_are_accessible_and_fit(
    environment: dict[str, str], tmp_path: Path, browser: Browser, screen: Page
) -> None:
    page = await browser.new_page(bypass_csp=True)  # axe writes inline styles; the other tests watch the policy
    with serving(environment, tmp_path / "web.log") as site:
        await sign_in(page, site)
        await pair(page, screen, site)
        display = await Display.objects.aget()
        found = {}
        for path in ("/display/", "/displays/", "/pair/", f"/displays/{display.pk}/"):
            for width, theme in product((390, 1440, 3840), THEMES):
                await page.set_viewport_size({"width": width, "height": 900})
                await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                await page.goto(site.origin + path)
                overflow = await page.evaluate(OVERFLOW)
                is_looked_at = (width, theme) in ((390, "light"), (1440, "dark"))
                wrong = await violations(page) if is_looked_at else []
                found[path, width, theme] = (overflow[0] > 0, wrong)
    assert found == dict.fromkeys(found, (False, []))
