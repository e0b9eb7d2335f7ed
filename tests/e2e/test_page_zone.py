"""A site with a time zone, in browsers far from it: what is today, and which times stand on pages, walls, in files."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, BrowserContext, Page, expect

from dashboard.boards.clock import day_bounds
from dashboard.live.topics import WALLBOARDS
from dashboard.wallboards import stored
from dashboard.wallboards.templates import TEMPLATES
from realtime.status import LinkState
from tests.dashboard.vendor_sessions import vendor_session
from tests.e2e.center import BUSY, expect_live, visit
from tests.services.displays import somebody
from tests.services.site import Site, Upstream

# Whichever of the two has no midnight while the tests run.
ZONE = "Pacific/Auckland" if not 9 <= datetime.now(UTC).hour < 13 else "America/New_York"
PLACE = ZONE.rpartition("/")[2].replace("_", " ")
FAR = "Asia/Kathmandu"  # 5:45 ahead, as no other zone is
CLOCK = "%a %d %B %Y, %H:%M:%S"
CREATED = datetime(2026, 3, 11, 18, 42, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def site_variables() -> dict[str, str]:
    """The site is somewhere."""
    return {"TIME_ZONE": ZONE}


@pytest.fixture(scope="module")
def midnight(site: Site) -> datetime:
    """When today ends on the site; two trainings are planned around it, and a session waits since long ago."""
    today_ends = day_bounds(datetime.now(UTC), ZONE)[1]
    trainings, helpdesk = Upstream("trainings"), Upstream()
    for upstream in (trainings, helpdesk):
        upstream.say(state=LinkState.LIVE, last_contact_at=datetime.now(UTC))
    for key, at in (("last", today_ends - timedelta(minutes=1)), ("first", today_ends)):
        row = vendor_session("trainings", CREATED, kind="training", state="scheduled", scheduled_at=at, started_at=None)
        trainings.commit(vendor_session={f"trainings:{key}": row | {"external_id": key, "subject": f"The {key}"}})
    helpdesk.commit(support_session={"helpdesk:1": {"customer_name": "Ada", "created_at": CREATED}})
    return today_ends


async def open_far(browser: Browser, *, scripts: bool = True) -> tuple[BrowserContext, Page]:
    """Return a page of a browser in another zone."""
    context = await browser.new_context(timezone_id=FAR, java_script_enabled=scripts)
    return context, await context.new_page()


async def show(page: Page, site: Site, path: str) -> None:
    """Show a page to a manager."""
    await visit(page, await sync_to_async(site.log_in)("mona"), site.origin, path)


def is_now(text: str) -> bool:
    """Say whether a page's clock shows now in the site's zone, and says so."""
    assert text.endswith(f" {PLACE}"), text
    shown = datetime.strptime(text.removesuffix(f" {PLACE}"), CLOCK).replace(tzinfo=ZoneInfo(ZONE))
    return abs(shown - datetime.now(UTC)) < timedelta(minutes=1)


async def test_today_ends_at_the_site_s_midnight(browser: Browser, site: Site, midnight: datetime) -> None:
    context, page = await open_far(browser)
    await show(page, site, "/presentations/")
    await expect_live(page)

    for key, phase, at in (("last", "next", midnight - timedelta(minutes=1)), ("first", "later", midnight)):
        row, local = page.locator(f'[id="presentations-trainings%3A{key}"]'), at.astimezone(ZoneInfo(ZONE))
        await expect(row).to_have_class(re.compile(f"show--{phase}"), timeout=BUSY)
        time = row.locator("time.time").first
        await expect(time).to_have_text(f"{local:%H:%M}" if phase == "next" else f"{local:%d %b %H:%M}")
        assert await time.get_attribute("title") == f"{local:%Y-%m-%d %H:%M:%S %Z}"
    await context.close()


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_page_s_clock_is_the_site_s_wherever_the_browser_is(
    browser: Browser, site: Site, midnight: datetime, scripts: bool
) -> None:
    context, page = await open_far(browser, scripts=scripts)
    await show(page, site, "/sessions/")
    clock = page.locator(".page-head__note time")
    first = await clock.inner_text()

    assert is_now(first), first
    if scripts:
        await expect(clock).not_to_have_text(first)  # it ticks
        assert is_now(await clock.inner_text())
    await context.close()


async def test_a_browser_that_does_not_know_the_zone_says_utc_s_time_as_such(
    browser: Browser, site: Site, midnight: datetime
) -> None:
    context, page = await open_far(browser)
    await show(page, site, "/sessions/")
    await page.evaluate("document.querySelector('[data-clock]').dataset.clock = 'Nowhere/Atlantis'")

    clock = page.locator(".page-head__note time")
    await expect(clock).to_have_text(re.compile(" UTC$"))
    shown = datetime.strptime(await clock.inner_text(), f"{CLOCK} UTC").replace(tzinfo=UTC)
    assert abs(shown - datetime.now(UTC)) < timedelta(minutes=1)
    await context.close()


async def test_a_wallboard_without_a_zone_goes_by_the_site_s_and_names_it(
    browser: Browser, site: Site, midnight: datetime
) -> None:
    def make() -> str:
        wallboard = stored.create(somebody(), TEMPLATES["queue"].wallboard)
        WALLBOARDS.announce()
        return wallboard.slug

    context, page = await open_far(browser)
    await show(page, site, f"/wallboards/{await sync_to_async(make)()}/")
    await expect_live(page)

    before = datetime.now(ZoneInfo(ZONE))
    shown = await page.inner_text(".wall__date"), await page.inner_text(".wall__clock")
    times = [before + timedelta(seconds=seconds) for seconds in range(-2, 30)]  # its clock ticks each second
    assert shown in {(f"{at:%A} {at.day} {at:%B}, {PLACE}", f"{at:%H:%M}") for at in times}
    await context.close()


def test_a_file_stays_in_utc(site: Site, midnight: datetime) -> None:
    answer = site.get("/sessions/export/", site.log_in("mona"))

    (row,) = csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert row["Created (UTC)"] == f"{CREATED:%Y-%m-%d %H:%M:%S}"
