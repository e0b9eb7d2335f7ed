"""What lists have hundreds of, rendered by Jinja2: strict about names, and nothing of a vendor's unescaped."""

from itertools import chain

import pytest
from django.conf import settings
from jinja2 import UndefinedError

from dashboard.live.lists import Band
from dashboard.live.painter import render
from dashboard.templatetags import clocks, figures, rows, words

FOLDER = settings.BASE_DIR / "templates" / "lists"


def test_a_field_that_a_row_does_not_have_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="name"):
        render("presentations-band.jinja", {"id": "x", "value": {"count": 1}})


def test_what_a_vendor_says_is_escaped_once_and_our_own_pieces_are_not() -> None:
    assert "&lt;b&gt; &amp;amp;" in render("presentations-band.jinja", {"id": "x", "value": Band("<b> &amp;", 1)})
    assert '<span class="vendor"' in rows.vendor("seeit")


def test_no_template_turns_escaping_off() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.jinja")}

    assert len(texts) >= 12
    assert [name for name, text in texts.items() if "|safe" in text or "autoescape" in text] == []


def test_no_filter_of_ours_hides_another() -> None:
    names = list(
        chain.from_iterable((*one.register.filters, *one.register.tags) for one in (clocks, figures, rows, words))
    )

    assert sorted(names) == sorted(set(names))
