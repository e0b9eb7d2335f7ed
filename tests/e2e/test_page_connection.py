"""A board whose connection fails in every way there is: it comes back by itself, right after exactly one repaint."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.center import BUSY, Center, Wire, expect_live, expect_order, key_of, selector, show
from tests.e2e.lossy import LossyProxy
from tests.services.process import free_port
from tests.services.site import Site, serving
from tests.services.waiting import until


@pytest.fixture
def queue(center: Center, request: pytest.FixtureRequest) -> str:
    """A queue of this test's own; its name is the test's."""
    return center.add_queue(request.node.name)


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """The address of the queue's sessions, most urgent first."""
    return f"/sessions/?queue={request.node.name}&sort=priority"


@pytest_asyncio.fixture(loop_scope="session")
async def wire(page: Page) -> Wire:
    """The page's websockets."""
    return Wire(page)


WATCH_FLASHES = """() => {
  window.flashed = [];
  new MutationObserver((all) => { for (const one of all) window.flashed.push(one.target.id); }).observe(
    document.getElementById("sessions"), { attributes: true, subtree: true, attributeFilter: ["data-changed"] });
}"""


async def expect_one_paint_each(wire: Wire, first: int, sockets: int) -> None:
    """Wait until as many sockets as there were are open again; each of the new ones was painted once."""

    async def are_painted() -> bool:
        return len(wire.open) == sockets and wire.paints(first) >= sockets

    await until(are_painted, BUSY / 1000, f"{sockets} painted sockets")
    assert wire.paints(first) == sockets
    assert all(socket in wire.sockets[first:] for socket in wire.open)


async def test_a_killed_server_costs_one_repaint_of_list_and_drawer(
    center: Center, session: str, queue: str, path: str, page: Page, wire: Wire
) -> None:
    environment = {**center.site_environment, "PORT": str(free_port())}
    low = center.begin_session(queue, "Low", priority=3)
    with ExitStack() as first:
        site = first.enter_context(serving(environment, center.folder / "first.log"))
        await show(page, center, session, f"{path}&open=session:{key_of(low)}", site.origin)
        await expect_one_paint_each(wire, 0, 2)
        await page.evaluate("window.isSamePage = true")
        site.process.end(signal.SIGKILL)
    await expect(page.locator("html")).to_have_attribute("data-live", "down", timeout=BUSY)
    before = len(wire.sockets)
    high = center.begin_session(queue, "High", priority=1)
    center.change("support_session", low, customer_name="Changed meanwhile")
    with serving(environment, center.folder / "second.log"):
        await expect_live(page)
        await expect_order(page, high, low)
        await expect(page.locator("#drawer h2")).to_have_text("Changed meanwhile", timeout=BUSY)

        await expect_one_paint_each(wire, before, 2)
        assert await page.evaluate("window.isSamePage")
        center.end_session(high)
        await expect_order(page, low)
        assert wire.paints(before) == 2


@asynccontextmanager
async def proxied(center: Center, folder_name: str) -> AsyncIterator[tuple[Site, LossyProxy]]:
    """Serve the center once more, behind a proxy; `Site.port` is the proxy's."""
    proxy = await LossyProxy.start()
    environment = {
        **center.site_environment,
        "PORT": str(free_port()),
        "DASHBOARD_URL": f"http://127.0.0.1:{proxy.port}",
    }
    with ExitStack() as stack:
        site = await asyncio.to_thread(stack.enter_context, serving(environment, center.folder / folder_name))
        proxy.upstream_port = site.port
        yield Site(proxy.port, site.process), proxy
        await proxy.close()


async def test_a_half_open_socket_is_found_out_and_replaced(
    center: Center, session: str, queue: str, path: str, page: Page, wire: Wire
) -> None:
    low = center.begin_session(queue, "Low", priority=3)
    await page.clock.install()
    async with proxied(center, "half-open.log") as (site, proxy):
        await show(page, center, session, path, site.origin)
        await expect_order(page, low)
        proxy.is_silent = True
        high = center.begin_session(queue, "High", priority=1)
        await page.clock.fast_forward(26_000)  # the server says something every 15 s
        await expect(page.locator("#light-screen")).to_contain_text("reconnecting", timeout=BUSY)
        await expect_order(page, low)
        before = len(wire.sockets)
        proxy.is_silent = False
        proxy.reset()  # whatever was tried meanwhile: silence never ends it
        await page.clock.fast_forward(1_000)

        await expect_live(page)
        await expect_order(page, high, low)
        await expect_one_paint_each(wire, before, 1)


async def test_a_reset_connection_comes_back(
    center: Center, session: str, queue: str, path: str, page: Page, wire: Wire
) -> None:
    low = center.begin_session(queue, "Low", priority=3)
    async with proxied(center, "reset.log") as (site, proxy):
        await show(page, center, session, path, site.origin)
        for round_ in range(3):
            before = len(wire.sockets)
            proxy.reset()
            center.change("support_session", low, customer_name=f"Round {round_}")

            await expect(page.locator(selector("sessions", low))).to_contain_text(f"Round {round_}", timeout=BUSY)
            await expect_one_paint_each(wire, before, 1)


async def test_a_suspended_tab_is_right_when_it_wakes(
    center: Center, session: str, queue: str, path: str, page: Page, wire: Wire
) -> None:
    low = center.begin_session(queue, "Low", priority=3)
    async with proxied(center, "suspended.log") as (site, proxy):
        await show(page, center, session, path, site.origin)
        await expect_one_paint_each(wire, 0, 1)
        await page.evaluate(WATCH_FLASHES)
        debugger = await page.context.new_cdp_session(page)
        await debugger.send("Debugger.enable")
        stopped = asyncio.Event()
        debugger.on("Debugger.paused", lambda _event: stopped.set())
        await debugger.send("Debugger.pause")  # a tab that is not scheduled: nothing runs, messages queue up
        await asyncio.wait_for(stopped.wait(), BUSY / 1000)
        high = center.begin_session(queue, "High", priority=1)

        async def has_ended() -> bool:
            return proxy.websockets == 0

        await until(has_ended, BUSY / 1000, "the server's patience with a page that acknowledges nothing")
        before = len(wire.sockets)
        center.change("support_session", low, customer_name="Changed meanwhile")

        async def is_known() -> bool:
            return "Changed meanwhile" in (await asyncio.to_thread(site.get, path, session)).text

        await until(is_known, BUSY / 1000, "the change at the site")  # what comes after the repaint may flash
        await debugger.send("Debugger.disable")

        await expect_order(page, high, low)
        await expect(page.locator(selector("sessions", low))).to_contain_text("Changed meanwhile", timeout=BUSY)
        await expect_live(page)
        await expect_one_paint_each(wire, before, 1)
        assert await page.evaluate("window.flashed") == []
