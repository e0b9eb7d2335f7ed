"""The lists of all vendors, live: what followed step by step equals what is drawn from scratch, whatever time does."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.boards.clock import day_bounds
from dashboard.boards.moment import Moment
from dashboard.live.fragments import Rendering
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.tables import ACTIVITIES, PRESENTATIONS, Tables
from dashboard.live.view import BoardView, ViewKey
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus
from tests.dashboard.live.test_tables import assert_counted
from tests.dashboard.vendor_sessions import VENDOR_OF, insert, random_step, vendor_session

NOW = datetime(2026, 3, 11, 23, 58, 30, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "America/New_York")
STEPS = 150
VIEWS = (
    ViewKey("combined"),
    ViewKey("combined", (("form", "people"),)),
    ViewKey("combined", (("when", "ended"),)),
    ViewKey("combined", (("when", "all"), ("sort", "-what,kind"))),
    ViewKey("combined", (("q", "cork"), ("form", "people"), ("when", "all"))),
    ViewKey("combined", (("state", "active"), ("vendor", "evovoice"))),
    ViewKey("presentations"),
)


def statuses(at: datetime) -> dict[str, LinkStatus]:
    """Return polled sources that are current."""
    return {
        name: LinkStatus(name, seq=1, state=LinkState.LIVE, state_since=at, last_contact_at=at, poll_seconds=30.0)
        for name in VENDOR_OF
    }


def open_views(tables: Tables) -> list[BoardView]:
    """Open every view."""
    return [OPENERS[key.board](key, tables) for key in VIEWS]


def render(view: BoardView, moment: Moment) -> Rendering:
    """Return what a view shows."""
    return Painter().render(view.picture(moment))


@pytest.mark.parametrize(("seed", "zone"), list(enumerate(ZONES)))
def test_what_followed_equals_what_is_drawn_from_scratch(seed: int, zone: str) -> None:
    dice, state = random.Random(seed), State()
    at = day_bounds(NOW, zone)[1] - timedelta(seconds=90)  # a day of the site ends while we look
    tables = Tables(state)
    views = open_views(tables)
    for number in range(STEPS):
        at += timedelta(seconds=dice.choice([0, 1, 7, 60]))
        tables.mark(state.apply(random_step(dice, state, at)))
        moment = Moment(state, statuses(at), at, zone=zone)
        tables.refresh(moment)
        for table, kind in ((tables.combined, ACTIVITIES), (tables.presentations, PRESENTATIONS)):
            keys = {kind.key_of(name, key) for name in kind.tables for key in state.tables[name]}
            lingering = table._lingering.keys()
            drawn = {key: row for key in keys - lingering if (row := kind.draw(moment, key)) is not None}
            assert {key: row for key, row in table.rows.items() if key not in lingering} == drawn
            assert_counted(table)
        if number % 10 == 0:
            for followed, opened in zip(views, open_views(tables), strict=True):
                assert render(followed, moment) == render(opened, moment)
    assert len(tables.combined.rows) > 20
    assert tables.presentations.rows


def test_time_alone_moves_what_ended_out_of_now() -> None:
    state, dice = State(), random.Random(1)
    tables = Tables(state)
    for _ in range(60):
        state.apply(random_step(dice, state, NOW))
    tables = Tables(state)
    view = OPENERS["combined"](ViewKey("combined"), tables)
    before = render(view, Moment(state, statuses(NOW), NOW)).lists["combined"]
    later = NOW + timedelta(minutes=10)
    assert view.tick(Moment(state, statuses(later), later))
    after = render(view, Moment(state, statuses(later), later)).lists["combined"]
    fresh = OPENERS["combined"](ViewKey("combined"), Tables(state))

    assert len(after) < len(before)
    assert after == render(fresh, Moment(state, statuses(later), later)).lists["combined"]


@pytest.mark.parametrize("zone", ZONES)
def test_the_site_s_midnight_makes_tomorrow_today(zone: str) -> None:
    midnight, state = day_bounds(NOW, zone)[1], State()
    starts = {"early": midnight + timedelta(minutes=1), "late": midnight + timedelta(hours=23)}
    for key, at in starts.items():
        planned = vendor_session("trainings", NOW, kind="training", state="scheduled", scheduled_at=at, started_at=None)
        insert(state, "trainings", **{key: planned | {"subject": key}})
    tables = Tables(state)
    view = OPENERS["presentations"](ViewKey("presentations"), tables)

    def phases_at(at: datetime) -> list[str]:
        rendering = render(view, Moment(state, links, at, zone=zone))
        rows = (rendering.fragments[key] for key in rendering.lists["presentations"])
        return [phase for html in rows for phase in re.findall(r"show--([a-z-]+)", html)]

    second, instant = timedelta(seconds=1), timedelta(microseconds=1)
    links = statuses(midnight - second)
    assert phases_at(midnight - second) == ["later", "later"]
    assert not view.tick(Moment(state, links, midnight - instant, zone=zone))
    assert view.tick(Moment(state, links, midnight, zone=zone))
    assert phases_at(midnight) == ["next", "next"]


def test_a_dead_source_dims_its_own_rows_only() -> None:
    state, dice = State(), random.Random(2)
    for _ in range(60):
        state.apply(random_step(dice, state, NOW))
    links = statuses(NOW)
    links["camera"] = LinkStatus(
        "camera",
        seq=1,
        state=LinkState.RETRYING,
        state_since=NOW - timedelta(minutes=11),
        last_contact_at=NOW - timedelta(minutes=11),
        poll_seconds=30.0,
    )
    rendering = render(OPENERS["combined"](ViewKey("combined"), Tables(state)), Moment(state, links, NOW))
    rows = {key: html for key, html in rendering.fragments.items() if key in rendering.lists["combined"]}

    assert {key.split("-")[1].split("%3A")[0] for key, html in rows.items() if "is-stale" in html} == {"camera"}
    assert all("is-stale" in html for key, html in rows.items() if "camera%3A" in key)
    assert "No contact with <bdi>camera</bdi> since <time" in rendering.fragments["tile-combined-head"]
    assert ">11 Mar 23:47</time>" in rendering.fragments["tile-combined-head"]


def test_nothing_is_drawn_for_a_poll_that_brought_nothing() -> None:
    state, dice = State(), random.Random(3)
    for _ in range(30):
        state.apply(random_step(dice, state, NOW))
    tables = Tables(state)
    view = OPENERS["combined"](ViewKey("combined"), tables)
    shown = view.picture(Moment(state, statuses(NOW), NOW))
    held = dict(state.tables["vendor_session"])
    applied = state.apply(Change("calls", inserts={"vendor_session": held}))
    tables.mark(applied)

    assert not applied
    assert view.picture(Moment(state, statuses(NOW + timedelta(seconds=1)), NOW)) is shown
