"""How a trend is drawn, in a box of 100 x 28, and said."""

from collections.abc import Iterator

from django import template

from dashboard.boards.clock import duration
from dashboard.boards.trend import EARLIER, Sampled, Trend
from dashboard.templatetags.figures import count

register = template.Library()

WIDTH, FLOOR, CEILING, BOTTOM = 100.0, 26.0, 3.0, 28  # of the box; the line stays off its edges

Run = list[tuple[float, float]]


def _height(trend: Trend, value: int) -> float:
    return FLOOR - (FLOOR - CEILING) * value / trend.top


def _runs(trend: Trend) -> Iterator[Run]:
    """Yield the places of looks that follow each other without a gap."""
    step, run = WIDTH / (len(trend.points) - 1), Run()
    for place, value in enumerate((*trend.points, None)):
        if value is not None:
            run.append((place * step, _height(trend, value)))
        elif run:
            yield run
            run = Run()


def _drawn(run: Run) -> str:
    # A look between two gaps is a dot.
    return "M" + " ".join(f"{x:.1f} {y:.1f}" for x, y in run) + ("h0" if len(run) == 1 else "")


@register.filter
def line_path(trend: Trend) -> str:
    """Return the line."""
    return "".join(map(_drawn, _runs(trend)))


@register.filter
def area_path(trend: Trend) -> str:
    """Return what lies below the line."""
    return "".join(
        f"{_drawn(run)}L{run[-1][0]:.1f} {BOTTOM} {run[0][0]:.1f} {BOTTOM}z" for run in _runs(trend) if len(run) > 1
    )


@register.filter
def limit_path(trend: Trend) -> str:
    """Return the line of the threshold."""
    return f"M0 {_height(trend, trend.limit or 0):.1f}h{WIDTH:g}"


@register.filter
def end_path(trend: Trend) -> str:
    """Return the dot of the last look; nothing where the last minute was not watched."""
    last = trend.points[-1]
    return "" if last is None else f"M{WIDTH:g} {_height(trend, last):.1f}h0"


@register.filter
def direction(trend: Trend) -> str:
    """Return the arrow's."""
    return "up" if (trend.change or 0) > 0 else "down"


@register.filter
def judgement(trend: Trend) -> str:
    """Return whether the change is for the better: of those who wait, fewer are."""
    if not trend.change:
        return "same"
    return "bad" if trend.change > 0 else "good"


@register.filter
def change_words(trend: Trend) -> str:
    """Return by how much the last look differs from the earlier one."""
    if not trend.change:
        return f"as {EARLIER} min ago"
    more, fewer = ("longer", "shorter") if trend.what is Sampled.LONGEST else ("more", "fewer")
    side = more if trend.change > 0 else fewer
    return f"{trend_value(trend, abs(trend.change))} {side} than {EARLIER} min ago"


@register.simple_tag
def trend_value(trend: Trend, value: int | None) -> str:
    """Return a value of a trend's past, as its figure is said."""
    return duration(value) if value is not None and trend.what is Sampled.LONGEST else count(value)


@register.filter
def said(trend: Trend) -> str:
    """Return the picture in words."""
    return (
        f"The last hour: at most {trend_value(trend, trend.peak)}, at last {trend_value(trend, trend.points[-1])},"
        f" seen in {trend.seen} of {len(trend.points)} minutes"
    )
