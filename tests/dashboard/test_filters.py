"""The filters above a list: remembered by value, and never another's."""

from dataclasses import replace

from django.template import engines

from dashboard.boards.listing import Choice
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
    parts = (
        '{% include "parts/_filter.html" with label="State" choices=choices icons=True only %}'
        '{% include "parts/_menu.html" with id="menu-state" label="State" choices=choices only %}'
    )

    shown, expected = (engines["django"].from_string(text).render({"choices": CHOICES}) for text in (source, parts))

    assert shown == expected
    assert "&lt;b&gt;" in shown
    assert "<b></bdi>" not in shown
