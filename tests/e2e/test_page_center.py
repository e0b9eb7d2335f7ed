"""From the appliance to the eye: a real browser on the real site behind the real mirror of a stand-in appliance."""

from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from tests.e2e.center import BUSY, Center, expect_order, key_of, selector, show


@pytest.fixture
def queue(center: Center, request: pytest.FixtureRequest) -> str:
    """A queue of this test's own; its name is the test's."""
    return center.add_queue(request.node.name)


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """The address of the queue's sessions, most urgent first."""
    return f"/sessions/?queue={quote(request.node.name)}&sort=priority"


async def leave_list(page: Page) -> None:
    """Take the pointer away from every row."""
    await page.mouse.move(5, 5)


async def test_a_session_appears_moves_and_ends(
    center: Center, session: str, queue: str, path: str, page: Page
) -> None:
    low = center.begin_session(queue, "Low", priority=3)
    await show(page, center, session, path)
    await expect_order(page, low)
    await page.evaluate("window.isSamePage = true")

    high = center.begin_session(queue, "High", priority=1)
    await expect_order(page, high, low)
    center.change_all("support_session", {low: {"priority": 1, "customer_name": "No more"}, high: {"priority": 2}})
    await expect_order(page, low, high)
    await expect(page.locator(selector("sessions", low))).to_contain_text("No more")

    center.end_session(low)
    ended = page.locator(selector("sessions", low))
    await expect(ended).to_have_class("is-ended", timeout=BUSY)
    await expect(ended).to_contain_text("Ended")
    await expect_order(page, high)
    assert await page.evaluate("window.isSamePage")


async def test_the_pill_counts_moves_and_arrivals_until_the_pointer_leaves(
    center: Center, session: str, queue: str, path: str, page: Page
) -> None:
    one, two, three = (center.begin_session(queue, f"C{rank}", priority=rank) for rank in (1, 2, 3))
    await show(page, center, session, path)
    await expect_order(page, one, two, three)
    pointed_at = page.locator(selector("sessions", two))
    await pointed_at.hover()
    place, pill = await pointed_at.bounding_box(), page.locator("#held")

    center.change_all("support_session", {three: {"priority": 1, "customer_name": "Renamed"}, one: {"priority": 3}})
    await expect(page.locator(selector("sessions", three))).to_contain_text("Renamed", timeout=BUSY)
    await expect(pill).to_have_text("2 changes", timeout=BUSY)
    four = center.begin_session(queue, "New", priority=1)
    await expect(pill).to_have_text("3 changes", timeout=BUSY)
    await expect_order(page, one, two, three)
    assert await pointed_at.bounding_box() == place

    await leave_list(page)
    await expect(pill).to_be_hidden()
    await expect_order(page, three, four, two, one)


async def test_a_row_that_ends_under_the_pointer_fades_and_stays(
    center: Center, session: str, queue: str, path: str, page: Page
) -> None:
    one, two = (center.begin_session(queue, f"C{rank}", priority=rank) for rank in (1, 2))
    await show(page, center, session, path)
    row = page.locator(selector("sessions", one))
    await row.hover()
    center.end_session(one)

    await expect(row).to_have_class("is-ended is-outgoing", timeout=BUSY)
    await expect_order(page, one, two)
    await leave_list(page)
    await expect_order(page, two)
    assert await row.count() == 0


async def test_the_caret_stays_in_the_search_box(
    center: Center, session: str, queue: str, path: str, page: Page
) -> None:
    one = center.begin_session(queue, "First")
    await show(page, center, session, path)
    box = page.get_by_role("searchbox")
    await box.press_sequentially("vpn down")
    await box.press("ArrowLeft")
    await box.press("Shift+ArrowLeft")
    await page.evaluate("window.box = document.activeElement")

    center.change("support_session", one, customer_name="Renamed")
    await expect(page.locator(selector("sessions", one))).to_contain_text("Renamed", timeout=BUSY)
    two = center.begin_session(queue, "Second", priority=1)
    await expect_order(page, two, one)
    selection = "[document.activeElement === box, box.value, box.selectionStart, box.selectionEnd]"

    assert await page.evaluate(selection) == [True, "vpn down", 6, 7]


async def test_an_open_drawer_outlives_what_happens_to_its_row(
    center: Center, session: str, queue: str, path: str, page: Page
) -> None:
    one, two = (center.begin_session(queue, f"C{rank}", priority=rank) for rank in (1, 2))
    await show(page, center, session, path)
    await page.locator(selector("sessions", one)).get_by_role("link").click()
    drawer = page.locator("#drawer")
    await expect(drawer.get_by_role("heading", name="C1")).to_be_visible(timeout=BUSY)
    await page.evaluate("window.drawer = document.getElementById('drawer')")
    await leave_list(page)

    skill = center.insert("support_session_skill", support_session_id=one, code_name="sap_basis")
    await expect(drawer.locator(".drawer__badges")).to_have_text("sap_basis", timeout=BUSY)
    center.change_all("support_session", {two: {"priority": 1}, one: {"priority": 3}})
    center.remove("support_session_skill", skill)
    await expect(drawer.locator(".drawer__badges")).to_have_count(0, timeout=BUSY)
    await expect_order(page, two, one)
    await expect(page.locator(selector("sessions", one))).to_have_attribute("data-selected", "")
    assert await page.evaluate("drawer.isConnected && document.activeElement === drawer")
    assert page.url.endswith(f"&open=session:{quote(f'{key_of(one)}@lsid-{one}')}")

    await page.go_back()
    await expect(drawer).to_be_hidden(timeout=BUSY)
    await expect_order(page, two, one)


async def test_the_keyboard_reaches_everything(center: Center, session: str, queue: str, path: str, page: Page) -> None:
    rows = [center.begin_session(queue, f"C{rank}", priority=rank) for rank in (1, 2, 3)]
    await show(page, center, session, path)
    links = [page.locator(selector("sessions", row)).get_by_role("link") for row in rows]
    await page.keyboard.press("/")
    box = page.get_by_role("searchbox")
    await expect(box).to_be_focused()
    await page.keyboard.type("jk ?/")
    await expect(box).to_have_value("jk ?/")
    await page.keyboard.press("Escape")
    await expect(box).not_to_be_focused()

    for key, place in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        await page.keyboard.press(key)
        await expect(links[place]).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer").get_by_role("heading", name="C2")).to_be_visible(timeout=BUSY)
    await page.keyboard.press("Escape")
    await expect(page.locator("#drawer")).to_be_hidden(timeout=BUSY)
    await expect(links[1]).to_be_focused()
    await page.keyboard.press("Space")
    await expect(page.locator("#paused")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.locator("#paused")).to_be_hidden()

    await page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    await expect(keys).to_be_visible()
    await page.keyboard.press("Space")
    await page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()
    await expect(page.locator("#paused")).to_be_hidden()
    assert page.url == center.site.origin + path


MOTION = """() => {
  window.longest = 0;
  const note = () => {
    for (const one of document.getAnimations()) {
      window.longest = Math.max(window.longest, one.effect.getComputedTiming().duration);
    }
  };
  for (const name of ["animationstart", "transitionrun", "live:shown"]) document.addEventListener(name, note, true);
}"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
async def test_nothing_moves_for_who_wants_no_motion(
    center: Center, session: str, queue: str, path: str, page: Page, motion: str
) -> None:
    one = center.begin_session(queue, "Before")
    await page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    await show(page, center, session, path)
    await page.evaluate(MOTION)
    center.change("support_session", one, customer_name="After")
    await expect(page.locator(selector("sessions", one))).to_contain_text("After", timeout=BUSY)
    two = center.begin_session(queue, "New", priority=1)
    await expect_order(page, two, one)
    center.end_session(two)
    await expect_order(page, one)

    longest = await page.evaluate("window.longest")
    assert longest == 0 if motion == "reduce" else 0 < longest <= 600
