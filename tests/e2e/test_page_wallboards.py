"""Wallboards in a real browser on the real site: they fit any screen, turn, stay, and follow their editor."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.async_api import Browser, Page, Route, expect
from pytest_django import DjangoDbBlocker

from dashboard.live.topics import HISTORY, WALLBOARDS
from dashboard.models import Wallboard
from dashboard.wallboards import stored
from dashboard.wallboards.definition import Announcement, Figure, Form, Kind, Theme, Tile
from dashboard.wallboards.definition import Page as WallPage
from dashboard.wallboards.templates import TEMPLATES
from realtime.models import KnownQueue, Sample
from realtime.sampling import minute_of
from tests.dashboard.daylight import ZONES, changes
from tests.e2e.center import BUSY, Center, expect_live, running_center, show, visit
from tests.e2e.mirroring import SOURCE
from tests.services.accessibility import violations
from tests.services.browser import running_browser
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until, wait_until

HOSTILE = "<img src=x onerror=\"document.title='broken'\">"
LONG_ZONE = "America/North_Dakota/New_Salem"
SCREENS = [(1920, 1080), (3840, 2160), (1080, 1920), (1366, 768), (1024, 768), (3440, 1440)]

FAULTS = """() => {
  const found = [];
  const isSeen = (one) => one.getClientRects().length && !one.closest("[popover], svg, .visually-hidden");
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const page = document.scrollingElement;
  if (page.scrollHeight > innerHeight || page.scrollWidth > innerWidth) found.push("the page scrolls");
  for (const box of document.querySelectorAll(".wall__head, .wall__tiles, .wall__foot, .wtile, .wq, .wrow, .wrep")) {
    if (!isSeen(box)) continue;
    const around = box.parentElement.closest(".wqs, .wrows, .wreps, .wtile, .wall__tiles") ?? document.body;
    const outer = around.getBoundingClientRect();
    const inner = box.getBoundingClientRect();
    if (inner.bottom > outer.bottom + 1 || inner.right > outer.right + 1) found.push(`${box.className} is cut`);
  }
  for (const text of document.querySelectorAll(".wall__tiles :is(span, p, h2, b, bdi, time, small)")) {
    if (!isSeen(text) || text.children.length || !text.textContent.trim()) continue;
    if (parseFloat(getComputedStyle(text).fontSize) < 1.74 * rem) found.push(`${text.className} is too small`);
    const box = text.closest(".wq, .wrow, .wrep, .wtile__body, .wtile").getBoundingClientRect();
    const own = text.getBoundingClientRect();
    let mayEnd = text.closest(".wtile__note") !== null; // whole words are left out there; names end in an ellipsis
    for (let one = text; one !== null; one = one.parentElement) {
      mayEnd ||= getComputedStyle(one).textOverflow === "ellipsis";
    }
    const isOut = own.bottom > box.bottom + 1 || (!mayEnd && own.right > box.right + 1);
    if (isOut && !text.closest(".wtile__note")) found.push(`${text.textContent} is cut`);
  }
  return found;
}"""


TIMES = """async ([zone, moments]) => {
  const { timeOfDay } = await import(new URL("wall/clock.js", document.querySelector("script[src$='wall.js']").src));
  document.getElementById("wall-head").dataset.zone = zone;
  return moments.map((at) => timeOfDay(at));
}"""


NAMES = """(turn) => document.getElementById("wall-turn").innerText.includes(turn) &&
  [...document.querySelectorAll(".wrep")].filter((one) => one.checkVisibility()).map((one) => one.innerText)"""

CLOCKS_AGREE = """() => document.querySelector(".wtile--clock .wtile__value").innerText ===
  document.querySelector(".wall__clock").innerText"""


@pytest.fixture(scope="module")
def center(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Center]:
    """A center with more queues and representatives than fit, some of them past their target."""
    with running_center(tmp_path_factory.mktemp("center"), django_db_blocker) as center:
        for number in range(12):
            queue = center.add_queue(f"{HOSTILE if number == 1 else 'Queue with a rather long name'} {number}")
            for waiting in range(number % 3):
                center.begin_session(queue, f"Customer {HOSTILE}", seconds_ago=5 + 90 * (number % 2) + waiting)
        for number in range(60):
            center.insert("representative", private_display_name=f"Somebody Longname-{number}", username=f"u{number}")
        for template in TEMPLATES.values():
            made = replace(template.wallboard, zone=LONG_ZONE)
            stored.create(User.objects.get_or_create(username="maker")[0], made)
        WALLBOARDS.announce()
        yield center


def publish(slug: str, **changes: Any) -> None:
    """Change a published wallboard, as its editor does."""
    wallboard = Wallboard.objects.get(slug=slug)
    made = replace(stored.definition_of(wallboard), **changes)
    stored.publish(User.objects.get(username="maker"), wallboard, made)
    WALLBOARDS.announce()


async def open_wall(page: Page, center: Center, slug: str) -> None:
    """Show a wallboard."""
    session = await sync_to_async(center.log_in)()
    await show(page, center, session, f"/wallboards/{slug}/")
    await expect(page.locator(".wtile:visible").first).to_be_visible(timeout=BUSY)  # of whichever page has its turn


@pytest.mark.parametrize("slug", ["queue-wall", "team-wall", "floor-wall", "executive"])
async def test_every_template_fits_every_screen(browser: Browser, center: Center, slug: str) -> None:
    page = await browser.new_page()
    await open_wall(page, center, slug)
    turns = await page.evaluate("JSON.parse(document.getElementById('wall-head').dataset.turns)")
    for width, height in SCREENS:
        await page.set_viewport_size({"width": width, "height": height})
        for number in range(len(turns)):
            await page.evaluate(f"document.documentElement.dataset.wallPage = {number + 1}")
            assert await page.evaluate(FAULTS) == [], f"{slug}, page {number + 1}, {width} x {height}"
    await page.close()


async def test_the_screen_says_the_time_of_a_zone_as_the_server_does_around_its_changes(
    page: Page, center: Center
) -> None:
    await open_wall(page, center, "queue-wall")
    for zone in ZONES:
        moments = [change + timedelta(minutes=15 * number) for change in changes(zone) for number in range(-13, 14)]
        times = await page.evaluate(TIMES, [zone, [round(at.timestamp() * 1000) for at in moments]])
        assert times == [f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for at in moments], zone


async def test_hostile_names_are_text(page: Page, center: Center) -> None:
    await open_wall(page, center, "queue-wall")
    await expect(page.locator(".wq__name", has_text="<img").first).to_be_attached(timeout=BUSY)
    assert await page.locator(".wall img").count() == 0
    assert await page.title() != "broken"


async def names_during(page: Page, turn: str) -> list[str]:
    """Return who is on the wall while it says whose turn it is: read at once, for a turn is short."""
    found = await page.wait_for_function(NAMES, arg=turn, timeout=BUSY)
    names: list[str] = await found.json_value()
    return names


async def test_pages_and_parts_take_turns(page: Page, center: Center) -> None:
    tiles = (Tile(Kind.REPRESENTATIVES, 1, 1, 12, 3),)
    pages = (WallPage("People", 5, tiles), WallPage("Clock", 5, (Tile(Kind.CLOCK, 1, 1, 12, 8),)))
    await sync_to_async(publish)("team-wall", pages=pages)
    await open_wall(page, center, "team-wall")
    first = await names_during(page, "People 1/2 · part 1/")
    second = await names_during(page, "part 2/")
    assert first and second and not set(first) & set(second)
    for _ in range(8):
        await page.keyboard.press("ArrowRight")
    await expect(page.locator(".wtile--clock")).to_be_visible(timeout=BUSY)
    await page.wait_for_function(CLOCKS_AGREE, timeout=BUSY)


async def test_what_an_editor_changes_is_on_the_open_screen_at_once(page: Page, center: Center) -> None:
    await open_wall(page, center, "executive")
    await page.evaluate("document.body.dataset.same = 'page'")
    await sync_to_async(publish)("executive", announcement=Announcement(f"Lunch {HOSTILE}"), theme=Theme.LIGHT)
    await expect(page.locator(".announce")).to_contain_text(f"Lunch {HOSTILE}", timeout=BUSY)
    await expect(page.locator("html")).to_have_attribute("data-theme", "light", timeout=BUSY)
    rows = (WallPage("Rows", 20, (Tile(Kind.QUEUES, 1, 1, 12, 8, form=Form.ROWS),)),)
    await sync_to_async(publish)("executive", pages=rows)
    await expect(page.locator(".wtile")).to_have_count(1, timeout=BUSY)
    await expect(page.locator(".wtile--rows .wq").first).to_be_visible()
    assert await page.locator("body").get_attribute("data-same") == "page"
    assert await page.evaluate(FAULTS) == []


async def test_the_last_picture_stays_with_its_age_and_the_screen_comes_back(page: Page, center: Center) -> None:
    await open_wall(page, center, "queue-wall")
    await page.context.set_offline(True)
    await page.evaluate("document.dispatchEvent(new Event('live:lost'))")
    lost = page.locator("#wall-lost")
    await expect(lost).to_be_visible(timeout=BUSY)
    await expect(lost).to_contain_text("Nothing below is now.")
    await expect(lost.locator("[data-lost=age]")).to_contain_text("old")
    clock = page.locator(".wq__num--time[data-since]").first
    stood = await clock.inner_text()
    age = await lost.locator("[data-lost=age]").inner_text()
    await expect(lost.locator("[data-lost=age]")).not_to_have_text(age, timeout=BUSY)
    assert await clock.inner_text() == stood
    await page.context.set_offline(False)
    await expect(lost).to_be_hidden(timeout=BUSY)
    await expect(clock).not_to_have_text(stood, timeout=BUSY)


@pytest.mark.parametrize("slug", ["queue-wall", "floor-wall"])
async def test_an_announcement_and_a_lost_link_at_once_leave_everything_legible(
    page: Page, center: Center, slug: str
) -> None:
    await sync_to_async(publish)(slug, announcement=Announcement("Tell every caller. " * 8))
    await open_wall(page, center, slug)
    await expect(page.locator(".announce")).to_be_visible(timeout=BUSY)
    await page.context.set_offline(True)
    await page.evaluate("document.dispatchEvent(new Event('live:lost'))")
    await expect(page.locator("#wall-lost")).to_be_visible(timeout=BUSY)
    for width, height in ((1920, 1080), (1080, 1920)):
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate(FAULTS) == [], f"{width} x {height}"
    await page.context.set_offline(False)
    await sync_to_async(publish)(slug, announcement=Announcement(""))


async def test_a_trend_shows_the_last_hour_and_no_line_where_nobody_watched(page: Page, center: Center) -> None:
    def remember() -> str:
        wait_until(lambda: Sample.objects.filter(source=SOURCE).exists(), BUSY / 1000, "the mirror's own sample")
        queue, now = KnownQueue.objects.order_by("key").first(), minute_of(timezone.now())
        assert queue is not None
        watched = [now - ago for ago in range(1, 45) if not 20 <= ago < 30]
        samples = [Sample(source=SOURCE, minute=minute, waits={queue.key: [70, 90]}) for minute in watched]
        Sample.objects.bulk_create(samples, ignore_conflicts=True)
        pages = (WallPage("Trend", 20, (Tile(Kind.TREND, 1, 1, 12, 8, Figure.WAITING),)),)
        made = replace(TEMPLATES["queue"].wallboard, name="Trend", pages=pages)
        wallboard = stored.create(User.objects.get(username="maker"), made)
        for topic in (WALLBOARDS, HISTORY):
            topic.announce()
        return wallboard.slug

    await open_wall(page, center, await sync_to_async(remember)())
    line = page.locator(".spark__line")
    await expect(line).to_have_attribute("d", re.compile(r"^M[^M]+M[^M]+$"), timeout=BUSY)
    await expect(page.locator(".wtile--trend")).to_contain_text("most 70")  # the mirror looks too: at twelve
    await page.get_by_role("button", name="Explain Waiting, last hour").click(force=True)
    await expect(page.locator(".explained:popover-open")).to_contain_text("a look a minute")
    assert await page.evaluate(FAULTS) == []


async def test_a_click_explains_a_figure(page: Page, center: Center) -> None:
    await open_wall(page, center, "queue-wall")
    await page.get_by_role("button", name="Explain Waiting", exact=True).click(force=True)
    explained = page.locator(".explained:popover-open")
    await expect(explained).to_contain_text("that no representative is in")
    await expect(explained).to_contain_text("Queue with a rather long name")
    await page.keyboard.press("Escape")
    await expect(explained).to_have_count(0)
    assert await page.evaluate(FAULTS) == []


async def test_sound_is_armed_by_somebody_who_hears_it(page: Page, center: Center) -> None:
    await open_wall(page, center, "queue-wall")
    button = page.locator("#wall-sound")
    await expect(button).to_have_text("Sound blocked: click")
    assert await button.get_attribute("data-sound") == "blocked"
    await button.click(force=True)
    await expect(button).to_contain_text("Sound on, tested")
    assert await button.get_attribute("data-sound") == "on"


async def test_sound_is_on_by_itself_where_the_browser_allows_it_also_after_a_reload(center: Center) -> None:
    async with running_browser("--autoplay-policy=no-user-gesture-required") as allowing:
        page = await allowing.new_page()
        await open_wall(page, center, "queue-wall")
        for _ in range(2):
            await expect(page.locator("#wall-sound")).to_have_text("Sound on")
            assert await page.locator("#wall-sound").get_attribute("data-sound") == "on"
            await page.reload()


async def test_the_editor_shows_its_draft_in_the_real_screen(page: Page, center: Center) -> None:
    session = await sync_to_async(center.log_in)("manager")
    await visit(page, session, center.site.origin, "/wallboards/floor-wall/edit/")
    preview = page.frame_locator("#preview")
    await expect(preview.locator(".wall__name")).to_have_text("Floor wall", timeout=BUSY)
    await page.fill("#wall-name", f"Hall {HOSTILE}")
    await page.keyboard.press("Tab")
    await expect(preview.locator(".wall__name")).to_have_text(f"Hall {HOSTILE}", timeout=BUSY)
    await page.focus("#box-1-3")
    await page.keyboard.press("Shift+ArrowUp")
    await expect(page.locator("[name='tile:1:3:height']")).to_have_value("2", timeout=BUSY)
    await expect(page.locator("#box-1-3")).to_be_focused()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator(".banner", has_text="published")).to_be_visible(timeout=BUSY)
    assert (await sync_to_async(Wallboard.objects.get)(slug="floor-wall")).name == f"Hall {HOSTILE}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, center: Center, scheme: Any) -> None:
    page = await browser.new_page(bypass_csp=True, color_scheme=scheme)  # axe writes inline styles
    session = await sync_to_async(center.log_in)("manager")
    found = {}
    for path in ("/wallboards/", "/wallboards/queue-wall/edit/", "/wallboards/queue-wall/"):
        await visit(page, session, center.site.origin, path)
        await expect_live(page) if path.endswith("wall/") else None
        await page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
        found[path] = await violations(page)
    await page.close()
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def test_the_editor_works_without_scripts(browser: Browser, center: Center) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    session = await sync_to_async(center.log_in)("manager")
    await visit(page, session, center.site.origin, "/wallboards/queue-wall/edit/")
    await page.get_by_role("button", name="Add a page").click()
    await page.locator("[name='page:2:name']").fill("By hand")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator(".banner", has_text="published")).to_be_visible(timeout=BUSY)
    await expect(page.locator("[name='page:2:name']")).to_have_value("By hand")
    wallboard = await Wallboard.objects.aget(slug="queue-wall")
    assert [one["name"] for one in wallboard.definition["pages"]][1:] == ["By hand"]
    await context.close()


@pytest.mark.parametrize("failure", ["an error", "no answer"])
async def test_what_the_editor_could_not_keep_is_said_and_kept_by_another_try(
    page: Page, center: Center, failure: str
) -> None:
    session = await sync_to_async(center.log_in)("manager")
    await visit(page, session, center.site.origin, "/wallboards/queue-wall/edit/")

    async def fail(route: Route) -> None:
        await (route.fulfill(status=500) if failure == "an error" else route.abort())

    await page.route("**/edit/", fail)
    notice = page.locator("[data-notice=not-kept]")
    await expect(notice).to_be_hidden()
    await page.locator("#wall-name").fill(f"Kept after {failure}")
    await page.locator("#wall-name").press("Tab")
    await expect(notice).to_be_visible(timeout=BUSY)
    await page.unroute("**/edit/")
    await notice.get_by_role("button", name="Try again").click()

    await expect(notice).to_be_hidden(timeout=BUSY)
    await expect(page.locator("#wall-name")).to_have_value(f"Kept after {failure}")
    wallboard = await Wallboard.objects.aget(slug="queue-wall")
    assert wallboard.draft is not None
    assert wallboard.draft["name"] == f"Kept after {failure}"


async def test_a_screen_that_stands_for_long_does_not_grow(page: Page, center: Center) -> None:
    await open_wall(page, center, "queue-wall")
    queue = await sync_to_async(center.add_queue)("Grown")

    client = await page.context.new_cdp_session(page)

    async def live_on(rounds: int) -> None:
        for _ in range(rounds):
            session = await sync_to_async(center.begin_session)(queue, "Somebody")
            await asyncio.sleep(0)
            await sync_to_async(center.end_session)(session)
        await expect_live(page)

    async def count() -> tuple[int, int]:
        await client.send("HeapProfiler.collectGarbage")
        counted = await client.send("Memory.getDOMCounters")
        return counted["nodes"], counted["jsEventListeners"]

    await live_on(20)
    nodes, listeners = await count()
    await live_on(60)
    later: list[tuple[int, int]] = []

    async def has_not_grown() -> bool:  # what is only garbage goes, on a busy machine after a while
        later.append(await count())
        return later[-1][0] <= nodes * 1.05 + 50 and later[-1][1] <= listeners

    await until(has_not_grown, what="as few nodes and listeners as before")
    assert later[-1][0] <= nodes * 1.05 + 50
    assert later[-1][1] <= listeners
