"""A moment of another day is told from the same time today, on every board and in every drawer."""

from datetime import UTC, datetime

import pytest

from dashboard.boards.moment import Moment
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

MONDAY = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 18, 2, tzinfo=UTC)


def desk(then: datetime) -> State:
    """Return a desk whose queue lost its last member then, and whose session's customer joined then."""
    state = State()
    known = {"name": "Desk", "type": "team", "unstaffed_at": then, "is_exact": True}
    session = {"customer_name": "Cork Dairies", "created_at": then}
    client = {"support_session_id": "desk:1", "hostname": "PC-7", "client_type": "desktop", "created_at": then}
    rows = {"known_queue": {"desk:team/1": known}, "support_session": {"desk:1": session}}
    state.apply(Change("desk", inserts={**rows, "customer_client": {"desk:2": client}}))
    return state


def painted(board: str, key: str, then: datetime) -> str:
    """Return a board on Monday, when `desk` is live and nobody has reached `camera` since then."""
    live = LinkStatus("desk", seq=1, state=LinkState.LIVE, state_since=then, last_contact_at=MONDAY)
    lost = LinkStatus(
        "camera", seq=1, state=LinkState.RETRYING, state_since=then, last_contact_at=then, poll_seconds=30
    )
    state = desk(then)
    params = (("key", key),) if key else ()
    view = OPENERS[board](ViewKey(board, params), Tables(state))
    picture = view.picture(Moment(state, {"desk": live, "camera": lost}, MONDAY))
    painter = Painter()
    painter.render(picture)
    return painter.paint(picture)


@pytest.mark.parametrize(
    ("board", "key", "words"),
    [
        ("combined", "", "No contact with <bdi>camera</bdi> since {}"),
        ("presentations", "", "No contact with <bdi>camera</bdi> since {}"),
        ("queues", "", "unstaffed since {}"),
        ("queue", "desk:team/1", "Nobody is logged in to it since {}"),
        ("session", "desk:1", "joined {}"),
    ],
)
def test_a_board_says_of_which_day_a_time_is(board: str, key: str, words: str) -> None:
    html = painted(board, key, FRIDAY)
    moment = '<time datetime="2026-11-27T18:02:00.000+00:00" title="2026-11-27 18:02:00 UTC">27 Nov 18:02</time>'

    assert words.format(moment) in html
    assert painted(board, key, FRIDAY) == html
    assert "30 Nov 18:02" in painted(board, key, MONDAY.replace(hour=18, minute=2))
