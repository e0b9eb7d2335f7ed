"""A board of 500 rows: what a changed row costs beside all rows, and how soon its page is there."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import httpx2
from asgiref.sync import sync_to_async

from dashboard.boards.moment import Moment
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.show import Show
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime import store
from realtime.change import Change
from realtime.state import State
from tests.bench.appliance import SOURCE
from tests.bench.line import Bar, Line, Measure, Sample, Side, Stopwatch, already_taken
from tests.bench.live.boards import Boards, boards_of
from tests.bench.live.servers import Server, our_site, started, textbook_site
from tests.bench.surroundings import Surroundings

KEY = ViewKey("sessions")
CHANGES = 20
SORTS = ("customer", "queue", "priority", "age", "state", "wait", "with", "pickup")


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """One changed row; the page, for a view on show and for a new one."""
    with boards_of(surroundings) as boards:
        pages = surroundings.runner.run(measure_pages(boards, surroundings))
        bench = Bench()
        yield Line(
            "one changed row of 500",
            "µs CPU",
            "ours: look, draw, render, compare, encode; textbook: render the whole board",
            {Side.OURS: bench.change_rows, Side.TEXTBOOK: bench.render_all},
            Bar(0.02, Measure.TO_TEXTBOOK),
        )
    for name, samples in (("on show", pages.warm), ("new", pages.cold)):
        yield Line(
            f"page of 500 rows, {name}",
            "ms",
            "ours: from the request to the page's last byte, CPU s is the server's; textbook: the database is asked "
            "and all rendered for each request, with far less in a row; limit: as many bytes that nobody renders",
            {
                Side.OURS: already_taken(samples),
                Side.TEXTBOOK: already_taken(pages.textbook),
                Side.LIMIT: already_taken(pages.limit),
            },
            Bar(150.0),
            samples=len(samples),
        )


class Bench:
    """The stored sessions on show, in this process."""

    def __init__(self) -> None:
        self._statuses = store.load_statuses()
        self._state = State()
        self._state.apply(Change(SOURCE, inserts=store.load(SOURCE).rows))
        self._tables = Tables(self._state)
        self._show = Show(KEY, OPENERS[KEY.board](KEY, self._tables), self._moment())
        self._numbers = itertools.count()

    def change_rows(self) -> Sample:
        """Ours."""
        keys = list(self._state.support_sessions)
        with Stopwatch() as watch:
            for number in itertools.islice(self._numbers, CHANGES):
                row = {keys[number % len(keys)]: {"customer_company": f"Company {number}"}}
                applied = self._state.apply(Change(SOURCE, updates={"support_session": row}))
                self._tables.mark(applied)
                self._show.refresh(self._moment())
        return watch.cpu_microseconds_each(CHANGES)

    def render_all(self) -> Sample:
        """Every row anew."""
        painter, moment = Painter(), self._moment()
        with Stopwatch() as watch:
            picture = OPENERS[KEY.board](KEY, self._tables).picture(moment)
            painter.render(picture)
            painter.paint(picture)
        return watch.cpu_microseconds_each(1)

    def _moment(self) -> Moment:
        return Moment(self._state, self._statuses, datetime.now(UTC))


class Pages(NamedTuple):
    """How long pages took: of a view on show, of one that nobody has seen, of the servers beside ours."""

    warm: list[Sample]
    cold: list[Sample]
    textbook: list[Sample]
    limit: list[Sample]


async def measure_pages(boards: Boards, surroundings: Surroundings) -> Pages:
    """Fetch the page from each server in turn."""
    stage, folder = boards.center.stage, surroundings.folder
    async with started(our_site, stage, folder) as server, started(textbook_site, stage, folder) as beside:
        fetch = sync_to_async(partial(fetch_pages, server, len(SORTS), beside), thread_sensitive=False)
        return await fetch()


def fetch_pages(server: Server, count: int, beside: Server | None = None) -> Pages:
    """Fetch pages in turns, the first one aside: templates are compiled with it."""
    name, _, session = server.headers.removeprefix("Cookie: ").strip().partition("=")
    pages = Pages([], [], [], [])
    with httpx2.Client(cookies={name: session}, trust_env=False, timeout=60) as client:
        fetch = partial(fetch_page, client)
        fetch(server, "/sessions/")
        for sort in SORTS[:count]:
            pages.warm.append(fetch(server, "/sessions/"))
            pages.cold.append(fetch(server, f"/sessions/?sort={sort}"))
            if beside is not None:
                pages.textbook.append(fetch(beside, "/all"))
                pages.limit.append(fetch(beside, "/again"))
    return pages


def fetch_page(client: httpx2.Client, server: Server, path: str) -> Sample:
    """Fetch one page."""
    spent = server.cpu_seconds()
    with Stopwatch() as watch:
        client.get(f"http://127.0.0.1:{server.port}{path}").raise_for_status()
    return Sample(1000 * watch.seconds, server.cpu_seconds() - spent)
