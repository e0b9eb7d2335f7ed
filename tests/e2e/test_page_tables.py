"""Lists as they are laid out: tables to a screen reader, columns in line, rows out of sight that cost nothing."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Page, expect
from pytest_django import DjangoDbBlocker

from tests.e2e.center import BUSY, Center, running_center, show
from tests.services.browser import running_browser
from tests.services.valkey import ValkeyServer
from tests.services.waiting import until

LISTS = ("queues/", "sessions/", "representatives/?form=table", "presentations/", "overview/")
# Where each column's cells stand, by column: the left and right edges of the head and of every row.
EDGES = """() => {
  const edges = {};
  for (const cell of document.querySelectorAll(".table :is(th, td)[data-col]")) {
    const { left, right, width } = cell.getBoundingClientRect();
    if (width) (edges[cell.dataset.col] ??= new Set()).add(`${left.toFixed(1)}-${right.toFixed(1)}`);
  }
  return Object.fromEntries(Object.entries(edges).map(([column, all]) => [column, [...all]]));
}"""
IN_SIGHT = """() => [...document.querySelectorAll("#sessions > tr:not(.band-row)")].map((row) =>
  row.firstElementChild.checkVisibility({ contentVisibilityAuto: true }))"""


@pytest.fixture(scope="module")
def center(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Center]:
    """A center with more sessions than a screen shows."""
    options = ("--sessions", "120", "--reps", "30", "--speed", "0.001")
    with running_center(tmp_path_factory.mktemp("center"), django_db_blocker, *options) as center:
        yield center


@pytest.fixture
async def heard_page() -> AsyncIterator[Page]:
    """A page of a browser that somebody listens to: only then does Chromium tell of rows that it has not drawn."""
    async with running_browser("--force-renderer-accessibility") as browser:
        yield await browser.new_page()


async def is_last_in_sight(page: Page) -> bool:
    """Say whether the browser draws the last row."""
    found: bool = await page.evaluate(f"({IN_SIGHT})().at(-1)")
    return found


async def is_last_out_of_sight(page: Page) -> bool:
    """Say whether the browser does not draw the last row."""
    return not await is_last_in_sight(page)


async def count_roles(page: Page) -> dict[str, int]:
    """Return how many nodes of each role the browser tells a screen reader of."""
    devtools = await page.context.new_cdp_session(page)
    tree: dict[str, list[dict[str, Any]]] = await devtools.send("Accessibility.getFullAXTree")
    roles = [node["role"]["value"] for node in tree["nodes"] if not node["ignored"]]
    return {role: roles.count(role) for role in ("table", "rowgroup", "row", "columnheader", "cell")}


@pytest.mark.parametrize("width", [390, 1440])
async def test_a_screen_reader_gets_a_table_with_every_row(
    center: Center, session: str, heard_page: Page, width: int
) -> None:
    page = heard_page
    await page.set_viewport_size({"width": width, "height": 900})
    await show(page, center, session, "/sessions/")
    await page.keyboard.press("Space")  # so that nothing changes between the two looks
    rows = await page.locator("#sessions > tr").count()
    columns = await page.locator(".table th:visible").count()

    roles = await count_roles(page)

    assert rows > 100
    assert (roles["table"], roles["rowgroup"], roles["row"], roles["columnheader"]) == (1, 2, rows + 1, columns)
    assert roles["cell"] > 4 * rows


@pytest.mark.parametrize("width", [1000, 1440, 3840])
@pytest.mark.parametrize("path", LISTS)
async def test_cells_stand_under_their_head(center: Center, session: str, page: Page, path: str, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 900})
    await show(page, center, session, f"/{path}")

    edges = await page.evaluate(EDGES)

    assert len(edges) > 2
    assert {column: places for column, places in edges.items() if len(places) != 1} == {}


async def test_rows_out_of_sight_are_not_drawn_and_come_when_scrolled_to(
    center: Center, session: str, page: Page
) -> None:
    await show(page, center, session, "/sessions/")
    await until(lambda: is_last_out_of_sight(page), what="a last row that is not drawn")
    assert (await page.evaluate(IN_SIGHT))[0]
    await page.locator("#sessions > tr").last.scroll_into_view_if_needed()

    await until(lambda: is_last_in_sight(page), what="the last row, drawn")


async def test_what_is_out_of_sight_is_found(center: Center, session: str, page: Page) -> None:
    center.begin_session(center.add_queue("far below"), "Needle in the hay", priority=3)
    await show(page, center, session, "/sessions/?sort=-customer")
    needle = page.locator("#sessions > tr", has_text="Needle in the hay")
    await expect(needle).to_have_count(1, timeout=BUSY)
    await page.keyboard.press("Space")
    await page.evaluate("scrollTo(0, 0)")

    assert await page.evaluate("find('Needle in the hay')")
    await expect(needle).to_be_in_viewport()
