"""Hostile text in everything that people and polled vendors can name: every page that shows it shows it as text.

Texts of an appliance are in `test_page_every.py`, which also says how they are pushed.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from playwright.async_api import Page, expect

from dashboard.displays.tokens import TOKEN
from dashboard.models import AuditEntry, Person, SavedView, Team, VendorRecord
from dashboard.models.person import Identity
from dashboard.models.wallboard import Wallboard
from dashboard.privacy import Privacy
from dashboard.wallboards import definition as d
from dashboard.wallboards.stored import create
from realtime.status import LinkState
from realtime.vendor_session import Kind
from realtime.vendor_session import State as Told
from tests.dashboard.vendor_sessions import VENDOR_OF, vendor_session
from tests.services.displays import pair
from tests.services.site import Site, Upstream

HOSTILE = (
    "<img src=x onerror='alert(1)'>",
    "\"' onfocus='alert(1)' autofocus x=\"<script>alert(1)</script>",
    "</template></td></table><svg/onload=alert(1)>",
    "--></textarea></option></title><iframe srcdoc=alert(1)>",
    "</p><b hx-get='/logout/' hx-trigger='load'>alert(1)",
    "javascript:alert(1)//?&open=session:1",
    "{{ alert(1) }}{% load static %}&lt;b&gt;&amp;\u202e\u2066",
)
FIELDS = ("technician", "technician_email", "customer", "organisation", "queue_name", "subject", "url", "external_id")
STATES = (Told.ACTIVE, Told.WAITING, Told.SCHEDULED, Told.ENDED)
FOREIGN = """() => [...document.querySelectorAll(
  "img:not([src^='/static/admin/']), iframe, b[hx-get], script:not([src]), " +
  "[onerror], [onload], [onfocus], [srcdoc], a[href^='javascript:']")]
  .map((one) => one.outerHTML.slice(0, 200))"""
PREVIEW = "/edit/"  # whose page frames the preview


@pytest.fixture(scope="module")
def paths(site: Site) -> list[str]:
    """The addresses of pages that show hostile texts, which are stored now. The last one is a display's."""
    drawers = seed_vendors()
    site.log_in("ingrid")
    user = User.objects.get(username="ingrid")
    wall = create(user, hostile_wall())
    display, _token = pair(HOSTILE[0], wall)
    seed_people(user)
    return [
        *("/overview/", "/combined/?when=all", "/combined/?when=all&form=people", "/presentations/", "/sources/"),
        *drawers,
        *("/people/", "/teams/", f"/teams/{Team.objects.first().pk}/", "/saved-views/", "/audit/"),  # type: ignore[union-attr]
        *("/wallboards/", f"/wallboards/{wall.slug}/", f"/wallboards/{wall.slug}/edit/"),
        *("/displays/", f"/displays/{display.pk}/", "/admin/auth/user/", "/admin/dashboard/auditentry/"),
    ]


def seed_vendors() -> list[str]:
    """Let every polled vendor list sessions of hostile texts; return the addresses of their drawers."""
    now, drawers = datetime.now(UTC), list[str]()
    for source, vendor in VENDOR_OF.items():
        upstream = Upstream(source)
        upstream.say(state=LinkState.RETRYING, error=" ".join(HOSTILE), poll_seconds=30.0)
        rows = {}
        for number, text in enumerate(HOSTILE):
            state = STATES[number % len(STATES)]
            times = {"scheduled_at": now + timedelta(hours=1)} if state is Told.SCHEDULED else {}
            ended = {"ended_at": now} if state is Told.ENDED else {}
            kind = Kind.TRAINING if vendor == "gototraining" else Kind.SUPPORT
            fields: dict[str, Any] = dict.fromkeys(FIELDS, text) | times | ended | {"state": state, "kind": kind}
            rows[f"{source}:{number}"] = vendor_session(source, now, **fields)
            table = [{text: text, "message": text, "email": text, "displayName": text, "name": text}]
            raw = {text: text, "sessionNotes": text, "startUrl": text, "PROBLEM_DESCRIPTION": text, "log": table}
            VendorRecord.objects.create(
                key=f"{source}:{number}", source=source, raw=raw | {"attendees": table}, fetched_at=now
            )
        upstream.commit(vendor_session=rows)
        drawers.append(f"/combined/?when=all&open=vendor-session:{source}:{len(drawers)}")
    return drawers


def seed_people(user: User) -> None:
    """Name people, teams, views and users as nobody should."""
    for number, text in enumerate(HOSTILE):
        person = Person.objects.create(name=text)
        Identity.objects.create(handle=f"x:{number}", source="calls", login=text, name=text, person=person)
        team = Team.objects.create(name=text[:60], queues=[text])
        team.people.add(person)
        team.members.add(user)
        SavedView.objects.create(name=text[:60], board="sessions", query="", user=user)
        SavedView.objects.create(name=text[:60], board="combined", query="", team=team)
        other = User.objects.create(username=text, first_name=text[:150], email=text)
        team.members.add(other)
        AuditEntry.objects.create(action="team changed", target=text, actor=text, address="::1", detail={text: [text]})
    User.objects.filter(pk=user.pk).update(is_superuser=True, first_name=HOSTILE[0], last_name=HOSTILE[1])


def hostile_wall() -> d.Wallboard:
    """Return a wallboard whose every text is hostile; it shows names."""
    short = [text[: d.TITLE_LIMIT] for text in HOSTILE]
    lists = (d.Kind.COMBINED, d.Kind.TRAININGS, d.Kind.WAITING, d.Kind.REPRESENTATIVES)
    pages = tuple(
        d.Page(text[: d.TITLE_LIMIT], 3600, (d.Tile(kind, 1, 1, 12, 6, title=text), d.Tile(d.Kind.CLOCK, 1, 7, 4, 2)))
        for kind, text in zip(lists, short, strict=False)
    )
    return d.Wallboard(
        name=HOSTILE[0],
        pages=pages,
        customers=Privacy.SHOWN,
        representatives=Privacy.SHOWN,
        announcement=d.Announcement(HOSTILE[2]),
    )


async def foreign(page: Page, path: str) -> list[str]:
    """Return what stands in a page's frames, or ran there, that is not ours; the editor has its preview's frame."""
    shown = [await frame.evaluate(FOREIGN) for frame in page.frames]
    return [one for found in shown for one in found if not (PREVIEW in path and "/preview/" in one)]


async def test_names_by_people_and_vendors_are_only_text(
    site: Site, paths: list[str], page: Page, faults: list[str]
) -> None:
    session = await sync_to_async(site.log_in)("ingrid")
    await page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.origin}])
    found = {}
    for path in paths:
        await page.goto(site.origin + path)
        if await page.locator("html[data-live]").count():
            await expect(page.locator("html")).to_have_attribute("data-live", "live", timeout=30_000)
        await expect(page.locator("body"), path).to_contain_text("alert(1)")
        found[path] = [*await foreign(page, path), *faults]
        faults.clear()

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


async def test_a_display_shows_names_and_messages_as_text(
    site: Site, paths: list[str], page: Page, faults: list[str]
) -> None:
    display, token = await sync_to_async(pair)(HOSTILE[1][:60], await Wallboard.objects.aget())
    display.note, display.note_until = HOSTILE[3], datetime.now(UTC) + timedelta(hours=1)
    await display.asave()
    cookie = {"name": TOKEN, "value": token, "domain": "127.0.0.1", "path": "/display/"}
    await page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict by its own name only

    await page.goto(f"{site.origin}/display/")

    await expect(page.locator("#standing")).to_have_text(HOSTILE[3])
    await expect(page.locator(".wall__name")).to_have_text(HOSTILE[0])
    assert [*await foreign(page, "/display/"), *faults] == []
