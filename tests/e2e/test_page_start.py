"""Starting a session at a vendor, in a real browser: an impatient click more starts no second one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, Page, expect

from tests.e2e.center import visit
from tests.fakes.seeit import FakeSeeit, running_seeit
from tests.services.site import Site
from tests.services.waiting import until


@pytest.fixture
def seeit(site: Site, site_folder: Path) -> Iterator[FakeSeeit]:
    """A Seeit that the site knows, which answers when the test lets it."""
    with running_seeit() as seeit:
        seeit.gate.clear()
        entry = f'[camera]\nvendor = "seeit"\nurl = "{seeit.address}"\naccess_token = "t"\n'
        (site_folder / "sources.toml").write_text(entry)
        yield seeit


@pytest_asyncio.fixture(loop_scope="session", params=["with scripts", "without"])
async def starter(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Page:
    """The list of all vendors, open for somebody who may start sessions."""
    context = await browser.new_context(java_script_enabled=request.param == "with scripts")
    page = await context.new_page()
    await visit(page, await sync_to_async(site.log_in)("ingrid"), site.origin, "/combined/")
    return page


async def test_a_double_click_starts_one_session_and_shows_it(seeit: FakeSeeit, starter: Page) -> None:
    button = starter.get_by_role("button", name="Start a session")
    await button.evaluate("button => { button.click(); setTimeout(() => button.click(), 50); }")

    async def is_asked() -> bool:
        return seeit.starts > 0

    await until(is_asked, what="the vendor to be asked")
    seeit.gate.set()

    await expect(starter.get_by_text("123-456-789")).to_be_visible()
    assert seeit.starts == 1


async def test_the_button_rests_while_the_vendor_is_asked(seeit: FakeSeeit, site: Site, page: Page) -> None:
    await visit(page, await sync_to_async(site.log_in)("ingrid"), site.origin, "/combined/")
    button = page.get_by_role("button", name="Start a session")
    is_resting = await button.evaluate(
        "(button) => { button.click(); return new Promise((found) => setTimeout(() => found(button.disabled))); }"
    )
    seeit.gate.set()

    assert is_resting
    await expect(page.get_by_text("123-456-789")).to_be_visible()
    assert seeit.starts == 1
