"""A view on show: pieces are rendered when their value changed, never otherwise; the page and the paint agree."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dashboard.boards.moment import Moment
from dashboard.live.links import LinksView
from dashboard.live.painter import Painter
from dashboard.live.show import Show
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
    return Show(key, LinksView(key, state), at)


def test_only_the_pieces_whose_value_changed_are_rendered() -> None:
    state = State()
    sources = [link(f"source{number}") for number in range(20)]
    view, painter = LinksView(ViewKey("sources"), state), Painter()
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
    assert 'data-swap="links-a"' in step.text
    assert "links-b" not in step.text


def test_the_paint_carries_the_page_s_bytes_and_follows_the_steps() -> None:
    state = State()
    show = open_show(state, moment(state, link("a")))
    before = show.paint()
    show.refresh(moment(state, link("a"), link("b")))

    assert show.html().encode() in show.paint().payload
    assert 'id="links-b"' in show.html()
    assert (before.seq, show.paint().seq) == (1, 2)
    assert show.paint() is show.paint()


def test_a_hostile_name_stays_text() -> None:
    state = State()
    hostile = replace(link("a"), state=LinkState.RETRYING, error='<script>"</script>', oddities={"<b onclick=x>": 1})

    html = open_show(state, moment(state, hostile)).html()

    assert "<script" not in html
    assert "&lt;script&gt;&quot;&lt;/script&gt;" in html
    assert "&lt;b onclick=x&gt;" in html
