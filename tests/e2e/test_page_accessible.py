"""axe-core on the pages that no other test looks at with it: people, teams, wallboard previews, errors, the way in."""

from dataclasses import replace
from functools import partial
from typing import Literal

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from playwright.async_api import Browser, Page, Route, expect

from dashboard.models import OneTimeLink, Person, Team
from dashboard.models.person import Identity
from dashboard.roles import MANAGER
from dashboard.wallboards.stored import create
from dashboard.wallboards.templates import QUEUE_WALL
from tests.services.accessibility import violations
from tests.services.site import Site, Upstream

PAGES = (
    *("/people/", "/teams/", "/teams/1/", "/teams/new/", "/account/password/none/"),
    *("/wallboards/wall/preview/", "/login/inactive/", "/login/sso/cancelled/", "/admin/", "/admin/auth/user/add/"),
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ERRORS = ("404.html", "429.html", "500.html", "403.html", "403_csrf.html", "account/link-spent.html")


@pytest.fixture(scope="module")
def link(site: Site, upstream: Upstream) -> str:
    """A site with somebody of several vendors, a team and a wallboard; the address of a one-time link."""
    site.log_in("ingrid", MANAGER)
    user = User.objects.get(username="ingrid")
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    create(user, replace(QUEUE_WALL, name="wall"))
    person = Person.objects.create(name="Pat Doe")
    Identity.objects.create(handle="calls:pat", source="calls", login="pat", name="Pat Doe", person=person)
    team = Team.objects.create(name="Night", queues=["helpdesk:team/1"])
    team.members.add(user)
    upstream.add_queue("Retail")
    return f"/login/once/{OneTimeLink.make(User.objects.create(username='new'))}/"


async def test_axe_finds_nothing(site: Site, link: str, browser: Browser) -> None:
    page = await browser.new_page(bypass_csp=True)  # axe writes inline styles; other tests watch the policy
    found = {path: await look(page, site, path) for path in (link, "/login/")}
    session = await sync_to_async(site.log_in)("ingrid")
    await page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}])
    for template in ERRORS:
        await page.route(f"**/{template}", partial(answer, await sync_to_async(render_to_string)(template)))
    for number, path in enumerate((*PAGES, *(f"/{template}" for template in ERRORS))):
        await page.set_viewport_size({"width": (1440, 390)[number % 2], "height": 900})
        await page.emulate_media(color_scheme=SCHEMES[number // 2 % 2], reduced_motion="reduce")
        found[path] = await look(page, site, path)

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def answer(body: str, route: Route) -> None:
    """Answer a request with a page that cannot be had otherwise."""
    await route.fulfill(body=body, content_type="text/html")


async def look(page: Page, site: Site, path: str) -> list[str]:
    """Return what axe has to say about a page."""
    await page.goto(site.origin + path)
    await expect(page.locator("h1, .wall__name").first).to_be_visible()
    return await violations(page)
