"""Ready-made wallboards, to start from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.privacy import Privacy
from dashboard.wallboards.definition import (
    Direction,
    Figure,
    Form,
    Kind,
    Page,
    Threshold,
    Tile,
    Wallboard,
)


@dataclass(frozen=True, slots=True)
class Template:
    """A ready-made wallboard and for whom it is."""

    name: str
    purpose: str
    wallboard: Wallboard


def _number(figure: Figure, column: int, row: int, width: int = 3, height: int = 2) -> Tile:
    return Tile(Kind.NUMBER, column, row, width, height, figure)


def _strip(row: int, *figures: Figure) -> tuple[Tile, ...]:
    """Return four numbers side by side, a row high."""
    return tuple(_number(figure, 1 + 3 * place, row, 3, 1) for place, figure in enumerate(figures))


_ABOVE = Direction.ABOVE
_WAITING = (
    Threshold(Figure.WAITING, 5, 10, _ABOVE),
    Threshold(Figure.PAST_TARGET, None, 1, _ABOVE),
    Threshold(Figure.AVAILABLE, 1, 0, Direction.BELOW),
)
_SERVED = Threshold(Figure.SERVICE_LEVEL, 79, None, Direction.BELOW)

QUEUE_WALL = Wallboard(
    name="Queue wall",
    thresholds=(*_WAITING, _SERVED),
    sounds=True,
    pages=(
        Page(
            "Queues",
            20,
            (
                Tile(Kind.QUEUES, 1, 1, 12, 7, form=Form.CARDS),
                *_strip(8, Figure.WAITING, Figure.LONGEST, Figure.AVAILABLE, Figure.SERVICE_LEVEL),
            ),
        ),
    ),
)
TEAM_WALL = Wallboard(
    name="Team wall",
    thresholds=_WAITING,
    representatives=Privacy.SHOWN,
    customers=Privacy.INITIALLED,
    pages=(
        Page(
            "Team",
            20,
            (
                Tile(Kind.QUEUES, 1, 1, 7, 5, form=Form.ROWS),
                Tile(Kind.STATES, 8, 1, 5, 3),
                _number(Figure.AVAILABLE, 8, 4, 2, 2),
                _number(Figure.LONGEST, 10, 4, 3, 2),
                Tile(Kind.REPRESENTATIVES, 1, 6, 12, 3),
            ),
        ),
        Page(
            "Waiting",
            20,
            (
                Tile(Kind.WAITING, 1, 1, 8, 8),
                Tile(Kind.TREND, 9, 1, 4, 3, Figure.WAITING),
                _number(Figure.PICKUP, 9, 4, 4, 2),
                Tile(Kind.TRAININGS, 9, 6, 4, 3),
            ),
        ),
    ),
)
FLOOR_WALL = Wallboard(
    name="Floor wall",
    customers=Privacy.HIDDEN,
    representatives=Privacy.INITIALLED,
    thresholds=(Threshold(Figure.CAN_TAKE, 1, 0, Direction.BELOW),),
    pages=(
        Page(
            "Floor",
            30,
            (
                _number(Figure.CAN_TAKE, 1, 1, 4, 3),
                _number(Figure.IN_SESSION, 5, 1, 4, 3),
                Tile(Kind.STATES, 9, 1, 4, 3),
                Tile(Kind.REPRESENTATIVES, 1, 4, 8, 5),
                Tile(Kind.TRAININGS, 9, 4, 4, 5),
            ),
        ),
    ),
)
EXECUTIVE_WALL = Wallboard(
    name="Executive",
    customers=Privacy.HIDDEN,
    representatives=Privacy.HIDDEN,
    thresholds=(
        Threshold(Figure.PAST_TARGET, None, 1, _ABOVE),
        _SERVED,
    ),
    pages=(
        Page(
            "Now",
            30,
            (
                _number(Figure.WAITING, 1, 1, 4, 3),
                _number(Figure.LONGEST, 5, 1, 4, 3),
                _number(Figure.SERVICE_LEVEL, 9, 1, 4, 3),
                _number(Figure.GOING_ON, 1, 4, 3, 2),
                _number(Figure.WITH_REP, 4, 4, 3, 2),
                _number(Figure.BUSY_SHARE, 7, 4, 3, 2),
                _number(Figure.TRAININGS, 10, 4, 3, 2),
                Tile(Kind.STATES, 1, 6, 5, 3),
                Tile(Kind.TREND, 6, 6, 4, 3, Figure.WAITING),
                _number(Figure.AVAILABLE, 10, 6, 3, 3),
            ),
        ),
    ),
)

TEMPLATES: Mapping[str, Template] = {
    "queue": Template("Queue wall", "Every queue with who waits and how long, the worst on top.", QUEUE_WALL),
    "team": Template("Team wall", "One team: its queues, its people, who waits. For a team's own room.", TEAM_WALL),
    "floor": Template(
        "Floor-safe wall",
        "Who is free and what is next, without how many wait: for a floor that visitors see.",
        FLOOR_WALL,
    ),
    "executive": Template("Executive", "The whole support center in a few numbers, without a name.", EXECUTIVE_WALL),
}
