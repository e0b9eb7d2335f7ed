"""Who gets which answer from which address: one table, which every new address must join.

A row holds what GET and what POST (empty, with the form's token) answer to each of ACTORS. "in" is a redirect to the
sign-in, a number a status; 4000 and above is how a socket ends, "live" that it shows its board.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed

from dashboard.displays.tokens import TOKEN
from dashboard.live.registry import OPENERS
from dashboard.live.routing import socket_router
from dashboard.models import OneTimeLink, SavedView, Team
from dashboard.permission import give_role
from dashboard.roles import LEAD, MANAGER, VIEWER
from dashboard.wallboards.stored import create
from dashboard.wallboards.templates import QUEUE_WALL
from tests.services.displays import pair
from tests.services.site import Site, Upstream
from tests.services.valkey import ValkeyServer

ACTORS = ("anonymous", "viewer", "lead", "manager", "admin")
ROLES = {"viewer": VIEWER, "lead": LEAD, "manager": MANAGER}
PAGE = ("in 200 200 200 200", "in 405 405 405 405")  # for everybody with an account, to look at

MATRIX: dict[str, tuple[str, str]] = {
    "": ("302 302 302 302 302", "302 302 302 302 302"),
    "overview/": PAGE,
    "combined/": PAGE,
    "queues/": PAGE,
    "sessions/": PAGE,
    "representatives/": PAGE,
    "presentations/": PAGE,
    "combined/export/": PAGE,
    "queues/export/": PAGE,
    "sessions/export/": PAGE,
    "representatives/export/": PAGE,
    "presentations/export/": PAGE,
    "sources/": PAGE,
    "sources/polls/": PAGE,
    "sources/resynchronise/": ("in 403 403 405 405", "in 403 403 302 302"),
    "sources/poll-now/": ("in 403 405 405 405", "in 403 302 302 302"),
    "vendor-sessions/details/": ("in 404 404 404 404", "in 405 405 405 405"),
    "vendor-sessions/start/": ("in 403 405 405 405", "in 403 302 302 302"),
    "people/": ("in 403 403 200 200", "in 403 403 405 405"),
    "people/accept/": ("in 403 403 405 405", "in 403 403 302 302"),
    "people/decline/": ("in 403 403 405 405", "in 403 403 302 302"),
    "people/rename/": ("in 403 403 405 405", "in 403 403 302 302"),
    "people/split/": ("in 403 403 405 405", "in 403 403 302 302"),
    "people/undo/": ("in 403 403 405 405", "in 403 403 302 302"),
    "saved-views/": PAGE,
    "saved-views/save/": ("in 405 405 405 405", "in 422 422 422 422"),
    "saved-views/<int:pk>/rename/": ("in 405 405 405 405", "in 404 302 302 302"),  # the lead's team's view
    "saved-views/<int:pk>/delete/": ("in 405 405 405 405", "in 404 302 302 302"),
    "teams/": ("in 403 403 200 200", "in 403 403 405 405"),
    "targets/": ("in 403 403 200 200", "in 403 403 422 422"),
    "teams/new/": ("in 403 403 200 200", "in 403 403 422 422"),
    "teams/<int:pk>/": ("in 403 403 200 200", "in 403 403 422 422"),
    "teams/<int:pk>/delete/": ("in 403 403 405 405", "in 403 403 302 302"),
    "wallboards/": PAGE,
    "wallboards/new/": ("in 403 403 405 405", "in 403 403 302 302"),
    "wallboards/import/": ("in 403 403 405 405", "in 403 403 422 422"),
    "wallboards/<slug:slug>/": PAGE,
    "wallboards/<slug:slug>/edit/": ("in 403 403 200 200", "in 403 403 422 422"),
    "wallboards/<slug:slug>/announce/": ("in 403 403 405 405", "in 403 403 302 302"),
    "wallboards/<slug:slug>/copy/": ("in 403 403 405 405", "in 403 403 302 302"),
    "wallboards/<slug:slug>/delete/": ("in 403 403 405 405", "in 403 403 302 302"),
    "wallboards/<slug:slug>/export/": ("in 403 403 200 200", "in 403 403 405 405"),
    "wallboards/<slug:slug>/preview/": ("in 403 403 200 200", "in 403 403 405 405"),
    "display/": ("200 200 200 200 200", "405 405 405 405 405"),  # a screen without a token gets a code
    "display/state/": ("200 200 200 200 200", "405 405 405 405 405"),
    "display/claim/": ("405 405 405 405 405", "410 410 410 410 410"),
    "pair/": ("in 403 403 200 200", "in 403 403 422 422"),
    "displays/": ("in 403 403 200 200", "in 403 403 405 405"),
    "displays/facts/": ("in 403 403 200 200", "in 403 403 405 405"),
    "displays/<int:pk>/": ("in 403 403 200 200", "in 403 403 422 422"),
    "displays/<int:pk>/wallboard/": ("in 403 403 405 405", "in 403 403 302 302"),
    "displays/<int:pk>/identify/": ("in 403 403 405 405", "in 403 403 302 302"),
    "displays/<int:pk>/reload/": ("in 403 403 405 405", "in 403 403 302 302"),
    "displays/<int:pk>/message/": ("in 403 403 405 405", "in 403 403 302 302"),
    "displays/<int:pk>/revoke/": ("in 403 403 405 405", "in 403 403 302 302"),
    "audit/": ("in 403 403 200 200", "in 403 403 405 405"),
    "login/": ("200 302 302 302 302", "200 302 302 302 302"),
    "login/inactive/": ("200 200 200 200 200", "405 405 405 405 405"),
    "login/code/": ("302 302 302 302 302", "302 302 302 302 302"),
    "login/once/<str:secret>/": ("200 200 200 200 200", "200 200 200 200 200"),
    "login/sso/cancelled/": ("200 200 200 200 200", "405 405 405 405 405"),
    "login/<slug:provider_id>/": ("404 404 404 404 404", "405 405 405 405 405"),  # no single sign-on is set up
    "login/<slug:provider_id>/callback/": ("404 404 404 404 404", "405 405 405 405 405"),
    "logout/": ("302 200 200 200 200", "302 302 302 302 302"),
    "account/": PAGE,
    "account/confirm/": ("in 200 200 200 200", "in 200 200 200 200"),
    "account/confirm/code/": ("in 302 302 302 302", "in 302 302 302 302"),
    "account/confirm/key/": ("in 302 302 302 302", "in 302 302 302 302"),
    "account/password/": ("in 200 200 200 200", "in 200 200 200 200"),
    "account/password/none/": PAGE,
    "account/sessions/": ("in 200 200 200 200", "in 302 302 302 302"),
    "account/factors/": PAGE,
    "account/factors/app/add/": ("in 302 302 302 302", "in 302 302 302 302"),  # to the confirmation
    "account/factors/app/remove/": ("in 404 404 404 404", "in 404 404 404 404"),  # there is none
    "account/factors/codes/": ("in 404 404 404 404", "in 405 405 405 405"),
    "account/factors/codes/renew/": ("in 302 302 302 302", "in 302 302 302 302"),
    "account/factors/codes/download/": ("in 404 404 404 404", "in 404 404 404 404"),
    "account/factors/keys/": ("in 200 200 200 200", "in 405 405 405 405"),
    "account/factors/keys/add/": ("in 302 302 302 302", "in 302 302 302 302"),
    "account/factors/keys/<int:pk>/rename/": ("in 302 302 302 302", "in 302 302 302 302"),
    "account/factors/keys/<int:pk>/remove/": ("in 302 302 302 302", "in 302 302 302 302"),
    "admin/": ("in 403 403 403 200", "in 403 403 403 200"),
    "readyz": ("200 200 200 200 200", "405 405 405 405 405"),
    "metrics": ("200 200 200 200 200", "405 405 405 405 405"),  # from this machine; others: test_health.py
    "healthz": ("200 200 200 200 200", "200 200 200 200 200"),
}

SOCKETS: dict[str, str] = {
    "sources": "4401 live live live live",
    "overview": "4401 live live live live",
    "combined": "4401 live live live live",
    "queues": "4401 live live live live",
    "sessions": "4401 live live live live",
    "representatives": "4401 live live live live",
    "presentations": "4401 live live live live",
    "session?key=helpdesk:1": "4401 live live live live",
    "representative?key=helpdesk:1": "4401 live live live live",
    "queue?key=helpdesk:1": "4401 live live live live",
    "presentation?key=helpdesk:1": "4401 live live live live",
    "vendor-session?key=helpdesk:1": "4401 live live live live",
    "wallboard?slug=wall": "4401 live live live live",
    "wallboard?slug=wall&draft=1": "4401 4403 4403 live live",
    "invented": "4401 4403 4403 4403 4403",
}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield the pattern of every address of the site."""
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, pattern)
        else:
            yield pattern


ROUTES = list(routes(get_resolver()))
ADMIN = [route for route in ROUTES if route.startswith("admin/") and route != "admin/"]


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert set(MATRIX) == set(ROUTES) - set(ADMIN)
    assert {board.partition("?")[0] for board in SOCKETS} == {*OPENERS, "invented"}
    assert [str(getattr(route, "pattern", route)) for route in socket_router.routes] == [
        "live/<slug:board>/",
        "display/live/",
        "",
    ]


@dataclass(frozen=True, slots=True)
class World:
    """What addresses name, and who asks."""

    parameters: dict[str, dict[str, str]]
    users: dict[str, User]
    token: str  # of a display

    def address(self, route: str) -> str:
        """Return an address that a route matches, of something that is there."""
        given = self.parameters.get(route.partition("/")[0], {})
        for name, value in {"<slug:provider_id>": "sso", "<int:pk>": "1", **given}.items():
            route = route.replace(name, value)
        return f"/{route}"

    def browser(self, actor: str, **options: Any) -> Client:
        """Return somebody's browser."""
        client = Client(**options)
        if actor in self.users:
            client.force_login(self.users[actor])
        if actor == "display":
            client.cookies[TOKEN] = self.token
        return client


@pytest.fixture
def world(db: None, valkey: ValkeyServer) -> World:
    """One user of each role, a team whose member the lead is, and its saved view."""
    users = {
        actor: User.objects.create_user(actor, is_superuser=actor == "admin", password="a password")
        for actor in ACTORS[1:]
    }
    for actor, role in ROLES.items():
        give_role(users[actor], role)
    team = Team.objects.create(name="Night")
    team.members.add(users["lead"])
    view = SavedView.objects.create(name="ours", board="queues", team=team)
    wall = create(users["manager"], QUEUE_WALL)
    display, token = pair("Floor 2", wall)
    secret = OneTimeLink.make(User.objects.create(username="invited"))
    return World(
        {
            "saved-views": {"<int:pk>": str(view.pk)},
            "teams": {"<int:pk>": str(team.pk)},
            "wallboards": {"<slug:slug>": wall.slug},
            "displays": {"<int:pk>": str(display.pk)},
            "login": {"<str:secret>": secret},
        },
        users,
        token,
    )


def answer_of(response: HttpResponseBase) -> str:
    """Return an answer as the table names it."""
    is_to_sign_in = response.status_code == 302 and response.headers["Location"].startswith("/login/?next=")
    return "in" if is_to_sign_in else str(response.status_code)


def answers(world: World, route: str, method: str) -> str:
    """Return what each actor gets; nobody's doing changes what the next one meets."""
    found = []
    for actor in ACTORS:
        with transaction.atomic():
            found.append(answer_of(getattr(world.browser(actor), method)(world.address(route))))
            transaction.set_rollback(True)
    return " ".join(found)


@pytest.mark.parametrize("route", MATRIX)
def test_everybody_gets_the_answer_of_the_table(world: World, route: str) -> None:
    assert (answers(world, route, "get"), answers(world, route, "post")) == MATRIX[route]


@pytest.mark.parametrize("route", MATRIX)
def test_a_display_is_a_stranger_to_every_address(world: World, route: str) -> None:
    for method, expected in zip(("get", "post"), MATRIX[route], strict=True):
        with transaction.atomic():
            response = getattr(world.browser("display"), method)(world.address(route))
            transaction.set_rollback(True)
        assert answer_of(response) == expected.split()[0]
        assert ("/display/live/" in str(getattr(response, "content", ""))) == (route == "display/" and method == "get")


@pytest.mark.parametrize("route", MATRIX)
def test_a_part_of_a_page_is_refused_where_a_page_is_sent_to_the_sign_in(world: World, route: str) -> None:
    for method, expected in zip(("get", "post"), MATRIX[route], strict=True):
        browser = world.browser("anonymous", headers={"HX-Request": "true"})
        response = getattr(browser, method)(world.address(route))

        assert urlsplit(response.headers.get("Location", "")).path != "/login/"
        assert (response.status_code, response.content) == (401, b"") or expected.split()[0] != "in"


@pytest.mark.parametrize("route", MATRIX)
def test_a_post_without_the_form_s_token_changes_nothing(world: World, route: str) -> None:
    expected = MATRIX[route][1].split()[-1]
    browser = world.browser("admin", enforce_csrf_checks=True)

    answer = answer_of(browser.post(world.address(route)))

    assert answer == "403" or route in {"", "healthz"} or expected in {"404", "405"}


@pytest.mark.parametrize("route", ADMIN)
def test_the_administration_is_for_administrators(world: World, route: str) -> None:
    address = f"/{route}".replace("<path:object_id>", "1").replace("<id>", "1").replace("<path:content_type_id>", "1")
    address = address.replace("^(?P<app_label>auth|usersessions|mfa|socialaccount|dashboard|realtime)/$", "auth/")
    address = address.replace("(?P<url>.*)$", "invented")

    found = [
        answer_of(getattr(world.browser(actor), method)(address)) for actor in ACTORS[:4] for method in ("get", "post")
    ]

    out = {"/admin/logout/": ["302"], "/admin/jsi18n/": ["200"]}
    assert set(found[:2]) <= {"in", *out.get(address, [])}
    assert set(found[2:]) <= {"403", *out.get(address, [])}


SETTING_UP = {"logout/", "login/code/"}


@pytest.mark.parametrize("actor", ["viewer", "lead", "manager", "admin"])
def test_whoever_lacks_a_required_second_factor_gets_nowhere_else(world: World, actor: str, settings: Settings) -> None:
    settings.MFA_REQUIRED = frozenset({actor})
    paths = {world.address(route): route for route in MATRIX if not route.startswith("account/") or route == "account/"}

    found = {route: world.browser(actor).get(path).headers.get("Location") for path, route in paths.items()}

    assert {route for route, to in found.items() if to != "/account/factors/"} == SETTING_UP
    is_part = {"headers": {"HX-Request": "true"}}
    assert world.browser(actor, **is_part).get(reverse("polls")).status_code == 403
    assert "Your role needs a second factor" in world.browser(actor).get("/account/factors/").content.decode()


@pytest.mark.parametrize("path", ["/admin/", "/admin/dashboard/auditentry/", "/admin/auth/user/add/"])
def test_whoever_is_sent_to_the_sign_in_comes_back(world: World, path: str) -> None:
    assert Client().get(path).headers["Location"] == f"{reverse('account_login')}?next={path}"


@pytest.fixture(scope="module")
def site(site: Site) -> Site:
    """The same, with a source."""
    Upstream().say()
    return site


def session_of(site: Site, actor: str) -> str:
    """Return somebody's session."""
    if actor == "anonymous":
        return ""
    if actor == "admin":
        User.objects.get_or_create(username=actor, defaults={"is_superuser": True})
    return site.log_in(actor, ROLES.get(actor))


async def greeting(site: Site, session: str, board: str) -> str:
    """Open a socket; return "live" when it shows its board, else how it ended."""
    name, _, query = board.partition("?")
    async with await site.open_socket(session, f"/live/{name}/" + (f"?{query}" if query else "")) as socket:
        try:
            while 'data-frame="paint"' not in str(await socket.recv()):
                pass
        except ConnectionClosed as ended:
            return str(ended.rcvd.code if ended.rcvd else 1006)
    return "live"


@pytest.mark.parametrize("board", SOCKETS)
async def test_every_socket_shows_what_the_table_says(site: Site, board: str) -> None:
    sessions = [await sync_to_async(session_of)(site, actor) for actor in ACTORS]

    assert " ".join([await greeting(site, session, board) for session in sessions]) == SOCKETS[board]
