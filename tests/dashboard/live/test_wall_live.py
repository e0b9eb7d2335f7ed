"""A wallboard, live: after every step it shows what one drawn from scratch shows, within its viewer's scope."""

import random
from dataclasses import replace

import pytest

from dashboard.boards.moment import Moment
from dashboard.boards.scope import Scope
from dashboard.live.fragments import apply, difference
from dashboard.live.painter import Painter
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from dashboard.live.wall import WallView, wall_key
from dashboard.wallboards.definition import Announcement, Kind, Page, Tile, Wallboard
from dashboard.wallboards.stored import draft_name
from dashboard.wallboards.templates import TEMPLATES
from tests.dashboard.live.test_tables import Life

STEPS = 40
EVERYTHING_SHOWN = Page(
    "All", 20, (Tile(Kind.WAITING, 1, 1, 12, 4), Tile(Kind.TRAININGS, 1, 5, 6, 4), Tile(Kind.ANNOUNCEMENT, 7, 5, 6, 2))
)


def at(life: Life, **wallboards: Wallboard) -> Moment:
    """Return the moment of a center that knows wallboards."""
    return replace(life.moment, wallboards={name.replace("__", "/"): one for name, one in wallboards.items()})


def from_scratch(life: Life, moment: Moment, key: ViewKey) -> object:
    """Return what a view shows that begins now."""
    return WallView(key, Tables(life.state)).picture(moment)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("scoped", [False, True])
def test_every_step_shows_what_a_new_view_shows(template: str, scoped: bool) -> None:
    life, dice = Life(5), random.Random(5)
    made = TEMPLATES[template].wallboard
    queues = tuple(sorted(dice.sample(sorted(life.state.known_queues), 3))) if scoped else None
    wallboard = replace(made, queues=queues, pages=(*made.pages, EVERYTHING_SHOWN))
    key = wall_key("wall")
    view, painter = WallView(key, life.tables), Painter()
    shown = painter.render(view.picture(at(life, wall=wallboard)))
    for _ in range(STEPS):
        life.run_one()
        moment = at(life, wall=wallboard)
        picture = view.picture(moment)
        assert picture == from_scratch(life, moment, key)
        rendering = painter.render(picture)
        assert apply(difference(shown, rendering), shown) == rendering
        shown = rendering


def test_a_changed_definition_is_one_more_step_of_the_open_view() -> None:
    life = Life(2)
    queue_wall, floor_wall = TEMPLATES["queue"].wallboard, TEMPLATES["floor"].wallboard
    view, painter = WallView(wall_key("wall"), life.tables), Painter()
    before = painter.render(view.picture(at(life, wall=queue_wall)))
    for changed in (replace(queue_wall, announcement=Announcement("Lunch")), floor_wall, None):
        wallboards = {"wall": changed} if changed else {}
        moment = at(life, **wallboards)
        after = painter.render(view.picture(moment))
        assert after != before
        assert apply(difference(before, after), before) == after
        before = after
    assert "deleted" in before.fragments["wall-head"]


def test_nothing_changed_is_the_same_picture() -> None:
    life = Life(2)
    view = WallView(wall_key("wall"), life.tables)
    moment = at(life, wall=TEMPLATES["queue"].wallboard)
    assert view.picture(moment) is view.picture(moment)


def test_a_draft_is_shown_in_place_of_what_is_published_and_only_where_there_is_one() -> None:
    life = Life(2)
    published = TEMPLATES["queue"].wallboard
    view = WallView(wall_key("wall", is_draft=True), life.tables)
    for wallboards, name in (
        ({"wall": published}, published.name),
        ({"wall": published, draft_name("wall"): replace(published, name="Draft")}, "Draft"),
    ):
        picture = view.picture(replace(life.moment, wallboards=wallboards))
        assert Painter().render(picture).fragments["wall-head"].count(f">{name}<") == 1


def test_a_wallboard_shows_nobody_more_than_they_may_see() -> None:
    life = Life(4)
    first, second = sorted(life.state.known_queues)[:2]
    names = {key: life.state.known_queues[key].get("name") or "" for key in (first, second)}
    wallboard = TEMPLATES["queue"].wallboard
    for queues, viewer, seen in (
        (None, Scope(frozenset({first})), {first}),
        ((first, second), Scope(frozenset({second})), {second}),
        ((first,), Scope(frozenset({second})), set()),
        ((first,), Scope(), {first}),
    ):
        moment = at(life, wall=replace(wallboard, queues=queues))
        html = "".join(
            Painter().render(WallView(wall_key("wall", viewer), life.tables).picture(moment)).fragments.values()
        )
        assert {key for key, name in names.items() if f">{name}<" in html} == seen
