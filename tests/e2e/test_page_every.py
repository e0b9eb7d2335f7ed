"""What holds for every page: names are only text, the policy is kept, scripts are not needed, axe finds nothing."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from pytest_django import DjangoDbBlocker

from tests.e2e.center import (
    BUSY,
    Center,
    expect_live,
    key_of,
    plain_page,
    rows_of,
    running_center,
    selector,
    show,
    visit,
)
from tests.services.accessibility import violations
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

HOSTILE = (
    "<img src=x onerror=\"alert(1); document.title='broken'\">",
    "\"' onmouseover='alert(1)' x=\"<script>alert(1)</script>",
    "</template></td></tr></table><svg/onload=alert(1)>",
    "--><!-- ]]> </textarea><iframe srcdoc='<p>x'></iframe>",
    "</div><div hx-swap-oob='true' id='board' hx-get='/logout/' hx-trigger='load'>",
    "javascript:alert(1)//#?&open=session:1",
    "{{ request.user }}{% load static %}&lt;b&gt;&amp;",
    "\u202eevil\u2066\u0000\u2028\ufeff" + "W" * 600,
)
TEXTS = {
    "queue": ("name", "code_name"),
    "representative": ("private_display_name", "public_display_name", "skill_code_names", "type", "username"),
    "representative_queue": ("role",),
    "support_session": (
        *("customer_company", "customer_company_code", "customer_description", "customer_name", "issue_code_name"),
        *("issue_description", "lsid", "public_site_name", "start_method"),
    ),
    "customer_client": ("client_type", "hostname", "operating_system"),
    "support_session_attribute": ("code_name", "value"),
    "support_session_skill": ("code_name",),
    "presentation_session": ("lsid", "presentation_name"),
    "attendee": ("hostname", "name", "operating_system"),
}
LISTS = {"sessions": "support_session", "queues": "queue", "presentations": "presentation_session"}
LISTS["representatives"] = "representative"
DRAWERS = {"sessions": "session", "queues": "queue", "representatives": "representative"}
OURS = "data-changed data-selected data-overdue aria-current"
STRUCTURE = """(root) => [root, ...root.querySelectorAll("*")].map((one) => [one.localName,
  ...one.getAttributeNames().filter((name) => !"OURS".includes(name)).sort()].join(" "))""".replace("OURS", OURS)


@pytest.fixture(scope="module")
def center(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Center]:
    """A center at work, stopped in mid-course."""
    options = ("--sessions", "24", "--reps", "14")
    with running_center(tmp_path_factory.mktemp("center"), django_db_blocker, *options) as center:
        center.appliance.tell("pause")
        yield center


def paths(center: Center) -> list[str]:
    """Return the address of every kind of page and drawer, on rows that the appliance has."""
    truth = center.appliance.truth
    first = {name: key_of(next(iter(truth[table]))) for name, table in LISTS.items()}
    drawers = [f"/{board}/?open={kind}:{quote(first[board])}" for board, kind in DRAWERS.items()]
    pages = ("overview", *LISTS, "representatives/?form=table", "sources", "saved-views")
    return [*(f"/{page}" if "?" in page else f"/{page}/" for page in pages), *drawers]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_axe_finds_nothing(center: Center, session: str, browser: Browser, scheme: str, width: int) -> None:
    # axe writes inline styles of its own; another test watches the policy. Other tests look at the other pages
    page = await browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    found = {}
    for path in ("/overview/", "/presentations/", "/representatives/?form=table", *paths(center)[-len(DRAWERS) :]):
        await visit(page, session, center.site.origin, path)
        found[path] = await violations(page)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def insert_named(center: Center, text: str) -> dict[str, str]:
    """Insert one row of every table in which each text is `text`; return their ids by table."""
    ids = {table: center.give_id() for table in (*TEXTS, "representative_support_session", "presenter")}
    links: dict[str, dict[str, Any]] = {
        "queue": {"type": "team"},
        "representative": {"routing_available": True, "routing_enabled": True},
        "representative_queue": {"queue_id": ids["queue"], "representative_id": ids["representative"]},
        "support_session": {"queue_id": ids["queue"], "primary_team_queue_id": ids["queue"], "priority": 1},
        "customer_client": {"support_session_id": ids["support_session"]},
        "support_session_attribute": {"support_session_id": ids["support_session"]},
        "support_session_skill": {"support_session_id": ids["support_session"]},
        "representative_support_session": {
            "support_session_id": ids["support_session"],
            "representative_id": ids["representative"],
        },
        "attendee": {"presentation_session_id": ids["presentation_session"], "connected": True},
        "presenter": {
            "presentation_session_id": ids["presentation_session"],
            "representative_id": ids["representative"],
        },
    }
    center.insert_all(
        {
            table: {row_id: dict.fromkeys(TEXTS.get(table, ()), text) | links.get(table, {})}
            for table, row_id in ids.items()
        }
    )
    return ids


async def structure(shown: Locator) -> list[str]:
    """Return the elements of a part of a page, with the names of their attributes."""
    found: list[str] = await shown.evaluate(STRUCTURE)
    return found


async def expect_only_text(page: Page, faults: list[str]) -> None:
    """Check that nothing ran and nothing was added outside of what is ours."""
    assert faults == []
    assert "broken" not in await page.title()
    assert await page.locator("img, iframe, #board script, #drawer script, [onerror], [onload]").count() == 0


def marked(center: Center, text: str) -> tuple[str, str]:
    """Return a text that occurs once, and its end by which it is found."""
    end = f" u{center.give_id()}u"
    return text + end, end


def row_named(page: Page, list_name: str, end: str) -> Locator:
    """Return the list's row in which a name ends so."""
    return rows_of(page, list_name).filter(has_text=end)


@pytest.mark.parametrize("board", [*LISTS, "representatives/?form=table"])
async def test_pushed_names_are_only_text(
    center: Center, session: str, page: Page, faults: list[str], board: str
) -> None:
    list_name = board.partition("/")[0]
    await show(page, center, session, f"/{board}" if "?" in board else f"/{board}/")
    ends = []
    for text in ("plain", *HOSTILE):
        whole, end = marked(center, text)
        insert_named(center, whole)
        ends.append(end)

    for end in ends:
        await expect(row_named(page, list_name, end)).to_have_count(1, timeout=BUSY)
    shapes = [await structure(row_named(page, list_name, end)) for end in ends]
    assert [shape == shapes[0] for shape in shapes] == [True] * len(shapes)
    await expect_only_text(page, faults)


@pytest.mark.parametrize("board", DRAWERS)
async def test_names_in_drawers_are_only_text(
    center: Center, session: str, page: Page, faults: list[str], board: str
) -> None:
    await show(page, center, session, f"/{board}/")
    shapes = []
    for text in ("plain", *HOSTILE):
        whole, end = marked(center, text)
        insert_named(center, whole)
        link = row_named(page, board, end).locator("[data-open]")
        await expect(link).to_be_attached(timeout=BUSY)
        await visit(page, session, center.site.origin, f"/{board}/{await link.get_attribute('href')}")
        await expect(page.locator("#drawer")).to_contain_text(end)
        shapes.append(await structure(page.locator("#drawer .drawer__body")))
        await expect_only_text(page, faults)

    assert [shape == shapes[0] for shape in shapes] == [True] * len(shapes)


async def test_the_overview_s_names_are_only_text(center: Center, session: str, page: Page, faults: list[str]) -> None:
    await show(page, center, session, "/overview/")
    shapes = []
    for text in ("plain", *HOSTILE):
        whole, end = marked(center, text)
        ids = insert_named(center, whole)
        center.remove("representative_support_session", ids["representative_support_session"])
        center.change("support_session", ids["support_session"], created_timestamp=1, queue_entry_timestamp=1)
        row = page.locator("#attention > li").filter(has_text=end)
        await expect(row).to_have_count(1, timeout=BUSY)
        await expect(row.locator(".attention__why")).to_contain_text("can take this", timeout=BUSY)
        shapes.append(await structure(row))
        center.remove("support_session", ids["support_session"])

    assert [shape == shapes[0] for shape in shapes] == [True] * len(shapes)
    await expect_only_text(page, faults)


async def test_no_page_breaks_the_policy(center: Center, session: str, page: Page, faults: list[str]) -> None:
    await page.add_init_script(
        """document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));"""
    )
    queue = center.add_queue("policy")
    for path in paths(center):
        await visit(page, session, center.site.origin, path)
        await expect(page.locator("h1")).to_be_visible()
        await page.get_by_role("button", name="Switch between light and dark").click()
        if await page.locator("#board").count():
            await expect(page.locator("html")).to_have_attribute("data-live", "live", timeout=BUSY)
            center.begin_session(queue, path)
            await page.keyboard.press("?")
            await page.keyboard.press("Escape")
            await page.keyboard.press("j")

    assert faults == []


async def test_the_overview_s_rows_are_reached_by_keys(center: Center, session: str, page: Page) -> None:
    center.begin_session(center.add_queue("keys"), "Waits")
    await visit(page, session, center.site.origin, "/overview/")
    await expect_live(page)
    links = page.locator(".attention__who, #overview-queues .queue__name")
    await expect(links.first).to_be_visible()
    await page.keyboard.press("j")
    await expect(links.first).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#drawer")).to_be_visible(timeout=BUSY)
    assert re.search("/(sessions|queues)/[?]open=(session|queue):", page.url)


IS_LEFT_TO_THE_BROWSER = """(key) => document.body.dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }))"""


@pytest.mark.parametrize(
    ("path", "left"), [("/teams/", {" ", "j", "k", "/", "?"}), ("/overview/", {"/"}), ("/queues/", set())]
)
async def test_a_key_that_a_page_has_no_use_for_is_the_browser_s(
    center: Center, session: str, page: Page, path: str, left: set[str]
) -> None:
    center.add_queue("keys")
    await visit(page, session, center.site.origin, path)
    await expect(page.locator("h1")).to_be_visible()
    found = {key for key in (" ", "j", "k", "/", "?") if await page.evaluate(IS_LEFT_TO_THE_BROWSER, key)}

    assert found == left


@pytest.mark.parametrize("path", ["/sessions/", "/overview/"])
async def test_no_clock_ticks_in_what_is_read_out(center: Center, session: str, page: Page, path: str) -> None:
    center.begin_session(center.add_queue("read out"), "Waits")
    await visit(page, session, center.site.origin, path)
    await expect_live(page)
    await page.keyboard.press("Space")
    await expect(page.locator("#summary")).to_have_text("Paused")
    loud = page.locator("[role=status], [role=alert], [aria-live]")

    assert await loud.locator("time[data-since], time[data-until], [data-paused], [data-lost=age]").count() == 0
    await page.keyboard.press("Space")
    await expect(page.locator("#summary")).to_have_text("Resumed")


async def test_on_paper_a_list_is_its_rows_and_what_chose_them(center: Center, session: str, page: Page) -> None:
    await show(page, center, session, "/sessions/?state=with-rep")
    await page.evaluate("document.documentElement.dataset.theme = 'dark'")
    await page.emulate_media(media="print")

    await expect(rows_of(page).first).to_be_visible()
    await expect(page.locator(".tabs > :visible")).to_contain_text(["With a rep"])
    for pressed in (".nav", ".search", ".page-head__actions", ".sheet-menu", "form[action='/logout/']"):
        await expect(page.locator(pressed)).to_be_hidden()
    ink = await page.locator("h1").evaluate("(one) => getComputedStyle(one).color")
    assert ink == "rgb(16, 21, 19)"  # the light theme's, whatever the screen's


async def test_without_scripts_every_page_shows_its_rows(center: Center, session: str, browser: Browser) -> None:
    async with plain_page(browser) as page:
        for board in ("overview-queues", *LISTS, "sources"):
            path = "overview" if board == "overview-queues" else board
            await visit(page, session, center.site.origin, f"/{path}/")

            assert await rows_of(page, board).count() > 0
            await expect(page.locator("#light-screen")).to_contain_text("not live")


async def test_without_scripts_filters_sort_search_and_columns_work(
    center: Center, session: str, browser: Browser
) -> None:
    queue = center.add_queue("plain ways")
    one, two = (center.begin_session(queue, name, priority) for name, priority in (("Ann", 3), ("Bea", 1)))
    async with plain_page(browser) as page:
        await visit(page, session, center.site.origin, "/sessions/?queue=plain+ways")

        async def are_known() -> bool:
            await page.reload()
            return await rows_of(page).count() == 2

        await until(are_known, BUSY / 1000, "two rows")
        for first in (two, one):  # a click does not wait for the page that it leads to
            await page.get_by_role("columnheader", name="Prio").get_by_role("link").click()
            await expect(rows_of(page).first).to_have_id(selector("sessions", first)[5:-2])

        await page.get_by_role("searchbox").fill("bea plain")
        await page.get_by_role("searchbox").press("Enter")
        await expect(rows_of(page)).to_have_count(1)
        await page.get_by_role("link", name="Clear filters").click()
        await expect(rows_of(page).nth(2)).to_be_visible()

        await page.locator("#menu-columns summary").click()
        await page.get_by_role("checkbox", name="Prio").uncheck()
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("columnheader", name="Prio")).to_have_count(0)
        await page.locator(".tabs").get_by_role("link", name="Waiting").click()
        await expect(page).to_have_url(re.compile(r"\?state=waiting&"))
        await expect(page.get_by_role("columnheader", name="Prio")).to_have_count(0)
        await expect(page.get_by_role("columnheader", name="Queue")).to_have_count(1)


async def test_without_scripts_drawers_open_and_close(center: Center, session: str, browser: Browser) -> None:
    async with plain_page(browser) as page:
        for board in DRAWERS:
            await visit(page, session, center.site.origin, f"/{board}/")
            await page.locator(f"#{board} [data-open]").first.click()
            await expect(page.locator("#drawer h2")).to_be_visible()
            await expect(rows_of(page, board).first).to_be_attached()
            await page.get_by_role("link", name="Close").click()
            await expect(page.locator("#drawer")).to_be_hidden()
