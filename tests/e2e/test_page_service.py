"""The day's figures on real pages: from what the appliance says to service level, abandoned and unknown."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker

from tests.e2e.center import BUSY, Center, running_center, show
from tests.services.accessibility import violations
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

TARGET = 60


class Floor:
    """A team's queue and one representative, who takes sessions."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self.queue = center.add_queue("served")
        self.own = center.insert("queue", name="Ann", type="personal")
        self.rep = center.insert("representative", username="ann", queue_id=self.own, user_id="7")

    def serve(self, *waits: int) -> None:
        """Let sessions be taken that have waited for so many seconds, and end."""
        now = int(time.time())
        for seconds in waits:
            session = self.center.begin_session(self.queue, "Ada", queue_entry_timestamp=now - seconds)
            self.center.change("support_session", session, queue_id=self.own, queue_entry_timestamp=now)
            part = {"support_session_id": session, "representative_id": self.rep, "created_timestamp": now}
            self.center.insert("representative_support_session", **part)
            self.center.end_session(session)

    def lose(self, *waits: int) -> None:
        """Let sessions end unanswered that have waited for so many seconds."""
        for seconds in waits:
            self.center.end_session(self.center.begin_session(self.queue, "Ada", seconds_ago=seconds))


def noon_zone() -> str:
    """Return a zone where it is noon, so that no day ends while the tests run."""
    ahead = (12 - datetime.now(UTC).hour) % 24
    return f"Etc/GMT-{ahead}" if ahead <= 12 else f"Etc/GMT+{24 - ahead}"


@pytest.fixture(scope="module")
def center(
    tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[Center]:
    """A center where it is noon: for its site, and for every mirror of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIME_ZONE", noon_zone())
        with running_center(tmp_path_factory.mktemp("center"), django_db_blocker) as center:
            yield center


@pytest.fixture(scope="module")
def floor(center: Center) -> Floor:
    """The floor of the center."""
    return Floor(center)


async def test_what_becomes_of_sessions_is_on_open_pages_at_once(
    center: Center, floor: Floor, session: str, page: Page
) -> None:
    await show(page, center, session, "/overview/")
    level = page.locator(".kpi", has_text="Service level")
    left = page.locator(".kpi", has_text="Abandoned today")
    await expect(level).to_contain_text("nobody answered or left yet")
    await page.evaluate("window.isSamePage = true")

    await sync_to_async(floor.serve)(5, 10)
    await expect(level).to_contain_text("2 of 2", timeout=BUSY)
    await expect(level).to_contain_text("too few to rate")
    await sync_to_async(floor.serve)(5, 5, 5, 5, 5, TARGET + 40)
    await sync_to_async(floor.lose)(2, 90, 120)  # the first of them early

    await expect(level.locator(".kpi__value")).to_have_text("70 %", timeout=BUSY)
    await expect(level).to_contain_text("Below target 80 %")
    await expect(level).to_contain_text("n = 10, today since", timeout=2 * BUSY)  # samples are read each 30 s
    await expect(left.locator(".kpi__value")).to_have_text("2")
    await expect(left).to_contain_text("20 % of 10")
    row = page.locator("#overview-queues tr", has_text="served")
    await expect(row.locator("[data-col=service]")).to_have_text("below target 70 %▸ 80 % · n = 10")

    await page.get_by_role("button", name="Explain Service level").click()
    explained = page.locator("#explain-service")
    await expect(explained).to_contain_text("= 70 %")
    await sync_to_async(floor.serve)(5)
    await expect(explained).to_contain_text("8 ÷ (9 + 3", timeout=BUSY)  # open, and still live
    had = re.compile(r"With a rep\s*0:\d\d on average, in 9 that ended")
    await expect(explained).to_contain_text(had, timeout=BUSY)
    await page.keyboard.press("Escape")
    await expect(explained).to_be_hidden()
    assert await page.evaluate("window.isSamePage")


async def test_a_queue_s_drawer_tells_its_day_and_what_nobody_saw_is_in_no_rate(
    center: Center, floor: Floor, session: str, page: Page
) -> None:
    await show(page, center, session, "/queues/?q=served")
    await page.get_by_role("link", name="served").click()
    drawer = page.locator("#drawer")
    lines = drawer.locator(".pairs div")
    answered, unknown = (lines.filter(has=page.get_by_text(word, exact=True)) for word in ("Answered", "Unknown"))
    await expect(unknown).to_contain_text("0")
    earlier = int(re.sub(r"^Answered(\d+).*", r"\1", await answered.text_content() or "", flags=re.DOTALL))
    await sync_to_async(floor.serve)(*[200] * 30)  # more than all others
    await expect(drawer).to_contain_text("Half of those answered waited 3:20 at most, nine in ten 3:20.", timeout=BUSY)
    await expect(answered).to_contain_text(f"Answered{earlier + 30},")
    before = await answered.text_content()

    def leave_unseen() -> None:
        waiting = center.begin_session(floor.queue, "Bea")
        wait_until(lambda: center.installation.query("SELECT 1 FROM realtime_teamstay WHERE outcome IS NULL"), 20)
        with center.unwatched():
            center.end_session(waiting)

    await sync_to_async(leave_unseen)()
    await expect(unknown).to_contain_text("1 ended while nobody listened", timeout=2 * BUSY)
    await expect(answered).to_have_text(before or "")


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_on_an_explained_figure(
    center: Center, session: str, browser: Browser, width: int
) -> None:
    page = await browser.new_page(bypass_csp=True, viewport={"width": width, "height": 900})
    await show(page, center, session, "/overview/")
    await page.get_by_role("button", name="Explain Abandoned").click()
    await expect(page.locator("#explain-abandoned")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await violations(page) == []


async def test_a_customer_whose_client_stays_away_has_left_while_the_session_goes_on(
    center: Center, session: str, page: Page
) -> None:
    queue = center.add_queue("deserted")
    client = await sync_to_async(center.begin_session)(queue, "Cid", seconds_ago=90)
    await show(page, center, session, "/queues/?q=deserted&columns=abandoned")
    await sync_to_async(center.remove)("customer_client", client)
    await expect(page.locator("td[data-col=abandoned]")).to_have_text("1", timeout=90_000)  # after a minute
    sessions = await sync_to_async(lambda: center.appliance.truth["support_session"])()
    assert client in sessions
