"""A drawer says how the thing it shows went: seen to end, out of sight, or taken away by a copy, which is no end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.boards.moment import Moment
from dashboard.boards.relations import link_of
from dashboard.boards.scope import EVERYTHING, Scope
from dashboard.live.details import DETAIL_ID
from dashboard.live.painter import Painter
from dashboard.live.registry import KEY_LIMIT, OPENERS
from dashboard.live.tables import Tables
from dashboard.live.view import ViewKey
from realtime.change import Cause, Change
from realtime.state import State
from realtime.status import LinkState, LinkStatus

NOW = datetime(2026, 3, 11, 18, 42, tzinfo=UTC)
SEEN = Scope(frozenset({"helpdesk:mine"}))
TABLES = {"session": "support_session", "representative": "representative", "presentation": "presentation_session"}
WORDS = {"session": "This session has ended.", "representative": "Logged out.", "presentation": "This presentation has"}
LAST = "What follows is how it was last seen."
NOT_KNOWN = "is not known."
KEY = "helpdesk:1"
LINKS = {"session": f"{KEY}@a", "representative": f"{KEY}@anna"}


def rows() -> dict[str, dict[str, dict[str, Any]]]:
    """Return two queues, of which only one is ours; in it one of everything, all of the same row id."""
    return {
        "queue": {
            KEY: {"name": "Mine", "type": "team", "support_team_id": "mine"},
            "helpdesk:2": {"name": "Theirs", "type": "team", "support_team_id": "theirs"},
        },
        "known_queue": {
            "helpdesk:mine": {"name": "Mine", "type": "team", "queue_id": KEY},
            "helpdesk:theirs": {"name": "Theirs", "type": "team", "queue_id": "helpdesk:2"},
        },
        "representative": {KEY: {"private_display_name": "Anna", "username": "anna"}},
        "representative_queue": {KEY: {"queue_id": KEY, "representative_id": KEY}},
        "support_session": {KEY: {"queue_id": KEY, "customer_name": "Anna", "lsid": "a", "created_at": NOW}},
        "presentation_session": {KEY: {"presentation_name": "Anna", "created_at": NOW}},
        "presenter": {KEY: {"presentation_session_id": KEY, "representative_id": KEY}},
    }


class Drawer:
    """An open drawer and the appliance behind it."""

    def __init__(self, kind: str, scope: Scope = EVERYTHING, link: str = "") -> None:
        self._state = State()
        self._state.apply(Change("helpdesk", inserts=rows()))
        key = ViewKey(kind, (("key", link or LINKS.get(kind, KEY)),), scope)
        self._view = OPENERS[kind](key, Tables(self._state))
        self.status = LinkStatus(
            "helpdesk", seq=1, state=LinkState.LIVE, last_contact_at=NOW, lease_expires_at=NOW + timedelta(seconds=5)
        )

    def happen(self, **change: Any) -> None:
        """Let the appliance say something, or a copy."""
        self._view.touch(self._state.apply(Change("helpdesk", **change)))

    @property
    def html(self) -> str:
        """What it shows now."""
        picture = self._view.picture(Moment(self._state, {"helpdesk": self.status}, NOW))
        assert picture.root == DETAIL_ID
        (html,) = Painter().render(picture).fragments.values()
        return html


@pytest.mark.parametrize("kind", TABLES)
def test_what_was_seen_to_end_has_ended(kind: str) -> None:
    drawer = Drawer(kind)
    assert "Anna" in drawer.html and LAST not in drawer.html

    drawer.happen(deletes={TABLES[kind]: [KEY]})

    assert WORDS[kind] in drawer.html and LAST in drawer.html and "Anna" in drawer.html


@pytest.mark.parametrize("cause", [Cause.COPY, Cause.SWEEP])
@pytest.mark.parametrize("kind", TABLES)
def test_what_a_copy_took_away_is_not_said_to_have_ended(kind: str, cause: Cause) -> None:
    drawer = Drawer(kind)
    assert "Anna" in drawer.html

    drawer.happen(deletes={TABLES[kind]: [KEY]}, cause=cause)

    assert NOT_KNOWN in drawer.html and LAST in drawer.html and "Anna" in drawer.html
    assert WORDS[kind] not in drawer.html and "Ended" not in drawer.html


def test_a_session_that_goes_to_another_team_is_out_of_sight_and_comes_back() -> None:
    drawer = Drawer("session", SEEN)
    assert "Mine" in drawer.html

    drawer.happen(updates={"support_session": {KEY: {"queue_id": "helpdesk:2"}}})

    assert "It is no longer among what you see." in drawer.html and "Not yours to see" in drawer.html
    assert "Ended" not in drawer.html and "Theirs" not in drawer.html

    drawer.happen(updates={"support_session": {KEY: {"queue_id": KEY}}})

    assert LAST not in drawer.html


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("session", {"queue_id": KEY, "customer_name": "Bert", "lsid": "b", "created_at": NOW}),
        ("representative", {"private_display_name": "Bert", "username": "bert"}),
    ],
)
@pytest.mark.parametrize("has_ended", [True, False])
def test_a_row_id_that_is_given_anew_never_turns_one_into_another(
    kind: str, other: dict[str, Any], has_ended: bool
) -> None:
    drawer = Drawer(kind)
    assert "Anna" in drawer.html

    if has_ended:
        drawer.happen(deletes={TABLES[kind]: [KEY]})
    drawer.happen(inserts={TABLES[kind]: {KEY: other}}, cause=Cause.COPY)

    assert "Anna" in drawer.html and "Bert" not in drawer.html
    assert (WORDS[kind] if has_ended else NOT_KNOWN) in drawer.html


@pytest.mark.parametrize(("link", "shown"), [(KEY, "Anna"), (f"{KEY}@a", "Anna"), (f"{KEY}@b", "No such session")])
def test_a_link_names_one_session_or_whichever_has_the_key(link: str, shown: str) -> None:
    drawer = Drawer("session", link=link)

    assert shown in drawer.html


def test_a_name_as_long_as_a_vendor_likes_makes_a_link_that_an_address_takes() -> None:
    drawer = Drawer("session", link=link_of(KEY, "x" * 5000))
    drawer.happen(updates={"support_session": {KEY: {"lsid": "x" * 5000}}})

    assert "Anna" in drawer.html
    assert len(link_of(KEY, "x" * 5000)) < KEY_LIMIT


def test_what_comes_back_is_there_again() -> None:
    drawer = Drawer("session")
    assert "Anna" in drawer.html

    drawer.happen(deletes={"support_session": [KEY]})
    drawer.happen(inserts={"support_session": rows()["support_session"]})
    assert LAST not in drawer.html
    drawer.happen(deletes={"support_session": [KEY]}, cause=Cause.SWEEP)

    assert NOT_KNOWN in drawer.html


@pytest.mark.parametrize("kind", TABLES)
def test_a_drawer_says_that_its_source_is_dead_and_of_when_it_is(kind: str) -> None:
    drawer = Drawer(kind)
    assert "is-stale" not in drawer.html

    lost_at = NOW - timedelta(minutes=11)
    drawer.status = replace(drawer.status, state=LinkState.RETRYING, last_contact_at=lost_at)

    assert 'class="drawer__body is-stale"' in drawer.html
    assert "<bdi>helpdesk</bdi>: lost, trying again." in drawer.html and ">11 Mar 18:31</time>" in drawer.html
