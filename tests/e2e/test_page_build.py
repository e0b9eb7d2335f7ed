"""A page loads another build by itself, once: a wall while nothing is past its limit, a list while nobody uses it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from playwright.async_api import Page, expect
from pytest_django import DjangoDbBlocker

from dashboard.wallboards import stored
from dashboard.wallboards.templates import TEMPLATES
from tests.e2e.center import BUSY, expect_live, visit
from tests.services.site import serving, site_environment
from tests.services.valkey import ValkeyServer

SOON = 25_000  # past the time within which screens spread their reloads
BETWEEN = 601_000


@pytest.fixture
def environment(tmp_path: Path, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """What sites are told that share a port and a database."""
    with site_environment(tmp_path, django_db_blocker) as environment:
        yield environment


async def expect_offer(page: Page) -> None:
    """Wait until the page was told of the second build."""
    await expect(page.locator("#light-appliance")).to_have_attribute("data-build", "second", timeout=BUSY)
    await expect_live(page)


async def expect_build(page: Page) -> None:
    """Wait until the page is of the second build, and loaded: screens spread that over 20 s."""
    await expect(page.locator("html")).to_have_attribute("data-build", "second", timeout=2 * BUSY)
    await expect_live(page)
    await page.wait_for_load_state()


async def test_a_wall_loads_a_new_build_once_and_at_a_quiet_moment(
    page: Page, loads: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    with serving(environment | {"BUILD": "first"}, tmp_path / "first.log") as site:
        session = await sync_to_async(site.log_in)("maker")
        maker = await sync_to_async(User.objects.get)(username="maker")
        wallboard = await sync_to_async(stored.create)(maker, TEMPLATES["queue"].wallboard)
        await page.clock.install(time=datetime.now(UTC))
        await visit(page, session, site.origin, f"/wallboards/{wallboard.slug}/")
        await expect_live(page)
        await page.evaluate("document.body.dataset.alert = 'something is past its limit'")
    with serving(environment | {"BUILD": "second"}, tmp_path / "second.log"):
        await expect_offer(page)
        await page.clock.fast_forward(SOON)
        await expect_live(page)
        assert len(loads) == 1
        await page.evaluate("delete document.body.dataset.alert")
        await expect_build(page)
        await page.clock.fast_forward(BETWEEN)
        await expect_live(page)
        await page.wait_for_load_state()
        assert len(loads) == 2


async def test_a_list_loads_a_new_build_once_and_loses_nothing_that_somebody_typed(
    page: Page, loads: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    with serving(environment | {"BUILD": "first"}, tmp_path / "first.log") as site:
        session = await sync_to_async(site.log_in)("maker")
        await page.clock.install(time=datetime.now(UTC))
        await visit(page, session, site.origin, "/sessions/?state=waiting")
        await expect_live(page)
        box = page.get_by_role("searchbox")
        await box.fill("vpn")
    with serving(environment | {"BUILD": "second"}, tmp_path / "second.log"):
        await expect_offer(page)
        for _ in range(3):
            await page.clock.fast_forward(SOON)
            await expect_live(page)
        assert (len(loads), await box.input_value()) == (1, "vpn")
        await box.fill("")
        await box.blur()
        await page.clock.fast_forward(SOON)
        await expect_build(page)
        await page.clock.fast_forward(BETWEEN)
        await expect_live(page)
        await page.wait_for_load_state()
        assert (loads, page.url) == (["/sessions/"] * 2, f"{site.origin}/sessions/?state=waiting")
