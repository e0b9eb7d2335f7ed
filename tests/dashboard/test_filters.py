"""The filters above a list: remembered by value, and never another's."""

from dataclasses import replace

from django.template import engines

from dashboard.boards.listing import Choice
from dashboard.live.painter import render
from dashboard.templatetags import filters

CHOICES = (Choice("waiting", 3, False, "state=waiting"), Choice("<b>", 1, True, "state=%3Cb%3E"))


def test_equal_values_are_rendered_once_and_others_anew() -> None:
    filters._render.cache_clear()

    first = filters.chips("State", CHOICES)
    same = filters.chips("State", tuple(replace(one) for one in CHOICES))
    counted = filters.chips("State", (replace(CHOICES[0], count=4), CHOICES[1]))
    behind_name = filters.menu("menu-state", "State", CHOICES)

    assert first is same
    assert len({first, counted, behind_name, filters.chips("Wait", CHOICES)}) == 4
    assert filters._render.cache_info().misses == 4


def test_a_filter_is_what_its_part_says_and_a_hostile_value_stays_text() -> None:
    source = '{% load filters %}{% chips "State" choices icons=True %}{% menu "menu-state" "State" choices %}'

    shown = engines["django"].from_string(source).render({"choices": CHOICES})

    parts = ("filter.jinja", {"label": "State", "icons": True}), ("menu.jinja", {"label": "State", "id": "menu-state"})
    assert shown == "".join(render(name, context | {"choices": CHOICES}) for name, context in parts)
    assert "&lt;b&gt;" in shown
    assert "<b></bdi>" not in shown
