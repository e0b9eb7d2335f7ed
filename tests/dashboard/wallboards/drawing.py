"""What tests of wallboards are made of: legal definitions, and floors of a simulated center."""

from datetime import UTC, datetime, time

from hypothesis import strategies as st

from dashboard.boards.combined import ACTIVITY_LIST
from dashboard.boards.wall_figures import Floor
from dashboard.line import clean_line
from dashboard.live.scoped import Shelves
from dashboard.privacy import Privacy
from dashboard.wallboards import definition as d
from tests.dashboard.live.test_tables import Life

texts = st.text(max_size=30).map(clean_line)
names = texts.map(lambda text: text or "wall").map(lambda text: text if text.isprintable() else "wall")


@st.composite
def pages(draw: st.DrawFn) -> d.Page:
    """A page whose tiles stand in bands across the grid, so that none lies over another."""
    tiles: list[d.Tile] = []
    row = 1
    while row <= d.ROWS and (not tiles or draw(st.booleans())):
        height = draw(st.integers(min_value=min(3, d.ROWS + 1 - row), max_value=d.ROWS + 1 - row))
        column = 1
        while column + 1 <= d.COLUMNS:
            left = d.COLUMNS + 1 - column
            fitting = [kind for kind in d.Kind if d.SMALLEST[kind][0] <= left and d.SMALLEST[kind][1] <= height]
            kind = draw(st.sampled_from(fitting))
            width = draw(st.integers(d.SMALLEST[kind][0], left))
            tiles.append(
                d.Tile(
                    kind,
                    column,
                    row,
                    width,
                    height,
                    draw(st.sampled_from(sorted(d.FIGURES_OF[kind]))) if kind in d.FIGURES_OF else None,
                    draw(st.sampled_from(d.Form)) if kind is d.Kind.QUEUES else None,
                    draw(texts),
                )
            )
            column += width
            if len(tiles) == d.TILE_LIMIT:
                break
        row += height
    return d.Page(draw(names), draw(st.sampled_from(d.SECONDS)), tuple(tiles[: d.TILE_LIMIT]))


@st.composite
def thresholds(draw: st.DrawFn) -> tuple[d.Threshold, ...]:
    """At most one threshold of each figure."""
    made = []
    for figure in draw(st.sets(st.sampled_from(d.Figure), max_size=4)):
        low, high = sorted(draw(st.tuples(st.integers(0, 500), st.integers(0, 500))))
        direction = draw(st.sampled_from(d.Direction))
        warn, critical = (low, high) if direction is d.Direction.ABOVE else (high, low)
        made.append(d.Threshold(figure, draw(st.sampled_from((warn, None))), critical, direction))
    return tuple(made)


queue_keys = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
wallboards = st.builds(
    d.Wallboard,
    name=names,
    pages=st.lists(pages(), min_size=1, max_size=3).map(tuple),
    queues=st.none() | st.lists(queue_keys, min_size=1, max_size=4, unique=True).map(tuple),
    targets=st.dictionaries(queue_keys, st.sampled_from(d.TARGET_SECONDS), max_size=3),
    thresholds=thresholds(),
    minimum_cases=st.sampled_from(d.CASES),
    customers=st.sampled_from(Privacy),
    representatives=st.sampled_from(Privacy),
    theme=st.sampled_from(d.Theme),
    night=st.builds(
        d.Night,
        begins=st.times().map(lambda at: time(at.hour, at.minute)),
        ends=st.times().map(lambda at: time(at.hour, at.minute)),
        dims=st.booleans(),
    ),
    zone=st.sampled_from(["", "Europe/Vienna", "Asia/Kathmandu"]),
    sounds=st.booleans(),
    announcement=st.builds(
        d.Announcement,
        text=texts,
        until=st.none()
        | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
            lambda at: at.replace(second=0, microsecond=0)
        ),
    ),
)


def floor_of(life: Life, wallboard: d.Wallboard, tables: Shelves | None = None) -> Floor:
    """Return what a wallboard may draw from."""
    shelves: Shelves = tables or life.tables
    moment = life.moment
    shelves.refresh(moment)
    combined = shelves.combined
    return Floor(
        wallboard,
        moment,
        tuple(shelves.sessions.rows.values()),
        tuple(shelves.representatives.rows.values()),
        tuple(shelves.queues.rows.values()),
        tuple(combined.rows[key] for key in combined.sections[ACTIVITY_LIST.default_tab].keys),
        tuple(shelves.presentations.rows.values()),
    )
