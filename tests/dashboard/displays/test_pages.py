"""The pages of displays: what a screen without login gets, and what those who look after displays can do."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from dashboard.audit import Action
from dashboard.displays.codes import SIGNS
from dashboard.displays.forms import RANGE_LIMIT
from dashboard.displays.pairing import CODES_PER_NETWORK, GUESSES_PER_USER
from dashboard.displays.tokens import PATH, SECRET, TOKEN
from dashboard.models import AuditEntry, Display, PairingCode
from dashboard.models.display import NOTED
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from tests.services.displays import make_wallboard, pair

pytestmark = pytest.mark.django_db
SCREEN = "/display/"
HOSTILE = "<img src=x onerror=alert(1)>"


def manager(**options: Any) -> Client:
    """Return the browser of somebody who looks after displays."""
    user = User.objects.get_or_create(username="petra")[0]
    give_role(user, MANAGER)
    client = Client(**options)
    client.force_login(user)
    return client


def code_on(screen: Client) -> str:
    """Load a screen's page; return the code that it shows."""
    return str(screen.get(SCREEN).context["spoken"])


def state_on(screen: Client) -> str:
    """Return what a screen is told to show."""
    return str(screen.get(f"{SCREEN}state/").json()["state"])


def screen_with(token: str) -> Client:
    """Return the browser of a display."""
    client = Client()
    client.cookies[TOKEN] = token
    return client


def text_of(response: Any) -> str:
    """Return a page."""
    return str(response.content.decode())


def test_a_screen_is_paired_from_code_to_wallboard() -> None:
    wallboard, screen, petra = make_wallboard(), Client(), manager()
    code = code_on(screen)
    assert state_on(screen) == "code"
    assert code_on(screen) == code, "a reload shows the same code"

    asked = petra.post(reverse("pair-display"), {"code": code.lower()})
    assert asked.status_code == 200
    assert asked.context["waiting"].address == "127.0.0.1"
    terms = {"code": code, "name": "Floor 2", "wallboard": wallboard.pk}
    assert petra.post(reverse("pair-display"), terms).status_code == 302

    assert state_on(screen) == "confirmed"
    assert screen.post(f"{SCREEN}claim/").status_code == 204
    assert state_on(screen) == "wallboard"
    shown = text_of(screen.get(SCREEN))
    assert 'ws-connect="/display/live/"' in shown
    assert "Queue wall" in shown
    assert f'data-wallboard="{wallboard.slug}"' in shown


def test_the_cookies_are_kept_from_scripts_other_sites_and_other_pages() -> None:
    _display, token = pair(wallboard=make_wallboard())
    first, paired = Client(), screen_with(token)
    for cookie in (first.get(SCREEN).cookies[SECRET], paired.get(SCREEN).cookies[TOKEN]):
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", PATH)
    assert paired.get(f"{SCREEN}state/").cookies[TOKEN]["max-age"] == 400 * 86400
    assert token not in text_of(paired.get(SCREEN))


@pytest.mark.parametrize("is_secure", [False, True])
def test_the_cookies_go_over_tls_only_where_there_is_tls(is_secure: bool) -> None:
    _display, token = pair(wallboard=make_wallboard())
    with override_settings(SECURE=is_secure):
        cookies = Client().get(SCREEN).cookies[SECRET], screen_with(token).get(SCREEN).cookies[TOKEN]
    assert [bool(cookie["secure"]) for cookie in cookies] == [is_secure, is_secure]


def test_the_code_s_address_is_drawn_without_inline_style() -> None:
    response = Client().get(SCREEN)
    assert "/pair/" in response.context["address"]
    assert response.context["drawing"].path in text_of(response)
    assert "style=" not in text_of(response)


def test_an_address_with_a_code_fills_in_and_looks_nothing_up() -> None:
    code = code_on(Client()).replace(" ", "")
    page = text_of(manager().get(reverse("pair-display"), {"code": code}))
    assert f'value="{code[:4]}-{code[4:]}"' in page
    assert "127.0.0.1" not in page
    assert HOSTILE not in text_of(manager().get(reverse("pair-display"), {"code": HOSTILE}))
    assert not AuditEntry.objects.filter(action=Action.PAIRING_FAILED.value).exists()


def test_wrong_codes_are_recorded_and_then_refused() -> None:
    petra, code = manager(), code_on(Client())
    for _ in range(GUESSES_PER_USER):
        assert "No screen shows this code" in text_of(petra.post(reverse("pair-display"), {"code": SIGNS[0] * 8}))
    assert "too many wrong codes" in text_of(petra.post(reverse("pair-display"), {"code": code}))
    entry = AuditEntry.objects.filter(action=Action.PAIRING_FAILED.value).first()
    assert entry is not None
    assert (entry.actor, entry.address) == ("petra", "127.0.0.1")


def test_too_many_screens_that_wait_are_told_so() -> None:
    for _ in range(CODES_PER_NETWORK):
        assert Client().get(SCREEN).status_code == 200
    refused = Client().get(SCREEN)
    assert refused.status_code == 429
    assert "Too many screens wait" in text_of(refused)


def test_a_screen_that_nobody_may_see_says_why() -> None:
    display, token = pair(wallboard=make_wallboard())
    screen = screen_with(token)

    Display.objects.update(networks=["192.0.2.0/24"])
    assert state_on(screen) == "elsewhere"
    elsewhere = screen.get(SCREEN)
    assert (elsewhere.status_code, TOKEN in elsewhere.cookies) == (403, False)
    assert "192.0.2.0" not in text_of(elsewhere)

    Display.objects.update(networks=[], expires_at=timezone.now())
    assert "time ran out" in text_of(screen.get(SCREEN))

    screen = screen_with(token)
    Display.objects.update(expires_at=None, revoked_at=timezone.now())
    revoked = screen.get(SCREEN)
    assert "was disconnected" in text_of(revoked)
    assert (revoked.cookies[TOKEN].value, "Queue wall" in text_of(revoked)) == ("", False)
    assert display.name not in text_of(revoked)


def test_a_screen_without_a_wallboard_says_so() -> None:
    _display, token = pair(HOSTILE)
    screen = screen_with(token)
    assert state_on(screen) == "blank"
    shown = text_of(screen.get(SCREEN))
    assert "has no wallboard" in shown
    assert HOSTILE not in shown


def test_a_screen_without_a_wallboard_is_seen_by_its_asking() -> None:
    display, token = pair("Floor 2")
    petra, screen = manager(), screen_with(token)
    assert "never seen" in text_of(petra.get(reverse("displays")))

    assert state_on(screen) == "blank"

    (card,) = petra.get(reverse("displays")).context["cards"]
    assert (card.is_connected, card.words, card.display.address) == (True, "live", "127.0.0.1")
    first = card.display.last_seen_at
    state_on(screen)
    display.refresh_from_db()
    assert display.last_seen_at == first, "not written with each of its questions"
    Display.objects.update(last_seen_at=first - NOTED, frames_behind=3)
    state_on(screen)
    display.refresh_from_db()
    assert (display.last_seen_at is not None and display.last_seen_at >= first, display.frames_behind) == (True, 0)


def test_a_screen_without_a_wallboard_is_not_said_to_obey() -> None:
    display, token = pair("Floor 2")
    state_on(screen_with(token))
    for order in ("identify-display", "reload-display"):
        answer = manager().post(reverse(order, args=[display.pk]), follow=True)
        assert "has no wallboard yet, so it will not notice" in text_of(answer)
    told = {"text": "Back at nine", "minutes": "30"}
    answer = manager().post(reverse("send-message", args=[display.pk]), told, follow=True)
    assert "the message is kept for 30 minutes, but the screen has no wallboard yet" in text_of(answer)


@pytest.mark.parametrize("fields", [{"revoked_at": timezone.now()}, {"networks": ["192.0.2.0/24"]}])
def test_a_screen_whose_token_is_not_taken_is_not_seen(fields: dict[str, Any]) -> None:
    display, token = pair("Floor 2")
    Display.objects.update(**fields)
    state_on(screen_with(token))
    display.refresh_from_db()
    assert display.last_seen_at is None


def test_a_wallboard_of_another_version_is_said_to_be_one() -> None:
    wallboard = make_wallboard()
    _display, token = pair(wallboard=wallboard)
    type(wallboard).objects.update(definition={"name": 7})
    assert "another version" in text_of(screen_with(token).get(SCREEN))
    assert "no picture" in text_of(manager().get(reverse("displays")))


def test_a_token_opens_nothing_but_its_screen() -> None:
    wallboard = make_wallboard()
    _display, token = pair(wallboard=wallboard)
    screen = screen_with(token)
    for path in ("/overview/", "/displays/", "/pair/", f"/wallboards/{wallboard.slug}/", "/queues/"):
        assert screen.get(path).headers["Location"].startswith("/login/?next=")


TERMS = {"name": "Floor 3", "wallboard": "", "last_day": "", "ranges": ""}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "Give the screen a name"),
        ({"name": "\u200b\u202e"}, "Give the screen a name"),
        ({"name": "x" * 61}, "Shorten it"),
        ({"name": "Floor 1"}, "already a display of this name"),
        ({"name": "\u202eFloor\n1"}, "already a display of this name"),
        ({"wallboard": "77"}, "Select a valid choice"),
        ({"last_day": "2020-01-01"}, "This day is over"),
        ({"last_day": "9999-12-31"}, "Choose an earlier day"),
        ({"ranges": "10.0.0.0/8 office"}, "“office” is no address range"),
        ({"ranges": "10.1.2.3/8"}, "Write 10.0.0.0/8"),
        ({"ranges": " ".join(f"10.{number}.0.0/16" for number in range(RANGE_LIMIT + 1))}, "at most 10"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_a_mend(given: dict[str, str], said: str) -> None:
    pair("Floor 1")
    display, _token = pair("Floor 2")
    response = manager().post(reverse("change-display", args=[display.pk]), TERMS | given)
    assert response.status_code == 422
    assert said in text_of(response)
    display.refresh_from_db()
    assert display.name == "Floor 2"


def test_a_display_is_changed_and_what_changed_is_recorded() -> None:
    display, _token = pair("Floor 2")
    wallboard = make_wallboard()
    day = (timezone.now() + timedelta(days=9)).date()
    given = {"name": HOSTILE, "wallboard": wallboard.pk, "last_day": day, "ranges": "10.0.0.0/8, 2001:db8::/32"}
    petra = manager()
    assert petra.post(reverse("change-display", args=[display.pk]), given).status_code == 302

    display.refresh_from_db()
    assert (display.name, display.wallboard, display.networks) == (HOSTILE, wallboard, ["10.0.0.0/8", "2001:db8::/32"])
    assert display.expires_at is not None
    assert display.expires_at.date() == day + timedelta(days=1)
    assert display.may_come_from("10.2.3.4")
    assert display.may_come_from("2001:db8::1")
    assert not display.may_come_from("192.0.2.1")
    detail = AuditEntry.objects.get(action=Action.DISPLAY_CHANGED.value).detail
    assert detail["name"] == {"from": "Floor 2", "to": HOSTILE}
    assert f'value="{day}"' in text_of(petra.get(reverse("change-display", args=[display.pk])))
    assert HOSTILE not in text_of(petra.get(reverse("displays")))


def test_a_wallboard_whose_number_no_database_holds_is_none() -> None:
    display, _token = pair("Floor 2", make_wallboard())
    for number in ("9" * 5000, str(2**63), "none"):
        response = manager().post(reverse("switch-wallboard", args=[display.pk]), {"wallboard": number})
        assert response.status_code == 404
    display.refresh_from_db()
    assert display.wallboard is not None


def test_a_taken_away_display_is_gone_from_the_page_and_its_name_is_free() -> None:
    display, _token = pair("Floor 2")
    petra = manager()
    assert petra.post(reverse("revoke-display", args=[display.pk])).status_code == 302
    assert "No screen yet" in text_of(petra.get(reverse("displays")))
    assert petra.post(reverse("revoke-display", args=[display.pk])).status_code == 404
    assert pair("Floor 2")[0].pk != display.pk
    assert AuditEntry.objects.get(action=Action.DISPLAY_REVOKED.value).target == "Floor 2"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "not connected"),
        ({"last_seen_at": timedelta()}, "live"),
        ({"last_seen_at": timedelta(), "frames_behind": 3}, "live, but behind"),
        ({"last_seen_at": timedelta(minutes=5)}, "not connected"),
        ({"expires_at": timedelta()}, "its time ran out"),
        ({"token_digest": None}, "its screen is about to follow"),
        ({"token_digest": None, "paired_at": timedelta(minutes=11)}, "its screen never followed"),
    ],
)
def test_the_page_says_how_a_display_is(fields: dict[str, Any], words: str) -> None:
    pair("Floor 2")
    now = timezone.now()
    Display.objects.update(
        **{name: now - value if isinstance(value, timedelta) else value for name, value in fields.items()}
    )
    (card,) = manager().get(reverse("displays")).context["cards"]
    assert card.words.startswith(words)


def test_a_message_stands_for_its_time() -> None:
    display, _token = pair("Floor 2")
    petra, address = manager(), reverse("send-message", args=[display.pk])
    petra.post(address, {"text": f" {HOSTILE}\n", "minutes": "30"})
    display.refresh_from_db()
    now = timezone.now()
    assert display.note_at(now) == HOSTILE
    assert display.note_at(now + timedelta(minutes=31)) == ""
    assert HOSTILE not in text_of(petra.get(reverse("displays")))

    petra.post(address, {"text": "x" * 161, "minutes": "30"})
    petra.post(address, {"text": "later", "minutes": "31"})
    display.refresh_from_db()
    assert display.note == HOSTILE
    petra.post(address, {"text": "", "minutes": "30"})
    display.refresh_from_db()
    assert display.note_at(now) == ""


def test_the_facts_say_no_more_than_what_is_there() -> None:
    pair("Floor 2")
    facts = text_of(manager().get(reverse("display-facts")))
    assert facts.count('hx-swap-oob="true"') == 1
    assert "never seen" in facts


def test_old_codes_go_when_new_ones_come() -> None:
    code_on(Client())
    PairingCode.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    code_on(Client())
    assert PairingCode.objects.count() == 1
