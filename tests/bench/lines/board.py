"""A board of 500 rows: what a changed row costs beside all rows, and how soon its page is there."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

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
from tests.bench.live.servers import Server, our_site, started
from tests.bench.surroundings import Surroundings

KEY = ViewKey("sessions")
CHANGES = 20


def lines(surroundings: Surroundings) -> Iterator[Line]:
    """One changed row; the page, for a view on show and for a new one."""
    with boards_of(surroundings) as boards:
        warm, cold = surroundings.runner.run(measure_pages(boards, surroundings))
        bench = Bench()
        yield Line(
            "one changed row of 500",
            "µs CPU",
            "ours: look, draw, render, compare, encode; textbook: render the whole board",
            {Side.OURS: bench.change_rows, Side.TEXTBOOK: bench.render_all},
            Bar(0.02, Measure.TO_TEXTBOOK),
        )
    for name, samples in (("on show", warm), ("new", cold)):
        yield Line(
            f"page of 500 rows, {name}",
            "ms",
            "ours: from the request to the page's last byte; CPU s is the server's",
            {Side.OURS: already_taken(samples)},
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


async def measure_pages(boards: Boards, surroundings: Surroundings) -> tuple[list[Sample], list[Sample]]:
    """Fetch the page of a view on show, and of views that nobody has seen."""
    async with started(our_site, boards.center.stage, surroundings.folder) as server:
        fetch = sync_to_async(partial(fetch_pages, server, surroundings.samples * 2), thread_sensitive=False)
        return await fetch()


def fetch_pages(server: Server, count: int) -> tuple[list[Sample], list[Sample]]:
    """Return samples of both kinds."""
    name, _, session = server.headers.removeprefix("Cookie: ").strip().partition("=")
    address = f"http://127.0.0.1:{server.port}/sessions/"
    with httpx2.Client(cookies={name: session}, trust_env=False, timeout=60) as client:
        fetch_page(client, server, address)  # templates are compiled
        warm = [fetch_page(client, server, address) for _ in range(count)]
        sorts = ("customer", "queue", "priority", "age", "state", "wait", "with", "pickup")
        cold = [fetch_page(client, server, f"{address}?sort={one}") for one in sorts[:count]]
    return warm, cold


def fetch_page(client: httpx2.Client, server: Server, address: str) -> Sample:
    """Fetch one page."""
    spent = server.cpu_seconds()
    with Stopwatch() as watch:
        client.get(address).raise_for_status()
    return Sample(1000 * watch.seconds, server.cpu_seconds() - spent)
