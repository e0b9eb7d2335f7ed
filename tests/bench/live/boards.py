"""What all lines of live boards share: a center with its sessions in queues of ours, its mirror, and their database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from tests.bench.live.load import Center
from tests.bench.processes import mirrored
from tests.bench.surroundings import Surroundings
from tests.services.database import default_database

SESSIONS, REPRESENTATIVES = 500, 200


@dataclass(frozen=True, slots=True)
class Boards:
    """A center that stands still but for what a line changes, and where its mirror writes."""

    center: Center
    database_url: str


@cache
def _begin(surroundings: Surroundings) -> Boards:
    url = surroundings.database_url("sqlite", "boards")
    with default_database(url):
        stage = surroundings.enter(mirrored(surroundings, url, SESSIONS, REPRESENTATIVES))
        center = Center(stage)
        surroundings.runner.run(center.spread())
    return Boards(center, url)


@contextmanager
def boards_of(surroundings: Surroundings) -> Iterator[Boards]:
    """Let Django's default database be the boards'; they are made for the first line that asks and stay."""
    boards = _begin(surroundings)
    with default_database(boards.database_url):
        yield boards
