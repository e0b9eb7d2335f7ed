"""A view on show: pieces are rendered when their value changed, never otherwise; the page and the paint agree."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.boards.moment import Moment
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.show import ASK_CHARACTERS, ASK_STEPS, Show
from dashboard.live.socket import WINDOW_BYTES, WINDOW_STEPS
from dashboard.live.sources import SourcesView
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)


def link(source: str) -> LinkStatus:
    """Return a live link."""
    lease_end = NOW + timedelta(hours=1)
    return LinkStatus(
        source,
        state=LinkState.LIVE,
        state_since=NOW,
        last_contact_at=NOW,
        last_message_at=NOW,
        lease_expires_at=lease_end,
    )


def moment(state: State, *sources: LinkStatus) -> Moment:
    """Return a moment with these links."""
    return Moment(state, {one.source: one for one in sources}, NOW)


def open_show(state: State, at: Moment) -> Show:
    """Return the Sources board on show."""
    key = ViewKey("sources")
    return Show(key, SourcesView(key, state), at)


def test_only_the_pieces_whose_value_changed_are_rendered() -> None:
    state = State()
    sources = [link(f"source{number}") for number in range(20)]
    view, painter = SourcesView(ViewKey("sources"), state), Painter()
    painter.render(view.picture(moment(state, *sources)))
    first = painter.render_count
    painter.render(view.picture(moment(state, *sources)))
    same = painter.render_count
    sources[3] = replace(sources[3], clock_offset_seconds=3.0)
    painter.render(view.picture(moment(state, *sources)))

    assert (first, same, painter.render_count) == (22, 22, 23)


def test_a_moment_without_news_makes_no_step() -> None:
    state = State()
    show = open_show(state, moment(state, link("a")))

    assert show.refresh(moment(state, link("a"))) is None


def test_steps_count_up_and_carry_only_what_changed() -> None:
    state = State()
    show = open_show(state, moment(state, link("a"), link("b")))
    applied = state.apply(Change("a", inserts={"queue": {"a:1": {"name": "x"}}}))
    is_touched = show.board.touch(applied)
    step = show.refresh(moment(state, link("a"), link("b")))

    assert is_touched
    assert step is not None
    assert step.seq == 2
    assert 'data-swap="sources-a"' in step.text
    assert "sources-b" not in step.text


def test_the_paint_carries_the_page_s_bytes_and_follows_the_steps() -> None:
    state = State()
    show = open_show(state, moment(state, link("a")))
    before = show.paint()
    show.refresh(moment(state, link("a"), link("b")))

    assert show.html().encode() in show.paint().payload
    assert 'id="sources-b"' in show.html()
    assert (before.seq, show.paint().seq) == (1, 2)
    assert show.paint() is show.paint()


def test_a_hostile_name_stays_text() -> None:
    state = State()
    hostile = replace(link("a"), state=LinkState.RETRYING, error='<script>"</script>', oddities={"<b onclick=x>": 1})

    html = open_show(state, moment(state, hostile)).html()

    assert "<script" not in html
    assert "&lt;script&gt;&quot;&lt;/script&gt;" in html
    assert "&lt;b onclick=x&gt;" in html


def walk(show: Show, state: State, count: int, at: datetime, apart: timedelta) -> list[bool]:
    """Take so many steps; return which of them ask."""
    asked = []
    for number in range(count):
        applied = state.apply(Change("a", inserts={"queue": {f"a:{at.timestamp()}-{number}": {"name": "x"}}}))
        show.board.touch(applied)
        step = show.refresh(Moment(state, {"a": link("a")}, at + number * apart))
        assert step is not None
        assert (b" data-ack" in step.payload) == step.asks
        asked.append(step.asks)
    return asked


def test_a_quiet_view_asks_for_every_acknowledgement_and_a_busy_one_for_every_eighth() -> None:
    state = State()
    show = open_show(state, moment(state, link("a")))

    quiet = walk(show, state, 4, NOW, timedelta(seconds=2.6))
    busy = walk(show, state, 17, NOW + timedelta(seconds=8), timedelta(milliseconds=50))
    turned_back = walk(show, state, 1, NOW - timedelta(hours=1), timedelta(0))

    assert quiet == [True] * 4
    assert busy == [False] * 7 + [True] + [False] * 7 + [True, False]
    assert turned_back == [True]


def test_large_steps_ask_well_within_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.live.show.ASK_CHARACTERS", 100)
    state = State()
    show = open_show(state, moment(state, link("a")))

    assert walk(show, state, 3, NOW, timedelta(milliseconds=1)) == [True] * 3
    assert 2 * ASK_CHARACTERS < WINDOW_BYTES
    assert 2 * ASK_STEPS < WINDOW_STEPS


def test_a_look_that_finds_the_same_picture_draws_nothing() -> None:
    state = State()
    key = ViewKey("queues")
    show = Show(key, OPENERS["queues"](key, Tables(state)), moment(state, link("a")))

    show.is_dirty = True
    assert show.refresh(moment(state, link("a"))) is None
    assert (show.has_drawn, show.is_dirty) == (False, False)
