"""The site's time zone: the days that people choose, the times that they read, and a wallboard that names no other."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dashboard.audit import Action, record
from dashboard.boards.clock import day_of
from dashboard.displays.forms import TermsForm, initial_of
from dashboard.models import Display, Wallboard
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from dashboard.templatetags.clocks import at, at_day, at_minute, full, since, to_minute
from dashboard.wallboards import stored
from dashboard.wallboards.definition import Wallboard as Definition
from dashboard.wallboards.templates import TEMPLATES
from dashboard.wallboards.writing import dump, to_toml
from tests.dashboard.daylight import ZONES, changes
from tests.services.displays import pair

AUCKLAND = "Pacific/Auckland"
SECOND = timedelta(seconds=1)


def manager() -> Client:
    """Return the browser of somebody who may see and change everything here."""
    user = User.objects.get_or_create(username="mona")[0]
    give_role(user, MANAGER)
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, path: str) -> str:
    """Return a page."""
    return str(client.get(path).content.decode())


def test_a_time_is_printed_in_the_site_s_zone_and_says_which_that_is(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    twice = datetime(2026, 10, 25, 0, 30, 7, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, 7, tzinfo=UTC)

    assert [(at(one), at_minute(one), at_day(one)) for one in twice] == [("02:30:07", "02:30", "25 Oct 02:30")] * 2
    assert [full(one) for one in twice] == ["2026-10-25 02:30:07 CEST", "2026-10-25 02:30:07 CET"]
    assert [to_minute(one) for one in twice] == ["2026-10-25 02:30 CEST", "2026-10-25 02:30 CET"]
    assert 'title="since 2026-10-25 02:30:07 CET"' in since(twice[1], "helpdesk")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        ("UTC", datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 26, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        (AUCKLAND, datetime(2026, 10, 24, 11, tzinfo=UTC), datetime(2026, 10, 25, 11, tzinfo=UTC)),
    ],
)
def test_the_audit_log_shows_and_filters_the_site_s_days(
    settings: Any, monkeypatch: pytest.MonkeyPatch, zone: str, begins: datetime, ends: datetime
) -> None:
    settings.TIME_ZONE = zone
    client = manager()
    for moment in (begins - SECOND, begins, ends - SECOND, ends):
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda moment=moment: moment)
            record(Action.POLL_ASKED, "phones", actor="ada")

    html = page(client, "/audit/?since=2026-10-25&until=2026-10-25")

    shown = re.findall(r'<time datetime="[^"]+" title="([^"]+)">([^<]+)</time>', html)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in (ends - SECOND, begins)]
    assert shown == [(f"{one:%Y-%m-%d %H:%M:%S %Z}", f"{one:%Y-%m-%d %H:%M:%S}") for one in local]
    assert f"days and times of {zone}" in html


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"])
def test_the_calendar_s_ends_are_harmless_in_every_zone(settings: Any, zone: str, day: str) -> None:
    settings.TIME_ZONE = zone
    client = manager()

    assert client.get(f"/audit/?since={day}").status_code == 200
    assert client.get(f"/audit/?until={day}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["UTC", *ZONES])
def test_a_display_s_last_day_ends_by_the_site_s_clocks(
    settings: Any, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    settings.TIME_ZONE = zone
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 1, 1, tzinfo=UTC))
    days = [day_of(change + offset, zone) for change in changes(zone) for offset in (-timedelta(days=1), timedelta())]
    for day in (*days, date(2026, 7, 7)):
        form = TermsForm({"name": "Floor 2", "last_day": str(day)})
        assert form.is_valid(), form.errors
        ends = form.terms().expires_at
        assert ends is not None
        assert [day_of(one, zone) for one in (ends - timedelta.resolution, ends)] == [day, day + timedelta(days=1)]
        assert initial_of(Display(name="Floor 2", expires_at=ends))["last_day"] == day


@pytest.mark.django_db
@pytest.mark.parametrize(("zone", "is_over"), [("UTC", False), (AUCKLAND, True), ("America/New_York", False)])
def test_a_day_is_over_when_it_is_on_the_site(
    settings: Any, monkeypatch: pytest.MonkeyPatch, zone: str, is_over: bool
) -> None:
    settings.TIME_ZONE = zone
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))

    form = TermsForm({"name": "Floor 2", "last_day": "2026-11-30"})

    assert ("This day is over. Choose a later one, or none." in form.errors.get("last_day", ())) is is_over


@pytest.mark.django_db
def test_the_page_of_displays_says_until_when_with_the_zone(settings: Any) -> None:
    settings.TIME_ZONE = AUCKLAND
    display, _token = pair("Floor 2", expires_at=datetime(2090, 1, 1, 11, tzinfo=UTC))

    assert "<dd>2090-01-02 00:00 NZDT</dd>" in page(manager(), "/displays/")
    form = page(manager(), reverse("change-display", args=[display.pk]))
    assert 'value="2090-01-01"' in form
    assert f"by the clock of {AUCKLAND}, the screen goes blank" in form


def make(**changes: Any) -> Wallboard:
    """Store a wallboard."""
    raw = dump(TEMPLATES["queue"].wallboard) | changes
    return stored.create(User.objects.get_or_create(username="maker")[0], definition(raw))


def definition(raw: dict[str, Any]) -> Definition:
    """Return what an import makes of plain values, here and now."""
    return stored.definition_of(Wallboard(definition=raw))


@pytest.mark.django_db
@pytest.mark.usefixtures("valkey")
@pytest.mark.parametrize(
    ("own", "holds", "until"),
    [("", AUCKLAND, "2126-03-11T06:10:00+00:00"), ("Europe/Vienna", "Europe/Vienna", "2126-03-11T18:10:00+00:00")],
)
def test_a_wallboard_that_names_no_zone_goes_by_the_site_s(settings: Any, own: str, holds: str, until: str) -> None:
    settings.TIME_ZONE = AUCKLAND
    client, wallboard = manager(), make(zone=own)
    editor = page(client, f"/wallboards/{wallboard.slug}/edit/")

    client.post(f"/wallboards/{wallboard.slug}/announce/", {"text": "Lunch", "until": "2126-03-11T19:10"})

    wallboard.refresh_from_db()
    assert wallboard.definition["announcement"]["until"] == until
    assert (f">Until, {holds} (may stay empty)<" in editor, f'placeholder="{AUCKLAND}"' in editor) == (True, True)
    screen = page(client, f"/wallboards/{wallboard.slug}/")
    assert f'data-zone="{holds}"' in screen
    assert "until 11 Mar 19:10" in screen


@pytest.mark.django_db
@pytest.mark.parametrize(("own", "theme"), [("", "dark"), ("Europe/Vienna", "light")])  # half a day apart
def test_a_wallboard_s_first_picture_is_dark_in_the_site_s_night(settings: Any, own: str, theme: str) -> None:
    settings.TIME_ZONE = AUCKLAND
    now = datetime.now(ZoneInfo(AUCKLAND))
    begins, ends = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (-2, 2))
    wallboard = make(zone=own, theme="auto", night={"begins": begins, "ends": ends})

    assert f'data-theme="{theme}"' in page(manager(), f"/wallboards/{wallboard.slug}/")


@pytest.mark.django_db
@pytest.mark.usefixtures("valkey")
def test_an_imported_announcement_ends_by_the_site_s_clocks(settings: Any) -> None:
    settings.TIME_ZONE = AUCKLAND
    text = to_toml(TEMPLATES["queue"].wallboard).replace(
        "[announcement]\n", "[announcement]\nuntil = 2126-03-11T19:10:00\n"
    )

    manager().post("/wallboards/import/", {"text": text})

    assert Wallboard.objects.get().definition["announcement"]["until"] == "2126-03-11T06:10:00+00:00"
