"""What rows are made of, many hundred times a page: each piece is escaped here, once, and not node by node.

Whatever a vendor may have typed goes through `escape`; the rest of these strings is ours.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from django import template
from django.utils.safestring import SafeString

from dashboard.boards.activity import ActivityRow, Doing
from dashboard.boards.freshness import Trust
from dashboard.boards.moment import Level, Wait
from dashboard.boards.people import PersonRef
from dashboard.boards.presentations import Phase, PresentationRow
from dashboard.boards.queues import QueueCondition
from dashboard.boards.service import Service, judge_rate
from dashboard.boards.sessions import Person, SessionRow
from dashboard.live.fragments import quoted
from dashboard.live.lists import Layout
from dashboard.templatetags.clocks import at_day, full, since, until
from dashboard.templatetags.figures import count, exact
from dashboard.templatetags.words import at_work, bars, icon, segments, shape, summary, vendor_mark, words
from dashboard.templatetags.words import priority as priority_words
from realtime.presence import RepresentativeState
from realtime.vendor_session import Kind

_TONES = {
    Doing.DUE: "session",
    Doing.SCHEDULED: "off",
    Doing.CUSTOMER_GONE: "unknown",
    Doing.RINGING: "session",
}

register = template.Library()


@register.simple_tag
def name(text: str, css: str = "") -> SafeString:
    """Return a name: isolated from the direction of what is around it, whole on hover where it is cut."""
    safe = escape(text)
    return SafeString(f'<bdi class="{css}" title="{safe}">{safe}</bdi>' if css else f'<bdi title="{safe}">{safe}</bdi>')


@register.simple_tag
def people(members: Sequence[PersonRef | Person]) -> SafeString:
    """Return the first of some people, of whom there is one at least, and how many more there are."""
    more = ""
    if len(members) > 1:
        everybody = escape(", ".join(one.name for one in members))
        more = f'<span class="muted" title="{everybody}">+{len(members) - 1}</span>'
    return SafeString(f'<span class="reps">{name(members[0].name)}{more}</span>')


@register.simple_tag
def opens(layout: Layout, kind: str, key: str) -> SafeString:
    """Return the attributes of a link that opens a row beside its list, on the list's own address."""
    before = f"{escape(layout.query)}&amp;" if layout.query else ""
    return SafeString(f'data-open="{kind}:{escape(key)}" href="?{before}open={kind}:{quoted(key)}"')


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
def activity_state(row: ActivityRow) -> SafeString:
    """Return an activity's state with its time: how long, or until when; `≤` and `~` say how sure that is."""
    return SafeString(f"{_activity_mark(row.doing, row.kind)}{_activity_clock(row)}</span>")


@register.simple_tag
def show_state(row: PresentationRow) -> SafeString:
    """Return the state of a training or presentation; what nobody confirms says so."""
    if row.phase is Phase.JUST_ENDED and row.doing in (Doing.SCHEDULED, Doing.UNKNOWN, Doing.DUE):
        return SafeString(f"{mark('unknown', 'unknown', 'Planned end passed')}</span>")
    return SafeString(f"{_activity_mark(row.doing, row.kind)}</span>")


@lru_cache(maxsize=128)
def _activity_mark(doing: Doing, kind: str) -> SafeString:
    if doing is not Doing.ACTIVE:
        return mark(_TONES.get(doing, shape(doing)), shape(doing), words(doing))
    tone = "presenting" if kind in (Kind.TRAINING, Kind.PRESENTATION) else "session"
    return mark(tone, tone, at_work(kind))


def _activity_clock(row: ActivityRow) -> str:
    if row.since is None:
        return ""
    doubt = '<span class="ge" title="the vendor names no time zone; the one of sources.toml is used">~</span>'
    sign = doubt if row.is_assumed else ""
    if row.since.bound:
        sign += f'<span class="ge" title="the vendor does not say since when">{row.since.bound} </span>'
    if row.is_planned and row.doing is not Doing.DUE:
        return sign + until(row.since.at, row.source, "time time--until")
    if row.is_over and not row.has_just_ended:
        at = row.since.at
        return f'{sign}<time class="time time--plain" datetime="{exact(at)}" title="{full(at)}">{at_day(at)}</time>'
    return sign + since(row.since.at, row.source)


@register.simple_tag
def vendor(name_of_vendor: str) -> SafeString:
    """Return a vendor's mark."""
    return _vendor(name_of_vendor)


@lru_cache(maxsize=64)
def _vendor(name_of_vendor: str) -> SafeString:
    text = escape(words(name_of_vendor) or "unknown vendor")
    letters = escape(vendor_mark(name_of_vendor) or "?")
    return SafeString(f'<span class="vendor" role="img" aria-label="{text}" title="{text}">{letters}</span>')


@register.simple_tag
def stale_since(layout: Layout | Trust, source: str) -> SafeString:
    """Return how old the picture of a row is whose source cannot be trusted now; nothing where it can."""
    notice = layout.stale.get(source)
    if notice is None:
        return SafeString("")
    glyph = '<svg class="glyph" viewBox="0 0 12 12" aria-hidden="true"><use href="#g-stale"/></svg>'
    clock = since(notice.since, "", "age__time") if notice.since else "unknown"
    text = escape(f"{source}: {notice.words}")
    return SafeString(
        f'<span class="age" title="{text}"><span class="visually-hidden">{text}, </span>{glyph}{clock}</span>'
    )


@register.simple_tag
def whose(layout: Layout | Trust, source: str) -> SafeString:
    """Return which appliance a row is of, where several are in sight; nothing where there is one."""
    if source not in layout.told:
        return SafeString("")
    safe = escape(source)
    return SafeString(f'<bdi class="whose" title="the appliance: {safe}">{safe}</bdi>')


@register.simple_tag
def condition(value: QueueCondition, waiting: int) -> SafeString:
    """Return how a queue stands; "in time" only where somebody waits."""
    text = ("In time" if waiting else "OK") if value is QueueCondition.OK else words(value)
    return SafeString(f"{mark(shape(value), shape(value), text)}</span>")


@register.simple_tag
def bullet(wait: Wait, target_seconds: int, source: str) -> SafeString:
    """Return the longest wait as a bar whose middle is the target; its clock fills it."""
    return SafeString(
        '<svg class="bullet" role="img" aria-label="the longest wait against the target of '
        f'{target_seconds} s"><rect class="bullet__track" width="100%" height="6" y="2" rx="1"/>'
        f'<rect class="bullet__fill bullet__fill--{wait.level}" height="6" y="2" rx="1"'
        f' data-since="{exact(wait.since)}" data-target="{target_seconds}" data-source="{escape(source)}" width="0"/>'
        '<rect class="bullet__tick" x="50%" width="1.5" height="10"/></svg>'
    )


_SHORT_OF = {Level.RISK: "below target", Level.CRITICAL: "far below target"}


@register.simple_tag
def service_level(today: Service, target_percent: int) -> SafeString:
    """Return a day's service level beside the one that is wanted, and of how many cases it is; few make no rate."""
    rate = today.level
    if not rate.of:
        why = f"{today.unknown} ended unseen" if today.unknown else "nobody answered or left yet"
        return SafeString(f'<span class="muted" title="{why}">–</span>')
    if rate.is_few:
        return SafeString(
            f'<span class="rate muted"><b>{rate.count} of {rate.of}</b><small>too few to rate</small></span>'
        )
    level = judge_rate(rate, target_percent) or Level.OK
    short = ""
    if level in _SHORT_OF:
        glyph = f'<svg class="glyph" viewBox="0 0 12 12" aria-hidden="true"><use href="#g-{level}"/></svg>'
        short = f'<span class="time--{level}">{glyph}<span class="visually-hidden">{_SHORT_OF[level]} </span></span>'
    return SafeString(
        f'<span class="rate">{short}<b class="time--{level}">{rate.percent} %</b>'
        f"<small>▸ {target_percent} % · n = {count(rate.of)}</small></span>"
    )


@register.simple_tag
def abandoned(today: Service) -> SafeString:
    """Return how many left on a day, and which share of all they are."""
    rate = today.abandoned
    if not rate.of:
        return SafeString('<span class="muted">–</span>')
    share = f"<small>{rate.percent} %</small>" if rate.count and not rate.is_few else ""
    return SafeString(f'<span class="rate{"" if rate.count else " muted"}"><b>{count(rate.count)}</b>{share}</span>')


@register.simple_tag
def members(states: Sequence[tuple[RepresentativeState, int]]) -> SafeString:
    """Return how many are in which state, as a bar and its legend."""
    pieces = "".join(
        f'<rect class="seg--{one.shape}" x="{one.start}" width="{one.width}" height="100%"/>'
        for one in segments(states)
    )
    legend = "".join(_member(state, count) for state, count in states)
    return SafeString(
        f'<div class="cell-2 members"><svg class="bar" role="img" aria-label="{escape(summary(states))}">{pieces}</svg>'
        f'<span class="legend">{legend}</span></div>'
    )


def _member(state: RepresentativeState, count: int) -> str:
    text = escape(words(state))
    return (
        f'<span class="state state--{shape(state)}" title="{text}"><svg class="glyph" viewBox="0 0 12 12"'
        f' aria-hidden="true"><use href="#g-{shape(state)}"/></svg>{count}'
        f'<span class="visually-hidden"> {text}</span></span>'
    )


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
