"""What rows are made of, many hundred times a page: each piece is escaped here, once, and not node by node.

Whatever a vendor may have typed goes through `escape`; the rest of these strings is ours.
"""

from functools import lru_cache
from html import escape
from urllib.parse import quote

from django import template
from django.utils.safestring import SafeString

from dashboard.boards.moment import Level
from dashboard.boards.sessions import SessionRow
from dashboard.live.lists import Layout
from dashboard.templatetags.clocks import since
from dashboard.templatetags.words import bars, icon, shape, words
from dashboard.templatetags.words import priority as priority_words

register = template.Library()


@register.simple_tag
def name(text: str, css: str = "") -> SafeString:
    """Return a name: isolated from the direction of what is around it, whole on hover where it is cut."""
    safe = escape(text)
    return SafeString(f'<bdi class="{css}" title="{safe}">{safe}</bdi>' if css else f'<bdi title="{safe}">{safe}</bdi>')


@register.simple_tag
def opens(layout: Layout, kind: str, key: str) -> SafeString:
    """Return the attributes of a link that opens a row beside its list, on the list's own address."""
    before = f"{escape(layout.query)}&amp;" if layout.query else ""
    return SafeString(f'data-open="{kind}:{escape(key)}" href="?{before}open={kind}:{quote(key, safe="")}"')


@lru_cache(maxsize=256)
def mark(tone: str, glyph: str, text: str, unseen: str = "") -> SafeString:
    """Return a state's shape and word, as the beginning of its element; `unseen` is said to those who do not see it."""
    more = f'<span class="visually-hidden">, {escape(unseen)},</span>' if unseen else ""
    return SafeString(
        f'<span class="state state--{tone}"><svg class="glyph" viewBox="0 0 12 12" aria-hidden="true">'
        f'<use href="#g-{glyph}"/></svg>{escape(text)}{more} '
    )


@register.simple_tag
def session_state(row: SessionRow) -> SafeString:
    """Return a session's state and its time; what is past or near its target shows that by its shape."""
    clock = ""
    if row.ended_at is not None:
        clock = since(row.ended_at, row.source)
    elif row.wait is not None:
        clock = since(row.wait.since, row.source)
    return SafeString(f"{_session_mark(row)}{clock}</span>")


def _session_mark(row: SessionRow) -> SafeString:
    if row.ended_at is not None:
        return mark("off", "off", "Ended")
    if row.wait is None:
        return mark(shape(row.state), shape(row.state), words(row.state))
    if row.level is Level.OK:
        return mark("off", "waiting", words(row.state))
    return mark(row.level.value, row.level.value, words(row.state), words(row.level))


@register.simple_tag
def how(start_method: str, client_types: tuple[str, ...]) -> SafeString:
    """Return how a session began and what the customer runs, as icons with one name for all of them."""
    return _how((start_method, *client_types) if start_method else client_types)


@lru_cache(maxsize=1024)
def _how(kinds: tuple[str, ...]) -> SafeString:
    if not kinds:
        return SafeString("–")
    text = escape(", ".join(map(words, kinds)))
    drawn = "".join(f'<svg class="icon" viewBox="0 0 20 20"><use href="#i-{icon(kind)}"/></svg>' for kind in kinds[:4])
    return SafeString(f'<span class="how" role="img" aria-label="{text}" title="{text}">{drawn}</span>')


@register.filter
@lru_cache(maxsize=64)
def steps(value: int | None) -> SafeString:
    """Return a priority as steps."""
    text, lit = escape(priority_words(value)), bars(value)
    if not lit:
        return SafeString(text)
    drawn = "".join(_step(step, step < lit) for step in range(3))
    return SafeString(
        f'<svg class="level" viewBox="0 0 14 12" role="img" aria-label="Priority {text}">'
        f"<title>Priority {text}</title>{drawn}</svg>"
    )


def _step(place: int, is_lit: bool) -> str:
    css = "on" if is_lit else "off"
    return f'<rect class="{css}" x="{4.6 * place:.1f}" y="{8 - 4 * place}" width="3.2" height="{4 + 4 * place}"/>'
