"""Of several appliances a dead one dims its own rows; totals leave it out and say so; who does not see it is not told.

With one appliance in sight, all of a tile is stale together with it.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.boards.moment import Moment
from dashboard.boards.scope import EVERYTHING, Scope
from dashboard.live.fragments import Rendering
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from dashboard.live.wall import wall_key
from dashboard.wallboards.definition import Figure, Form, Kind, Page, Tile, Wallboard
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
LOST_AT = NOW - timedelta(minutes=11)
WAITS_SINCE = NOW - timedelta(minutes=5)  # past every target
WITHOUT = '<span class="age__words">without </span><bdi>south</bdi>'
LISTS = ("sessions", "queues", "representatives")
SEEN = Scope(frozenset({"north:team"}))
WALL = Wallboard(
    "Wall",
    (
        Page(
            "All",
            20,
            (
                Tile(Kind.NUMBER, 1, 1, 3, 2, Figure.WAITING),
                Tile(Kind.NUMBER, 4, 1, 3, 2, Figure.LOGGED_IN),
                Tile(Kind.STATES, 7, 1, 6, 2),
                Tile(Kind.QUEUES, 1, 3, 6, 3, form=Form.CARDS),
                Tile(Kind.WAITING, 7, 3, 6, 3),
                Tile(Kind.REPRESENTATIVES, 1, 6, 6, 3),
                Tile(Kind.TREND, 7, 6, 6, 3, Figure.WAITING),
            ),
        ),
    ),
)


def status(source: str, *, is_live: bool) -> LinkStatus:
    """Return an appliance's link."""
    return LinkStatus(
        source,
        seq=1,
        state=LinkState.LIVE if is_live else LinkState.RETRYING,
        state_since=LOST_AT,
        last_contact_at=NOW if is_live else LOST_AT,
        lease_expires_at=NOW + timedelta(seconds=5),
    )


def rows_of(source: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return a queue with one representative in it and one session that waits."""
    queue, rep = f"{source}:1", f"{source}:2"
    session = {"queue_id": queue, "customer_name": "Ann", "queue_entered_at": WAITS_SINCE, "created_at": WAITS_SINCE}
    return {
        "queue": {queue: {"name": "Desk", "type": "team", "support_team_id": "team"}},
        "known_queue": {f"{source}:team": {"name": "Desk", "type": "team", "queue_id": queue}},
        "representative": {rep: {"private_display_name": "Bob", "username": "bob", "routing_available": True}},
        "representative_queue": {f"{source}:3": {"queue_id": queue, "representative_id": rep}},
        "support_session": {f"{source}:4": session},
        "customer_client": {f"{source}:5": {"support_session_id": f"{source}:4", "client_type": "support"}},
    }


def moment(**is_live: bool) -> Moment:
    """Return both appliances' rows, with their links."""
    state = State()
    for source in is_live:
        state.apply(Change(source, inserts=rows_of(source)))
    links = {source: status(source, is_live=live) for source, live in is_live.items()}
    return Moment(state, links, NOW, wallboards={"wall": WALL})


def show(key: ViewKey, now: Moment) -> Rendering:
    """Return what a view shows."""
    return Painter().render(OPENERS[key.board](key, Tables(now.state)).picture(now))


def stale_rows(shown: Rendering, name: str) -> list[str]:
    """Return the sources whose rows are dimmed."""
    rows = [key for key in shown.lists[name] if "-band-" not in key]
    return [key.split("-")[-1].split("%3A")[0] for key in rows if "is-stale" in shown.fragments[key]]


@pytest.mark.parametrize("board", LISTS)
def test_a_list_dims_the_rows_of_the_dead_one_and_says_so(board: str) -> None:
    shown = show(ViewKey(board), moment(north=True, south=False))
    head = shown.fragments[f"tile-{board}-head"]

    assert stale_rows(shown, board) == ["south"]
    assert re.search("No contact with <bdi>south</bdi> since <time [^>]*>11 Mar 18:31</time>", head)
    assert "list-head--stale" not in head


@pytest.mark.parametrize("board", LISTS)
@pytest.mark.parametrize("alive", [{"south": False}, {"south": False, "north": False}])
def test_where_no_appliance_is_left_all_of_a_list_is_stale(board: str, alive: dict[str, bool]) -> None:
    shown = show(ViewKey(board), moment(**alive))
    head = shown.fragments[f"tile-{board}-head"]

    assert stale_rows(shown, board) == []
    assert "list-head--stale" in head
    assert "No contact with" not in head


@pytest.mark.parametrize("board", LISTS)
def test_who_sees_no_queue_of_the_dead_one_is_not_told(board: str) -> None:
    shown = show(ViewKey(board, scope=SEEN), moment(north=True, south=False))
    dead = show(ViewKey(board, scope=SEEN), moment(north=False, south=True))

    assert len(shown.lists[board]) >= 1
    assert not any("is-stale" in html or "list-head--stale" in html for html in shown.fragments.values())
    assert "south" not in shown.fragments[f"tile-{board}-head"].replace("source=south", "")
    assert "list-head--stale" in dead.fragments[f"tile-{board}-head"]


def test_the_overview_counts_the_others_and_says_without_whom() -> None:
    both = show(ViewKey("overview"), moment(north=True, south=True)).fragments
    one = show(ViewKey("overview"), moment(north=True, south=False))
    figures = one.fragments["tile-figures"]

    assert "2 past target" in both["tile-figures"]
    assert "1 past target" in figures
    assert "is-dim" not in figures
    for name in ("figures", "states", "attention-head"):
        assert WITHOUT in one.fragments[f"tile-{name}"]
        assert "without" not in both[f"tile-{name}"]
    assert "without" not in one.fragments["tile-overview-queues-head"]
    assert stale_rows(one, "overview-queues") == ["south"]
    assert [key.rpartition("-")[2] for key in one.lists["attention"]] == ["north%3A4"]


def test_how_long_a_customer_is_gone_is_not_known_and_at_most_the_session_s_age() -> None:
    now = moment(north=True)
    gone = now.state.apply(Change("north", deletes={"customer_client": ["north:5"]}))
    assert gone
    shown = show(ViewKey("overview"), now)
    (row,) = (shown.fragments[key] for key in shown.lists["attention"])

    assert re.search(r'Customer gone</span><span class="attention__time"><span class="ge"[^>]*>≤ </span><time', row)


def test_the_overview_of_who_sees_one_rests_on_that_one() -> None:
    shown = show(ViewKey("overview", scope=SEEN), moment(north=True, south=False)).fragments
    dead = show(ViewKey("overview", scope=SEEN), moment(north=False, south=True)).fragments

    assert "without" not in shown["tile-figures"] and "is-dim" not in shown["tile-figures"]
    assert "is-dim" in dead["tile-figures"]


def tiles(now: Moment, scope: Scope = EVERYTHING) -> list[str]:
    """Return the wallboard's tiles in order."""
    shown = show(wall_key("wall", scope), now)
    return [shown.fragments[key] for key in shown.lists["wall-tiles"]]


def test_a_wallboard_counts_the_others_dims_rows_and_sounds_for_none_of_the_dead_one() -> None:
    waiting, logged_in, states, queues, waits, people, trend = tiles(moment(north=True, south=False))

    for tile in (waiting, logged_in, states, trend):
        assert WITHOUT in tile
    assert '<p class="wtile__value">1' in waiting and '<p class="wtile__value">1' in logged_in
    for tile in (queues, waits, people):
        assert tile.count("is-stale") == 1
        assert '<bdi>south</bdi>: lost, trying again, <time class="time" data-since="2026-03-11T18:31' in tile
    assert queues.index("wq--critical") < queues.index("is-stale")
    assert queues.count("data-alert") == 1
    assert not any("wtile is-stale" in tile.partition(">")[0] for tile in (waiting, queues, waits))


@pytest.mark.parametrize("board", [*LISTS, "combined"])
def test_a_queue_of_one_name_on_another_appliance_belongs_to_no_scope_of_this_one(board: str) -> None:
    shown = show(ViewKey(board, scope=SEEN), moment(north=True, south=True))
    rows = [key for key in shown.lists[board] if "-band-" not in key]

    assert rows and all("north" in key and "south" not in key for key in rows)


WHOSE = '<bdi class="whose" title="the appliance: {0}">{0}</bdi>'


@pytest.mark.parametrize("board", [*LISTS, "overview", "combined"])
def test_rows_say_whose_they_are_where_several_appliances_are_in_sight(board: str) -> None:
    shown = show(ViewKey(board), moment(north=True, south=True))
    one = show(ViewKey(board, scope=SEEN), moment(north=True, south=True)).fragments
    lists = [name for name in shown.lists if name != "sources"]

    for name in lists:
        rows = [shown.fragments[key] for key in shown.lists[name] if "-band-" not in key]
        assert [sum(WHOSE.format(source) in row for row in rows) for source in ("north", "south")] == [1, 1]
    assert not any("whose" in html for html in one.values())


def test_a_list_tells_rows_apart_from_the_moment_another_appliance_is_there() -> None:
    now = moment(north=True)
    view, painter = OPENERS["queues"](ViewKey("queues"), Tables(now.state)), Painter()
    (alone,) = (painter.render(view.picture(now)).fragments[key] for key in ["queues-north%3Ateam"])
    both = replace(now, statuses={**now.statuses, "south": status("south", is_live=True)})

    assert "whose" not in alone
    assert WHOSE.format("north") in painter.render(view.picture(both)).fragments["queues-north%3Ateam"]


def test_a_wallboard_tells_queues_of_one_name_apart_and_alerts_for_each() -> None:
    queues, waits = tiles(moment(north=True, south=True))[3:5]
    alone = tiles(moment(north=True))

    for source in ("north", "south"):
        assert f'<bdi class="wall-whose">{source}</bdi>' in queues
        assert f'<bdi class="wall-whose">{source}</bdi>' in waits
        assert f'data-alert="queue:Desk, {source}"' in queues
    assert 'data-alert="queue:Desk"' in alone[3]
    assert not any("wall-whose" in tile for tile in alone)


def test_a_wallboard_of_one_appliance_s_queues_rests_on_that_one() -> None:
    alive, dead = tiles(moment(north=True, south=False), SEEN), tiles(moment(north=False, south=True), SEEN)

    assert not any("is-stale" in tile or "south" in tile for tile in alive)
    assert all("is-stale" in tile.partition(">")[0] for tile in dead)


def test_a_wallboard_s_numbers_of_all_vendors_leave_out_the_dead_one_too() -> None:
    numbers = (Tile(Kind.NUMBER, 1, 1, 3, 2, Figure.GOING_ON), Tile(Kind.NUMBER, 4, 1, 3, 2, Figure.TRAININGS))
    wallboard = Wallboard("Wall", (Page("All", 20, numbers),))
    one, none = (
        tiles(replace(moment(north=north, south=False), wallboards={"wall": wallboard})) for north in (True, False)
    )

    assert all(WITHOUT in tile for tile in one)
    assert '<p class="wtile__value">1' in one[0]
    assert all("is-stale" in tile.partition(">")[0] for tile in none)
    assert '<p class="wtile__value">2' in none[0]
