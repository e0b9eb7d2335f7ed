"""Invariant 2 for whole boards in a real DOM: a page that followed every step equals the page as it is opened now."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.async_api import Page, expect

from tests.e2e.center import BUSY, Center, Wire, show
from tests.services.waiting import until

# Each example goes on where the last one ended, so there is nothing to shrink.
STATEFUL = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
BOARDS = (
    "overview/",
    "sessions/",
    "sessions/?sort=-priority,customer",
    "queues/",
    "representatives/",
    "representatives/?form=table&sort=state",
    "presentations/",
)
COMPARE = """async () => {
  const strip = (whole) => {
    const board = whole.getElementById("board").cloneNode(true);
    for (const one of board.querySelectorAll("*")) {
      for (const name of ["data-changed", "data-selected", "data-overdue"]) one.removeAttribute(name);
      if (one.matches("time[data-since], time[data-until]")) one.textContent = "";
      if (one.matches("rect[data-target]")) one.removeAttribute("width"); // it moves with the clock
    }
    return board.outerHTML.replace(/>\\s+</g, "><"); // line ends between rows stay behind when rows move
  };
  const fresh = await (await fetch(location.href)).text();
  return [strip(document), strip(new DOMParser().parseFromString(fresh, "text/html"))];
}"""
NAMES = st.sampled_from(["Ann", "Bea", "<b>Cy</b>", "Dée", "\u202eEve", "F&amp;G"])
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.integers(0, 2), st.integers(1, 3), NAMES),
        st.tuples(st.just("end"), st.integers(0, 99)),
        st.tuples(st.just("rename"), st.integers(0, 99), NAMES, st.integers(1, 3)),
        st.tuples(st.just("lose client"), st.integers(0, 99)),
        st.tuples(st.just("ask skill"), st.integers(0, 99), NAMES),
        st.tuples(st.just("log in"), st.integers(0, 2), NAMES),
        st.tuples(st.just("turn"), st.integers(0, 99), st.booleans(), st.booleans()),
        st.tuples(st.just("log out"), st.integers(0, 99)),
        st.tuples(st.just("present"), NAMES),
    ),
    min_size=1,
    max_size=8,
)


class Life:
    """What happens in a center; numbers choose among what there is."""

    def __init__(self, center: Center) -> None:
        self.center = center
        self.queues = [center.add_queue(f"Queue {number}") for number in range(3)]
        self.sessions: list[str] = []
        self.representatives: list[str] = []
        self.acts: dict[str, Callable[..., None]] = {
            "begin": self.begin,
            "end": self.end,
            "rename": self.rename,
            "lose client": self.lose_client,
            "ask skill": self.ask_skill,
            "log in": self.log_in,
            "turn": self.turn,
            "log out": self.log_out,
            "present": self.present,
        }

    def begin(self, queue: int, priority: int, name: str) -> None:
        """Let a customer come."""
        self.sessions.append(self.center.begin_session(self.queues[queue], name, priority))

    def end(self, which: int) -> None:
        """Let a session end."""
        if self.sessions:
            self.center.end_session(self.sessions.pop(which % len(self.sessions)))

    def rename(self, which: int, name: str, priority: int) -> None:
        """Change a session's row."""
        if self.sessions:
            row_id = self.sessions[which % len(self.sessions)]
            self.center.change("support_session", row_id, customer_name=name, priority=priority)

    def lose_client(self, which: int) -> None:
        """Let a customer's client go."""
        if self.sessions:
            self.center.remove("customer_client", self.sessions[which % len(self.sessions)])

    def ask_skill(self, which: int, name: str) -> None:
        """Let a session need a skill."""
        if self.sessions:
            row_id = self.sessions[which % len(self.sessions)]
            self.center.insert("support_session_skill", support_session_id=row_id, code_name=name)

    def log_in(self, queue: int, name: str) -> None:
        """Let a representative come, and take the newest session."""
        center = self.center
        row_id = center.insert(
            "representative", private_display_name=name, routing_enabled=True, routing_available=True
        )
        center.insert("representative_queue", representative_id=row_id, queue_id=self.queues[queue], role="member")
        if self.sessions:
            both = {"representative_id": row_id, "support_session_id": self.sessions[-1]}
            center.insert("representative_support_session", **both)
        self.representatives.append(row_id)

    def turn(self, which: int, is_idle: bool, is_available: bool) -> None:
        """Change a representative's flags."""
        if self.representatives:
            row_id = self.representatives[which % len(self.representatives)]
            self.center.change("representative", row_id, routing_idle=is_idle, routing_available=is_available)

    def log_out(self, which: int) -> None:
        """Let a representative go."""
        if self.representatives:
            self.center.remove("representative", self.representatives.pop(which % len(self.representatives)))

    def present(self, name: str) -> None:
        """Let a presentation begin."""
        row_id = self.center.insert("presentation_session", presentation_name=name)
        self.center.insert("attendee", presentation_session_id=row_id, name=name, connected=True)

    def play(self, actions: list[tuple[Any, ...]]) -> None:
        """Let these things happen, one change of the truth after the other."""
        for name, *arguments in actions:
            self.acts[name](*arguments)


@pytest.fixture(scope="module")
def life(center: Center) -> Life:
    """What happens in it."""
    return Life(center)


async def expect_equal(page: Page) -> None:
    """Wait until the page is what it would be if it were opened now."""
    seen: list[list[str]] = []

    async def are_equal() -> bool:
        seen[:] = [await page.evaluate(COMPARE)]
        return seen[0][0] == seen[0][1]

    try:
        await until(are_equal, BUSY / 1000, "equality")
    except AssertionError:
        followed, opened = seen[0]
        assert re.split("(?=<)", followed) == re.split("(?=<)", opened)


def insert_marker(center: Center, life: Life, name: str) -> dict[str, str]:
    """Insert something that every board shows by its name, as the last of many changes."""
    if "queue" in name:
        center.add_queue(name)
    return {
        "representative": center.insert("representative", private_display_name=name, routing_enabled=True),
        "presentation_session": center.insert("presentation_session", presentation_name=name),
        "support_session": center.begin_session(life.queues[0], name, priority=1, seconds_ago=4000),
    }


@pytest_asyncio.fixture(loop_scope="session")
async def wire(page: Page) -> Wire:
    """The page's websockets."""
    return Wire(page)


@pytest.mark.parametrize("board", BOARDS)
@STATEFUL
@given(actions=ACTIONS)
async def test_a_page_that_followed_equals_one_that_is_opened(
    center: Center, life: Life, session: str, page: Page, wire: Wire, board: str, actions: list[tuple[Any, ...]]
) -> None:
    if not wire.sockets:  # the page stays open from one example to the next
        await show(page, center, session, f"/{board}")
    life.play(actions)
    name = f"Last of {board.partition('/')[0]} {center.give_id()}"
    marker = insert_marker(center, life, name)

    await expect(page.locator("#board")).to_contain_text(name, timeout=BUSY)
    await expect_equal(page)
    assert wire.paints() == 1
    for table, row_id in marker.items():
        center.remove(table, row_id)
