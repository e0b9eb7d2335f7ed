"""The boards in a real browser on the real site: what changes, what stays still, and what the keys do."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from playwright.async_api import Browser, Locator, Page, expect

from realtime.status import LinkState
from tests.services.accessibility import violations
from tests.services.site import Site, Upstream

SOURCE = "helpdesk"
QUEUE = f"{SOURCE}:q"
NAMES = ("anna", "berta", "carla", "clara", "dora", "emil", "frida", "gina", "hugo", "ida", "jens")
HOSTILE = "<img src=x onerror=\"document.title='broken'\">"


class Desk:
    """A support center of one queue and one representative, changed by hand."""

    def __init__(self) -> None:
        self.upstream = Upstream(SOURCE)
        self.upstream.say()
        self.upstream.commit(
            queue={QUEUE: {"name": "Network", "type": "team", "code_name": "network"}},
            representative={
                f"{SOURCE}:r": {
                    "private_display_name": "Amélie Fontaine",
                    "routing_available": True,
                    "routing_enabled": True,
                    "routing_busy": False,
                    "routing_idle": False,
                    "created_at": datetime.now(UTC) - timedelta(hours=2),
                }
            },
            representative_queue={
                f"{SOURCE}:rq": {"queue_id": QUEUE, "representative_id": f"{SOURCE}:r", "role": "lead"}
            },
            known_queue={f"{SOURCE}:known": {"name": "Network", "type": "team", "queue_id": QUEUE}},
        )

    def arrive(self, name: str, seconds_ago: float = 5, customer: str = "") -> None:
        """A session begins to wait."""
        began_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        session: dict[str, Any] = {"customer_name": customer or name, "queue_id": QUEUE, "lsid": name, "priority": 2}
        session |= {"created_at": began_at, "queue_entered_at": began_at, "start_method": "session_key"}
        key = f"{SOURCE}:{name}"
        client = {"support_session_id": key, "client_type": "desktop", "hostname": "PC-7", "created_at": began_at}
        self.upstream.commit(support_session={key: session}, customer_client={key: client})

    def answer(self, name: str) -> None:
        """The representative takes a session."""
        part = {"support_session_id": f"{SOURCE}:{name}", "representative_id": f"{SOURCE}:r"}
        self.upstream.commit(
            representative_support_session={f"{SOURCE}:{name}": part | {"created_at": datetime.now(UTC)}}
        )

    def end(self, *names: str) -> None:
        """Sessions end."""
        keys = [f"{SOURCE}:{name}" for name in names]
        tables = ("support_session", "customer_client", "representative_support_session")
        self.upstream.remove(**dict.fromkeys(tables, keys))


@pytest.fixture(scope="module")
def shared_desk(site: Site) -> Iterator[Desk]:
    """The center behind the shared site."""
    desk = Desk()
    with desk.upstream.talking():
        yield desk


@pytest.fixture
def desk(shared_desk: Desk) -> Iterator[Desk]:
    """The same, with two sessions that wait, whatever the test before left."""
    shared_desk.upstream.say(state=LinkState.LIVE, error="")
    shared_desk.arrive("anna", 30)
    shared_desk.arrive("berta", 20)
    yield shared_desk
    shared_desk.end(*NAMES)


async def show(page: Page, site: Site, path: str) -> None:
    """Show a page to somebody who is logged in, and wait until it is live."""
    session: str = await sync_to_async(site.log_in)("ingrid")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    await page.goto(site.origin + path)
    await expect(page.locator("html")).to_have_attribute("data-live", "live")


def row(page: Page, name: str) -> Locator:
    """Return a session's row."""
    return page.locator(f'[id="sessions-{SOURCE}%3A{name}"]')


async def order(page: Page) -> list[str]:
    """Return the sessions in the order of the page, without those that just ended."""
    ids: list[str] = await page.locator("#sessions tr:not(.band-row, .is-ended, .is-outgoing)").evaluate_all(
        "rows => rows.map(row => row.id)"
    )
    return [one.rpartition("%3A")[2] for one in ids]


async def test_a_session_appears_is_answered_and_ends(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await sync_to_async(desk.arrive)("carla", 1, customer=HOSTILE)
    await expect(row(page, "carla")).to_contain_text(HOSTILE)
    await expect(row(page, "carla")).to_contain_text("1 can take this")
    assert await order(page) == ["anna", "berta", "carla"]
    await sync_to_async(desk.answer)("carla")
    await expect(row(page, "carla")).to_contain_text("With a rep")
    await expect(row(page, "carla")).to_contain_text("Amélie Fontaine")
    await sync_to_async(desk.end)("carla")

    await expect(row(page, "carla")).to_contain_text("Ended")
    await expect(row(page, "carla")).to_have_count(0)
    assert await page.locator("#board img").count() == 0


async def test_clocks_tick_and_the_band_comes_by_time_alone(site: Site, desk: Desk, page: Page) -> None:
    await sync_to_async(desk.arrive)("clara", 57)
    await show(page, site, "/sessions/")

    await expect(page.locator("#sessions-band-past-target")).to_be_visible(timeout=15_000)
    clock = row(page, "clara").locator("time").first
    await expect(clock).to_have_text(re.compile(r"1:\d\d"))
    before = await clock.inner_text()
    await expect(clock).not_to_have_text(before)
    assert await clock.inner_text() > before


async def test_clocks_do_not_go_back_when_frames_come(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    clock = row(page, "anna").locator("time").last
    await expect(clock).to_have_text(re.compile(r"0:(3[4-9]|[45]\d)|[1-9]:\d\d"))  # seconds after the last heartbeat
    before = await clock.inner_text()
    await sync_to_async(desk.arrive)("jens", 1)
    await expect(row(page, "jens")).to_be_visible()

    assert await clock.inner_text() >= before


async def test_rows_stand_still_under_the_pointer(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await row(page, "berta").hover()
    await sync_to_async(desk.arrive)("dora", 40)
    await expect(page.locator("#held")).to_contain_text("change")
    assert await order(page) == ["anna", "berta"]
    await sync_to_async(desk.answer)("berta")
    await expect(row(page, "berta")).to_contain_text("With a rep")
    assert await order(page) == ["anna", "berta"]
    await page.mouse.move(5, 5)

    await expect(page.locator("#held")).to_be_hidden()
    await expect(row(page, "dora")).to_be_visible()
    assert await order(page) == ["dora", "anna", "berta"]


async def test_rows_stand_still_under_the_focus_and_go_when_it_leaves(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await row(page, "anna").locator("a").focus()
    await sync_to_async(desk.arrive)("emil", 40)
    await expect(page.locator("#held")).to_be_visible()
    await expect(row(page, "anna").locator("a")).to_be_focused()
    await page.keyboard.press("Escape")

    await expect(page.locator("#held")).to_be_hidden()
    assert await order(page) == ["emil", "anna", "berta"]


async def test_pause_keeps_the_picture_and_counts_what_waits(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await page.keyboard.press("Space")
    await expect(page.locator("#paused")).to_contain_text("no change waiting")
    clock = await row(page, "anna").locator("time").last.inner_text()
    await sync_to_async(desk.arrive)("frida", 40)
    await expect(page.locator("#paused")).to_contain_text("changes waiting")
    await expect(page.locator("#paused")).to_contain_text(re.compile(r"Paused (0:0[2-9]|0:[1-5]\d)"))
    assert await order(page) == ["anna", "berta"]
    assert await row(page, "anna").locator("time").last.inner_text() == clock
    await page.keyboard.press("Space")

    await expect(page.locator("#paused")).to_be_hidden()
    await expect(row(page, "frida")).to_be_visible()
    await expect(row(page, "anna").locator("time").last).not_to_have_text(clock)


async def test_a_drawer_opened_while_paused_shows_times_and_not_moments(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await page.keyboard.press("Space")
    await row(page, "anna").locator("a").click()
    drawer = page.locator("#drawer")
    await expect(drawer.get_by_role("heading", name="anna")).to_be_visible()

    clocks = drawer.locator("time[data-since]")
    assert await clocks.count() > 0
    for text in await clocks.all_inner_texts():
        assert re.fullmatch(r"\d:\d\d", text)
    assert await clocks.first.inner_text() == await row(page, "anna").locator("time").first.inner_text()


async def test_the_drawer_opens_by_keys_lives_and_closes_where_it_came_from(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/?sort=-age")
    for name in ("berta", "anna"):
        await page.keyboard.press("j")
        await expect(row(page, name).locator("a")).to_be_focused()
    await page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    await expect(drawer.get_by_role("heading", name="anna")).to_be_visible()
    assert page.url.endswith(f"/sessions/?sort=-age&open=session:{SOURCE}%3Aanna%40anna")
    await expect(row(page, "anna")).to_have_attribute("data-selected", "")
    await sync_to_async(desk.answer)("anna")
    await expect(drawer).to_contain_text("With Amélie Fontaine")
    await sync_to_async(desk.end)("anna")
    await expect(drawer).to_contain_text("This session has ended")
    await page.keyboard.press("Escape")

    await expect(drawer).to_be_hidden()
    assert page.url.endswith("/sessions/?sort=-age")


async def test_the_search_keeps_its_focus_while_rows_change(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    await search.press_sequentially("gin")
    await sync_to_async(desk.arrive)("gina", 1)
    await expect(row(page, "gina")).to_be_visible()
    await expect(search).to_be_focused()
    await search.press_sequentially("a")
    await search.press("Enter")

    await page.wait_for_url("**/sessions/?q=gina")
    assert await order(page) == ["gina"]


async def test_an_open_menu_stays_open_while_counts_change(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await page.locator("#menu-priority summary").click()
    await page.evaluate("window.menu = document.getElementById('menu-priority')")
    count = page.locator(".tab").first
    await expect(count).to_contain_text("2")  # without what ended with the test before
    await sync_to_async(desk.arrive)("hugo", 1)

    await expect(row(page, "hugo")).to_be_visible()
    await expect(count).to_contain_text("3")
    await expect(page.locator("#menu-priority .menu__list")).to_be_visible()
    assert await page.evaluate("menu.isConnected && menu.open")


async def test_motion_is_shown_once_and_not_to_who_wants_none(site: Site, desk: Desk, page: Page) -> None:
    await show(page, site, "/sessions/")
    await page.evaluate(
        """() => { window.flashes = 0; new MutationObserver(all => { window.flashes += all.filter(
        one => one.target.hasAttribute('data-changed')).length; }).observe(
        document.getElementById('sessions'), {attributes: true, subtree: true, attributeFilter: ['data-changed']}); }"""
    )
    await page.emulate_media(reduced_motion="reduce")
    await sync_to_async(desk.answer)("anna")
    await expect(row(page, "anna")).to_contain_text("With a rep")
    assert await page.evaluate("window.flashes") == 0
    await page.emulate_media(reduced_motion="no-preference")
    await sync_to_async(desk.answer)("berta")
    await expect(row(page, "berta")).to_contain_text("With a rep")

    assert await page.evaluate("window.flashes") == 1


async def test_the_overview_and_the_other_lists_follow(site: Site, desk: Desk, page: Page, loads: list[str]) -> None:
    await show(page, site, "/overview/")
    waiting = page.locator(".kpi", has_text="Waiting now").locator(".kpi__value")
    await expect(waiting).to_have_text("2")
    await sync_to_async(desk.answer)("anna")
    await expect(waiting).to_have_text("1")
    await show(page, site, "/representatives/")
    await expect(page.locator(".rep")).to_contain_text("In session (1)")
    await sync_to_async(desk.answer)("berta")
    await expect(page.locator(".rep")).to_contain_text("In session (2)")
    await show(page, site, "/queues/")
    await expect(page.locator("#queues")).to_contain_text("Nobody waiting")
    await sync_to_async(desk.arrive)("ida", 1)

    await expect(page.locator("#queues .queue__count")).to_have_text("1")
    assert loads == ["/overview/", "/representatives/", "/queues/"]  # what changed came without a new load


async def test_without_scripts_pages_read_right_and_rows_open(site: Site, desk: Desk, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    session: str = await sync_to_async(site.log_in)("ingrid")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}
    await context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only
    await page.goto(site.origin + "/sessions/?sort=-age")
    assert (await row(page, "anna").locator("time").last.inner_text()).startswith("0:")
    await row(page, "anna").locator("a").click()

    await expect(page.locator("#drawer")).to_contain_text("Session key")
    await expect(row(page, "berta")).to_be_visible()
    await page.get_by_role("link", name="Close").click()
    await expect(page).to_have_url(site.origin + "/sessions/?sort=-age")
    await context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1440)])  # test_page_every has the other two
async def test_axe_finds_nothing(site: Site, desk: Desk, browser: Browser, scheme: str, width: int) -> None:
    # axe writes inline styles of its own; every other test watches the policy
    page = await browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened = f"session:{SOURCE}:anna"
    paths = (
        "/overview/",
        "/sessions/",
        f"/sessions/?open={opened}",
        "/representatives/",
        "/queues/",
        "/presentations/",
    )
    found = []
    for path in paths:
        await show(page, site, path)
        found += [(path, wrong) for wrong in await violations(page)]

    assert found == []
