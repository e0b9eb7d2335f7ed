"""Every board and drawer, painted from a simulated center: its words, its links, and hostile names that stay text."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from dashboard.boards.catalogue import LISTS
from dashboard.boards.moment import Moment
from dashboard.live.painter import Painter
from dashboard.live.registry import OPENERS
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Change
from realtime.status import LEASE_SECONDS, LinkState, LinkStatus
from tests.dashboard.live.test_tables import SOURCE, Life

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\"'><script>alert(1)</script>",
    "\u202eevil\u202c",
    "{{ settings.SECRET_KEY }}{% now 'Y' %}",
    " ",
    "W" * 300,
)
NAMED = {
    "support_session": (
        "customer_name",
        "customer_company",
        "customer_description",
        "issue_description",
        "start_method",
    ),
    "queue": ("name", "code_name"),
    "known_queue": ("name",),
    "representative": ("private_display_name", "username", "skill_code_names"),
    "representative_queue": ("role",),
    "support_session_skill": ("code_name",),
    "support_session_attribute": ("code_name", "value"),
    "customer_client": ("hostname", "client_type", "operating_system"),
    "presentation_session": ("presentation_name",),
    "attendee": ("name", "operating_system"),
}


class Page(HTMLParser):
    """What a browser would find: elements, ids, handlers, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements[tag] += 1
        self.attributes.update(name for name, _ in attrs)
        self.ids.update(value or "" for name, value in attrs if name == "id")

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def live_status(life: Life, **fields: object) -> LinkStatus:
    """Return a link that is as it should be."""
    at = life.at
    known = LinkStatus(
        SOURCE, seq=1, state=LinkState.LIVE, state_since=at, last_contact_at=at, clock_offset_seconds=0.0
    )
    return replace(known, lease_expires_at=at + timedelta(seconds=LEASE_SECONDS), **fields)  # type: ignore[arg-type]


def paint(life: Life, board: str, *params: tuple[str, str], **fields: object) -> Page:
    """Paint a view as a page would show it."""
    moment = Moment(life.state, {SOURCE: live_status(life, **fields)}, life.at)
    picture = OPENERS[board](ViewKey(board, params), life.tables).picture(moment)
    painter = Painter()
    painter.render(picture)
    return Page(painter.paint(picture))


@pytest.fixture(scope="module")
def life() -> Life:
    """A center that ran for a while."""
    life = Life(3, sessions=60)
    life.run(400)
    return life


def views(life: Life) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return every board, in every form, and a drawer of each kind for several things."""
    found: list[tuple[str, tuple[tuple[str, str], ...]]] = [("overview", ())]
    found += [(board, ()) for board in LISTS] + [("representatives", (("form", "table"),))]
    tables = {"session": "support_session", "representative": "representative", "queue": "known_queue"}
    for kind, table in tables.items():
        found += [(kind, (("key", key),)) for key in [*list(life.state.tables[table])[:40], f"{SOURCE}:gone"]]
    return found


def test_hostile_names_stay_text_everywhere() -> None:
    life = Life(5, sessions=60)
    for table, names in NAMED.items():
        rows = {
            key: {name: HOSTILE[(number + place) % len(HOSTILE)] for place, name in enumerate(names)}
            for number, key in enumerate(life.state.tables[table])
        }
        life.apply(Change(SOURCE, updates={table: rows}))
    for board, params in views(life):
        page = paint(life, board, *params)

        assert not page.elements.keys() & {"img", "script", "style", "iframe"}, (board, params)
        assert not [name for name in page.attributes if name.startswith("on") or name == "style"], (board, params)
        assert {count for count in page.ids.values()} == {1}, (board, params)


def test_ids_are_unique_and_every_row_is_there(life: Life) -> None:
    page = paint(life, "sessions")

    assert {count for count in page.ids.values()} == {1}
    assert sum(key.startswith("sessions-helpdesk") for key in page.ids) == len(life.tables.sessions.rows)


def test_sessions_past_their_target_stand_in_a_band_of_their_own(life: Life) -> None:
    banded = paint(life, "sessions")
    sorted_by_queue = paint(life, "sessions", ("sort", "queue"))

    assert banded.ids["sessions-band-past-target"] == 1
    assert not [key for key in sorted_by_queue.ids if key.startswith("sessions-band-")]


def test_hidden_columns_are_not_sent(life: Life) -> None:
    everything = paint(life, "sessions")
    little = paint(life, "sessions", ("columns", "queue"))

    assert everything.elements["td"] > 2 * little.elements["td"] - 100
    assert "With, or why it waits" in everything.text
    assert "With, or why it waits" not in little.text


def test_unknown_is_not_zero(life: Life) -> None:
    nothing = Life(1, sessions=0)
    unknown = paint(nothing, "overview", seq=0, state=LinkState.CONNECTING)
    empty = paint(nothing, "sessions")

    assert "No copy received yet" in unknown.text
    assert "–" in unknown.text
    assert "No session in the system" in empty.text


@pytest.mark.parametrize("statuses", [{}, {SOURCE: LinkStatus(SOURCE)}])
def test_every_board_shows_rows_whose_link_nobody_wrote_down_yet(life: Life, statuses: dict[str, LinkStatus]) -> None:
    moment, tables = Moment(life.state, statuses, life.at), Tables(life.state)
    for board, params in views(life):
        picture = OPENERS[board](ViewKey(board, params), tables).picture(moment)

        assert Painter().render(picture).fragments, (board, params)


def test_a_lost_link_is_said_on_every_tile(life: Life) -> None:
    overview = paint(life, "overview", state=LinkState.RETRYING)

    assert overview.text.count("lost, trying again") == 5  # figures, attention, queues, states, sources


def test_nobody_says_a_bare_idle(life: Life) -> None:
    for board, params in views(life):
        text = paint(life, board, *params).text.replace("Away (idle)", "").replace("routing_idle", "")

        assert "idle" not in text.lower(), (board, params)
