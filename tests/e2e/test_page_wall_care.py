"""Walls look after themselves for a year: sound, drift, the pointer, the night, a new build. Time is the browser's own,
which the tests move: nobody waits for it.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from playwright.async_api import Browser, Page, expect

from dashboard.live.topics import WALLBOARDS
from dashboard.wallboards import stored
from dashboard.wallboards.definition import Kind, Night, Theme, Tile
from dashboard.wallboards.definition import Page as WallPage
from dashboard.wallboards.templates import TEMPLATES
from realtime.lasting import lasting_key
from tests.e2e.center import BUSY, expect_live, visit
from tests.services.site import Site, Upstream
from tests.services.waiting import until

COUNT_TONES = """window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };"""
COUNT_LOCKS = """window.locks = [];
Object.defineProperty(navigator, "wakeLock", { value: { request: async () => {
  const lock = { released: false };
  window.locks.push(lock);
  return lock;
} } });"""
"""A headless browser has no screen to keep awake."""
TEST_TONES, ALARM_TONES = 2, 3


async def open_wall(page: Page, site: Site, **changes: object) -> None:
    """Make a wallboard, and show it under a clock that the test moves."""

    def make() -> tuple[str, str]:
        session = site.log_in("maker")
        made = replace(TEMPLATES["queue"].wallboard, name="Care", **changes)  # type: ignore[arg-type]  # any field
        slug = stored.create(User.objects.get(username="maker"), made).slug
        WALLBOARDS.announce()
        return session, slug

    session, slug = await sync_to_async(make)()
    await page.clock.install(time=datetime.now(UTC))
    await visit(page, session, site.origin, f"/wallboards/{slug}/")
    await expect_live(page)


async def stop_clock(page: Page) -> None:
    """Let no time pass but what the test moves; a clock goes on by itself from when it is installed."""
    await page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))


def keep_waiting(upstream: Upstream, name: str) -> str:
    """Let somebody wait in a queue of this name, past its target; return the session's key."""
    queue = {"name": name, "type": "team", "code_name": name}
    key, session = f"helpdesk:{name}", f"helpdesk:{name}-waiting"
    known = {**queue, "queue_id": key}
    since = datetime.now(UTC) - timedelta(minutes=9)
    upstream.commit(
        queue={key: queue},
        known_queue={lasting_key(key, queue): known},
        support_session={session: {"queue_id": key, "queue_entered_at": since, "created_at": since}},
        customer_client={session: {"support_session_id": session}},
    )
    return session


async def until_tones(page: Page, count: int) -> None:
    """Wait until a screen has played so many tones."""

    async def are_played() -> bool:
        return bool(await page.evaluate("window.tones") >= count)

    await until(are_played, BUSY / 1000, f"{count} tones")


async def test_an_alarm_sounds_again_until_somebody_acknowledges_it(page: Page, site: Site, upstream: Upstream) -> None:
    await page.add_init_script(COUNT_TONES)
    await open_wall(page, site)
    await page.locator("#wall-sound").click(force=True)
    await expect(page.locator("#wall-sound")).to_contain_text("Sound on")
    await sync_to_async(keep_waiting)(upstream, "Alarm")
    await expect(page.locator("[data-alert]").first).to_be_attached(timeout=BUSY)
    for times in (1, 2, 3):
        sounded = TEST_TONES + times * ALARM_TONES
        await until_tones(page, sounded)
        await page.clock.fast_forward(20_000)
        assert await page.evaluate("window.tones") == sounded, "it waits for half a minute"
        await page.clock.fast_forward(11_000)
    await until_tones(page, TEST_TONES + 4 * ALARM_TONES)
    await page.keyboard.press("a")
    await page.clock.fast_forward(120_000)
    assert await page.evaluate("window.tones") == TEST_TONES + 4 * ALARM_TONES


async def test_the_picture_drifts_and_comes_back(page: Page, site: Site) -> None:
    await open_wall(page, site)
    await stop_clock(page)
    places = []
    for _ in range(9):
        await page.clock.run_for(60_000)
        places.append(await page.evaluate("document.querySelector('.wall').style.translate"))
    assert len(set(places)) == 9
    shifts = [float(number) for place in places for number in re.findall(r"(-?[0-9.]+)(?:rem|px)", place)]
    assert max(map(abs, shifts)) == 0.25


async def test_the_screen_is_kept_awake_again_after_it_was_hidden(page: Page, site: Site) -> None:
    await page.add_init_script(COUNT_LOCKS)
    await open_wall(page, site)
    assert await page.evaluate("window.locks.length") == 1
    await page.evaluate("window.locks[0].released = true; document.dispatchEvent(new Event('visibilitychange'))")
    assert await page.evaluate("window.locks.length") == 2
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.clock.fast_forward(120_000)
    assert await page.evaluate("window.locks.length") == 2, "the lock that holds is enough"


async def test_the_pointer_shows_while_it_moves(page: Page, site: Site) -> None:
    await open_wall(page, site)
    await stop_clock(page)
    cursor = "getComputedStyle(document.documentElement).cursor"
    assert await page.evaluate(cursor) == "none"
    await page.mouse.move(200, 200)
    await page.mouse.move(210, 200)
    assert await page.evaluate(cursor) == "auto"
    await page.clock.fast_forward(3_100)
    assert await page.evaluate(cursor) == "none"


async def leave_alone(page: Page) -> None:
    """Cut a screen off: the server would tell it what time it really is."""
    await page.context.set_offline(True)
    await page.evaluate("document.dispatchEvent(new Event('live:lost'))")
    await expect(page.locator("#wall-lost")).to_be_visible(timeout=BUSY)


async def test_the_night_dims_and_darkens_and_ends(page: Page, site: Site) -> None:
    now = datetime.now(UTC)
    begins, ends = (now + timedelta(hours=hours) for hours in (2, 4))
    night = Night(time(begins.hour, begins.minute), time(ends.hour, ends.minute))
    await open_wall(page, site, night=night, theme=Theme.AUTO)
    await leave_alone(page)
    root = page.locator("html")
    for is_night, hours in ((False, 0), (True, 3), (False, 2)):
        await page.clock.fast_forward(hours * 3_600_000)
        await expect(root).to_have_attribute("data-theme", "dark" if is_night else "light", timeout=BUSY)
        assert (await root.get_attribute("data-dim") is not None) is is_night


async def test_screens_of_one_wallboard_turn_together(browser: Browser, page: Page, site: Site) -> None:
    pages = tuple(WallPage(f"Page {number}", 3600, (Tile(Kind.CLOCK, 1, 1, 12, 8),)) for number in (1, 2, 3))
    await open_wall(page, site, pages=pages)
    other = await browser.new_page()
    await other.context.add_cookies(await page.context.cookies())  # type: ignore[arg-type]  # a TypedDict by another name
    await other.clock.install(time=datetime.now(UTC) + timedelta(hours=5))  # a screen whose own clock is wrong
    await other.goto(page.url)
    await expect_live(other)
    to_half_past = (30 - datetime.now(UTC).minute) % 60  # turns of an hour begin at whole ones
    for one in (page, other):
        await leave_alone(one)
        await one.clock.fast_forward(to_half_past * 60_000)
    seen = []
    for _ in range(4):
        seen.append(await page.inner_text("#wall-turn"))
        await expect(other.locator("#wall-turn")).to_have_text(seen[-1], timeout=BUSY)
        for one in (page, other):
            await one.clock.fast_forward(3_600_000)
        await expect(page.locator("#wall-turn")).not_to_have_text(seen[-1], timeout=BUSY)
    assert len(set(seen)) == 3 and seen[3] == seen[0]
    await other.close()
