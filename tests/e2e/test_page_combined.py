"""All vendors in a real browser on the real site: rows, people put together at once, a drawer that asks for more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from playwright.async_api import Browser, Page, expect

from dashboard.boards.clock import duration
from dashboard.roles import MANAGER
from realtime.status import LinkState
from tests.dashboard.vendor_sessions import vendor_session
from tests.fakes.seeit import SESSION_ID, FakeSeeit, running_seeit
from tests.services.accessibility import violations
from tests.services.site import Site, Upstream

HOSTILE = "<img src=x onerror=\"document.title='broken'\">"
SEEIT_ROW = f'[id="combined-camera%3A{SESSION_ID}"]'


@pytest.fixture(scope="module")
def seeit() -> Iterator[FakeSeeit]:
    """The vendor that is asked."""
    with running_seeit() as seeit:
        yield seeit


@pytest.fixture(scope="module")
def site_folder(site_folder: Path, seeit: FakeSeeit) -> Path:
    """The folder of a site that knows a Seeit."""
    sources = f'[camera]\nvendor = "seeit"\nurl = "{seeit.address}"\naccess_token = "t"\n'
    (site_folder / "sources.toml").write_text(sources)
    return site_folder


class Vendors:
    """Two polled sources, written by hand."""

    def __init__(self) -> None:
        self.camera, self.phones = Upstream("camera"), Upstream("phones")
        self.tell()

    def tell(self) -> None:
        """Both are current."""
        now = datetime.now(UTC)
        for upstream in (self.camera, self.phones):
            upstream.say(state=LinkState.LIVE, error="", last_contact_at=now, poll_seconds=600.0)
        self.phones.remove(vendor_session=["phones:c2", "phones:c3"])
        self.list(self.camera, "camera", SESSION_ID, technician=None, customer="Switch cabinet")
        self.call("c1", customer=HOSTILE)

    def call(self, key: str, **fields: Any) -> None:
        """Let there be a call; the phones know Pat by name only."""
        self.list(self.phones, "calls", key, technician="Pat Doe", technician_email=None, **fields)

    def list(self, upstream: Upstream, kind: str, key: str, **fields: Any) -> None:
        """Let a source list a session."""
        now = datetime.now(UTC)
        row = vendor_session(kind, now, external_id=key, joined_at=now - timedelta(seconds=42), **fields)
        upstream.commit(vendor_session={f"{upstream.status.source}:{key}": row})


@pytest.fixture(scope="module")
def vendors(site: Site) -> Vendors:
    """The vendors behind the site."""
    return Vendors()


async def show(page: Page, site: Site, path: str, *, is_live: bool = True) -> None:
    """Show a page to somebody who may act."""
    session: str = await sync_to_async(site.log_in)("ingrid", MANAGER)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    await page.goto(site.origin + path)
    if is_live:
        await expect(page.locator("html")).to_have_attribute("data-live", "live")


async def test_rows_come_and_end_by_themselves(site: Site, vendors: Vendors, page: Page) -> None:
    await sync_to_async(vendors.tell)()
    await show(page, site, "/combined/")
    row = page.locator('[id="combined-phones%3Ac1"]')
    await expect(row).to_contain_text("Talking")
    await expect(row).to_contain_text(HOSTILE)
    await sync_to_async(vendors.call)("c1", state="ended", ended_at=datetime.now(UTC), customer=HOSTILE)
    await expect(row).to_contain_text("Ended")
    await sync_to_async(vendors.call)("c2", state="ringing", customer="+353")

    await expect(page.locator('[id="combined-phones%3Ac2"]')).to_contain_text("Ringing")
    assert await page.locator("#board img").count() == 0


async def test_an_accepted_identity_puts_open_pages_together_at_once(
    site: Site, vendors: Vendors, page: Page, browser: Browser
) -> None:
    await sync_to_async(vendors.tell)()
    await show(page, site, "/combined/?form=people")
    await expect(page.locator(".person", has_text="Pat Doe")).to_contain_text("In session (1)")
    await expect(page.locator(".person", has_text="pat@example.com")).to_contain_text("In session (1)")
    await page.evaluate("window.isSamePage = true")
    other = await browser.new_page()
    await sync_to_async(vendors.list)(vendors.camera, "camera", SESSION_ID, technician="Pat Doe", customer="Cabinet")
    await show(other, site, "/people/", is_live=False)
    await other.get_by_role("button", name="One person").first.click()
    await expect(other.get_by_role("status")).to_contain_text("Done")

    await expect(page.locator(".person__busy")).to_contain_text("in 2 tools at once")
    assert await page.evaluate("window.isSamePage")
    await other.get_by_role("button", name="Undo").first.click()
    await expect(other.get_by_role("status")).to_contain_text("Undone")
    await expect(page.locator(".person__busy")).to_have_count(0)
    await other.close()


async def test_the_drawer_asks_the_vendor_and_says_when_it_does_not_answer(
    site: Site, vendors: Vendors, seeit: FakeSeeit, page: Page
) -> None:
    await sync_to_async(vendors.tell)()
    await show(page, site, "/combined/")
    await page.keyboard.press("j")
    await page.locator(f"{SEEIT_ROW} [data-open]").click()
    await expect(page.locator("#vendor-details")).to_contain_text("AVAILABLE")
    seeit.status = 500
    try:
        await page.reload()
        await expect(page.locator("#vendor-details")).to_contain_text("failed on its side")
        assert "AVAILABLE" not in await page.inner_text("#vendor-details")
        await expect(page.locator("#tile-vendor-session")).to_contain_text("Switch cabinet")
    finally:
        seeit.status = 0


async def test_a_dead_source_is_said_and_dims_its_rows_only(site: Site, vendors: Vendors, page: Page) -> None:
    await sync_to_async(vendors.tell)()
    await show(page, site, "/combined/")
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    await sync_to_async(vendors.camera.say)(
        state=LinkState.RETRYING, error="camera: no answer", last_contact_at=long_ago, poll_seconds=30.0
    )

    await expect(page.locator(".banner", has_text="camera")).to_contain_text("No contact with camera since")
    await expect(page.locator(SEEIT_ROW)).to_have_class("is-stale")
    await expect(page.locator("#combined .is-stale")).to_have_count(1)
    await expect(page.locator("#light-appliance")).to_contain_text("camera: failing")
    assert await page.locator('[id="combined-phones%3Ac1"]').get_attribute("class") != "is-stale"


async def test_the_clocks_of_a_dead_source_stand_and_go_on_with_it(site: Site, vendors: Vendors, page: Page) -> None:
    await sync_to_async(vendors.tell)()
    await show(page, site, "/combined/")
    lost_at = datetime.now(UTC) - timedelta(minutes=2)
    standing = page.locator(f'{SEEIT_ROW} time[data-source="camera"]').first
    running = page.locator('[id="combined-phones%3Ac1"] time[data-source="phones"]').first
    began = datetime.fromisoformat(await standing.get_attribute("data-since") or "")
    then = duration((lost_at - began).total_seconds())
    await sync_to_async(vendors.camera.say)(state=LinkState.RETRYING, last_contact_at=lost_at, poll_seconds=30.0)

    await expect(standing).to_have_text(then)
    await expect(running).not_to_have_text(await running.inner_text())
    await expect(standing).to_have_text(then)

    await sync_to_async(vendors.tell)()
    await expect(standing).not_to_have_text(then)
    assert await page.locator("#combined .is-stale").count() == 0


async def test_without_scripts_everything_is_there(
    site: Site, vendors: Vendors, seeit: FakeSeeit, browser: Browser
) -> None:
    await sync_to_async(vendors.tell)()
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await show(page, site, f"/combined/?open=vendor-session:camera%3A{SESSION_ID}", is_live=False)
    await expect(page.locator("#tile-vendor-session")).to_contain_text("Switch cabinet")
    asked = len(seeit.asked)
    await page.get_by_role("link", name="Ask Seeit for more").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("What Seeit tells")
    await expect(page.locator("main")).to_contain_text("AVAILABLE")
    assert seeit.asked[asked:] == [f"/seeit/v1/sessions/{SESSION_ID}"]
    await context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_axe_finds_nothing(site: Site, vendors: Vendors, browser: Browser, scheme: str, width: int) -> None:
    # axe writes inline styles of its own; the other tests watch the policy
    await sync_to_async(vendors.tell)()
    page = await browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    found = {}
    drawer = f"/combined/?open=vendor-session:camera%3A{SESSION_ID}"
    for path in (
        "/combined/",
        "/combined/?form=people",
        drawer,
        "/presentations/",
        "/people/",
        "/sources/",
        "/overview/",
    ):
        await show(page, site, path, is_live=path != "/people/")
        if path == drawer:
            await expect(page.locator("#vendor-details")).to_contain_text("AVAILABLE")
        found[path] = await violations(page)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}
