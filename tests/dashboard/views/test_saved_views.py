"""Saved views: whose they are, who may change them, and that an address means the same when it is opened again."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from dashboard.boards.catalogue import LISTS, read_query
from dashboard.line import clean_line
from dashboard.models import SavedView, Team
from dashboard.models.saved_view import OWNER_LIMIT
from dashboard.permission import give_role
from dashboard.roles import MANAGER, Right

HOSTILE = '<script>alert(1)</script>"\u202e&{{ x }}'
PAGE = "/saved-views/"


def make_user(name: str, *teams: Team, role: str | None = None, may_change: bool = False) -> User:
    """Make a user who is a member of teams, with a role or without, who may change the teams' views or not."""
    user = User.objects.create(username=name)
    user.teams.set(teams)
    give_role(user, role)
    if may_change:
        user.user_permissions.add(Permission.objects.get(codename=Right.EDIT_TEAM_VIEWS))
    return user


def make_team(name: str) -> Team:
    """Make a team."""
    return Team.objects.create(name=name)


def signed_in(user: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def save(client: Client, **fields: object) -> Any:
    """Post the form; returns the response."""
    return client.post("/saved-views/save/", {"name": "Mine", "board": "sessions", "query": ""} | fields)


def text_of(response: Any) -> str:
    """Return a page's HTML."""
    return str(response.content.decode())


def saved_links(html: str) -> list[tuple[str, bool]]:
    """Return (address, is current) of every saved view in a page's navigation."""
    found = re.findall(
        r'<li class="nav__saved"><a class="nav__link" href="([^"]*)"[^>]*?( aria-current="page")?>', html
    )
    return [(address.replace("&amp;", "&"), bool(current)) for address, current in found]


@pytest.mark.django_db
def test_a_saved_view_is_its_canonical_address_and_leads_back_to_it() -> None:
    client = signed_in(make_user("ann"))

    response = save(client, query="page=3&sort=-age,nonsense&state=waiting&evil=1&q=++vpn++x&state=assigned")

    view = SavedView.objects.get()
    assert view.query == "state=assigned&state=waiting&q=vpn+x&sort=-age"
    assert response.headers["Location"] == view.address == f"/sessions/?{view.query}"
    assert saved_links(text_of(client.get(PAGE))) == [(f"/sessions/?{view.query}", False)]


@pytest.mark.django_db
@pytest.mark.parametrize("board", ["", "overview", "//evil.example", "javascript:alert(1)", "sessions/../x"])
def test_only_lists_can_be_saved(board: str) -> None:
    response = save(signed_in(make_user("ann")), board=board)

    assert (response.status_code, SavedView.objects.count()) == (422, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "  \n ", "\u200b", "n" * 61, "a\x00b"])
def test_a_bad_name_is_refused_and_what_was_typed_is_kept(name: str) -> None:
    response = save(signed_in(make_user("ann")), name=name, query="state=waiting")

    assert (response.status_code, SavedView.objects.count()) == (422, 0)
    assert 'role="alert"' in text_of(response)
    assert '<input type="hidden" name="query" value="state=waiting">' in text_of(response)


@pytest.mark.django_db
def test_a_name_loses_its_line_breaks_and_control_characters() -> None:
    save(signed_in(make_user("ann")), name="  Night\r\n shift\x07 e\u0301 ")

    assert SavedView.objects.get().name == "Night shift \u00e9"


@pytest.mark.django_db
def test_a_name_turns_nothing_around() -> None:
    save(signed_in(make_user("ann")), name="\u202ethgiN\u2066 \u200bshift")

    assert SavedView.objects.get().name == "thgiN shift"


@pytest.mark.django_db
def test_a_hostile_name_is_text_everywhere() -> None:
    team = make_team(HOSTILE)
    ann = make_user("ann", team, role=MANAGER)
    client = signed_in(ann)
    save(client, name=HOSTILE, query="q=%3Cb%3E")
    save(client, name=HOSTILE, team=team.pk)

    html = text_of(client.get(PAGE)) + text_of(save(client, name=HOSTILE))

    assert SavedView.objects.filter(name=clean_line(HOSTILE)).count() == 2
    assert "<script>alert" not in html
    assert "<b>" not in re.sub(r"<b>not live</b>", "", html)
    assert html.count("<bdi") == html.count("</bdi>") > 0


@pytest.mark.django_db
def test_too_many_filters_are_refused_with_the_reason() -> None:
    query = "&".join(f"queue={number}{'x' * 90}" for number in range(30))

    response = save(signed_in(make_user("ann")), query=query)

    assert (response.status_code, SavedView.objects.count()) == (422, 0)
    assert "Too many filters" in text_of(response)


@pytest.mark.django_db
def test_a_name_is_unique_per_owner_only() -> None:
    team = make_team("Night")
    ann, bob = make_user("ann", team, may_change=True), make_user("bob")
    saved = [save(signed_in(ann)), save(signed_in(ann), team=team.pk), save(signed_in(bob))]

    again = [save(signed_in(ann)), save(signed_in(ann), team=team.pk)]

    assert [response.status_code for response in saved] == [302, 302, 302]
    assert [response.status_code for response in again] == [422, 422]
    assert all("already a view of this name" in text_of(response) for response in again)


@pytest.mark.django_db
def test_an_owner_has_at_most_fifty() -> None:
    ann = make_user("ann")
    SavedView.objects.bulk_create(SavedView(name=str(number), board="queues", user=ann) for number in range(49))
    client = signed_in(ann)

    answers = [save(client, name="the fiftieth").status_code, save(client, name="one more").status_code]

    assert (answers, SavedView.objects.count()) == ([302, 422], OWNER_LIMIT)
    assert save(signed_in(make_user("bob")), name="another owner").status_code == 302


def test_several_at_once_do_not_pass_the_limit(each_database: str) -> None:
    ann = make_user("ann")
    SavedView.objects.bulk_create(SavedView(name=str(number), board="queues", user=ann) for number in range(48))

    def store(number: int) -> bool:
        try:
            SavedView(name=f"late {number}", board="queues", user=ann).store()
        except ValidationError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(store, range(4))) == [False, False, True, True]
    assert SavedView.objects.count() == OWNER_LIMIT


@pytest.mark.parametrize("owners", [(), ("user", "team")])
def test_the_database_wants_exactly_one_owner(each_database: str, owners: tuple[str, ...]) -> None:
    made = {"user": make_user("ann"), "team": make_team("Night")}

    with pytest.raises(IntegrityError):
        SavedView.objects.create(name="x", board="queues", **{owner: made[owner] for owner in owners})


@pytest.mark.django_db
def test_members_see_a_teams_views_after_their_own_and_nobody_else_does() -> None:
    team = make_team("Night")
    ann, bob, eve = make_user("ann", team), make_user("bob", team), make_user("eve", make_team("Day"))
    SavedView.objects.create(name="ours", board="queues", team=team)
    SavedView.objects.create(name="anns", board="sessions", user=ann)

    seen = [saved_links(text_of(signed_in(user).get(PAGE))) for user in (ann, bob, eve)]

    assert seen == [[("/sessions/", False), ("/queues/", False)], [("/queues/", False)], []]
    assert "ours" not in text_of(signed_in(eve).get(PAGE))


CHANGES: list[tuple[Callable[[], User], int]] = [
    (lambda: make_user("member", Team.objects.get(name="Night")), 403),
    (lambda: make_user("changer", Team.objects.get(name="Night"), make_team("Leads"), may_change=True), 302),
    (lambda: make_user("outsider", make_team("Leads"), may_change=True), 404),
    (lambda: make_user("manager", role=MANAGER), 302),
]


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["rename", "delete"])
@pytest.mark.parametrize(("who", "status"), CHANGES, ids=["member", "with permission", "outsider", "manager"])
def test_who_may_change_a_teams_view(change: str, who: Callable[[], User], status: int) -> None:
    view = SavedView.objects.create(name="ours", board="queues", team=make_team("Night"))
    client = signed_in(who())

    is_offered = f"{PAGE}{view.pk}/{change}/" in text_of(client.get(PAGE))
    response = client.post(f"{PAGE}{view.pk}/{change}/", {"name": "new"})

    assert (response.status_code, is_offered) == (status, status == 302)
    names = list(SavedView.objects.values_list("name", flat=True))
    assert names == (["ours"] if status != 302 else ["new"] if change == "rename" else [])


@pytest.mark.django_db
@pytest.mark.parametrize("may_change", [False, True])
def test_saving_for_a_team_is_offered_and_taken_from_those_who_may_only(may_change: bool) -> None:
    team, other = make_team("Night"), make_team("Day")
    client = signed_in(make_user("ann", team, may_change=may_change))

    refused = save(client, team=other.pk)
    answer = save(client, team=team.pk)

    assert (refused.status_code, answer.status_code) == (422, 302 if may_change else 422)
    assert ("my team Night" in text_of(refused)) is may_change
    assert [(view.team, view.user) for view in SavedView.objects.all()] == ([(team, None)] if may_change else [])


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["rename", "delete"])
def test_a_users_view_exists_for_that_user_only(change: str) -> None:
    view = SavedView.objects.create(name="anns", board="queues", user=make_user("ann"))

    answers = [
        signed_in(user).post(f"{PAGE}{view.pk}/{change}/", {"name": "new"}).status_code
        for user in (make_user("bob"), make_user("manager", role=MANAGER))
    ]

    assert (answers, SavedView.objects.get().name) == ([404, 404], "anns")
    assert signed_in(make_user("eve")).post(f"{PAGE}{10**30}/{change}/").status_code == 404


@pytest.mark.django_db
def test_renaming_keeps_to_the_rules_and_says_what_is_wrong() -> None:
    ann = make_user("ann")
    for name in ("one", "two"):
        SavedView.objects.create(name=name, board="queues", user=ann)
    view, client = SavedView.objects.get(name="one"), signed_in(ann)

    said = [
        text_of(client.post(f"{PAGE}{view.pk}/rename/", {"name": name}, follow=True)) for name in ("two", "", "one")
    ]

    assert ["Not renamed" in html for html in said] == [True, True, False]
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["one", "two"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "is_current"),
    [
        ("/sessions/?state=waiting&q=vpn", True),
        ("/sessions/?q=+vpn&state=waiting&page=7&unknown=1", True),
        ("/sessions/?state=waiting", False),
        ("/sessions/", False),
        ("/queues/?state=waiting&q=vpn", False),
        ("/sources/", False),
    ],
)
def test_the_view_on_show_is_marked(path: str, is_current: bool) -> None:
    ann = make_user("ann")
    SavedView.objects.create(name="vpn", board="sessions", query="state=waiting&q=vpn", user=ann)

    html = text_of(signed_in(ann).get(path))

    assert saved_links(html) == [("/sessions/?state=waiting&q=vpn", is_current)]
    assert html.count('aria-current="page"') == 1


@pytest.mark.django_db
def test_the_same_search_on_another_board_is_another_view() -> None:
    ann = make_user("ann")
    for board in ("queues", "sessions"):
        SavedView.objects.create(name=board, board=board, query="q=vpn", user=ann)

    html = text_of(signed_in(ann).get("/queues/?q=vpn"))

    assert saved_links(html) == [("/queues/?q=vpn", True), ("/sessions/?q=vpn", False)]


@pytest.mark.django_db
def test_what_is_stored_is_read_again_when_it_is_shown() -> None:
    ann = make_user("ann")
    SavedView.objects.create(name="old", board="queues", query="evil=%22onload&sort=gone,name&condition=ok", user=ann)

    assert saved_links(text_of(signed_in(ann).get(PAGE))) == [("/queues/?condition=ok&sort=name", False)]


@pytest.mark.django_db
def test_a_view_whose_board_is_gone_says_so() -> None:
    ann = make_user("ann")
    view = SavedView.objects.create(name="old", board="abandoned", query="x=1", user=ann)

    html = text_of(signed_in(ann).get(PAGE))

    assert view.address is None
    assert saved_links(html) == []
    assert "board gone" in html
    assert "Its board is gone" in html
    assert f"{PAGE}{view.pk}/delete/" in html


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sources/", "/sessions/", PAGE])
def test_the_navigation_costs_one_query_whatever_the_number(path: str) -> None:
    ann = make_user("ann", *(make_team(f"team {number}") for number in range(3)))
    client = signed_in(ann)
    client.get(path)  # what is read once per process
    counts = []
    for number in (1, 3, 20):
        SavedView.objects.all().delete()
        for n in range(number):
            SavedView.objects.create(name=str(n), board="queues", user=ann)
            for team in ann.teams.all():
                SavedView.objects.create(name=str(n), board="queues", team=team)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(saved_links(text_of(client.get(path)))) == 4 * number
        counts.append((len(queries), sum("dashboard_savedview" in query["sql"] for query in queries)))

    assert counts == [counts[0]] * 3
    assert counts[0][1] == (2 if path == PAGE else 1)


@pytest.mark.django_db
def test_every_list_has_the_form_and_other_pages_have_not() -> None:
    client = signed_in(make_user("ann"))

    forms = {path: 'id="save-view"' in text_of(client.get(path)) for path in (*(f"/{board}/" for board in LISTS), PAGE)}

    assert forms == {
        "/combined/": True,
        "/queues/": True,
        "/sessions/": True,
        "/representatives/": True,
        "/presentations/": True,
        PAGE: False,
    }


@pytest.mark.django_db
def test_nothing_happens_without_signing_in_by_links_or_from_other_sites() -> None:
    ann = make_user("ann")
    view = SavedView.objects.create(name="anns", board="queues", user=ann)
    paths = [f"{PAGE}save/", f"{PAGE}{view.pk}/rename/", f"{PAGE}{view.pk}/delete/"]
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(ann)

    assert {Client().post(path).headers["Location"] for path in paths} == {f"/login/?next={path}" for path in paths}
    assert {signed_in(ann).get(path).status_code for path in paths} == {405}
    assert {forged.post(path, {"name": "x"}).status_code for path in paths} == {403}
    assert list(SavedView.objects.values_list("name", flat=True)) == ["anns"]


@given(
    board=st.sampled_from(sorted(LISTS)),
    query=st.text(alphabet="abq=&+-,%20sort columns", max_size=250)
    | st.integers(95, 105).map(lambda length: f"q={'a' * length}+b&source={'a' * length}+b"),
)
def test_reading_a_canonical_query_again_changes_nothing(board: str, query: str) -> None:
    once = read_query(board, query)
    assert once is not None

    assert read_query(board, once.encoded()) == once
