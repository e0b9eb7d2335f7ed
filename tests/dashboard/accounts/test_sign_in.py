"""Signing in and out by password and second factor: what it takes, what it leaves, what holds it up."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings as real_settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from dashboard.accounts.second_factor import lacking_factor
from dashboard.models import AuditEntry
from dashboard.permission import give_role
from dashboard.roles import LEAD, MANAGER, VIEWER
from tests.dashboard.accounts.signing_in import (
    PASSWORD,
    add_app,
    code_of,
    confirm,
    is_signed_in,
    make_browser,
    make_user,
    sign_in,
)
from tests.services.valkey import ValkeyServer

pytestmark = pytest.mark.django_db


def actions_of(user: User) -> list[str]:
    """Return what the audit log says that a user did, the oldest first."""
    return list(AuditEntry.objects.filter(actor=user.username).order_by("pk").values_list("action", flat=True))


def test_name_and_password_let_in(valkey: ValkeyServer) -> None:
    user, browser = make_user(), make_browser()

    answer = sign_in(browser, user, next="/queues/")

    assert answer.headers["Location"] == "/queues/"
    assert is_signed_in(browser)
    assert actions_of(user) == ["signed in"]
    assert AuditEntry.objects.get(actor=user.username).detail == {"by": ["password"]}


@pytest.mark.parametrize("name", ["", "nobody", "x" * 151, "\x00", "USER"])
def test_a_wrong_name_is_answered_like_a_wrong_password(name: str) -> None:
    user, browser = make_user(), make_browser()

    wrong_password = sign_in(browser, user, "wrong").content.decode()
    wrong_name = sign_in(browser, name or "nobody at all", "wrong").content.decode()

    assert "User name and password do not match." in wrong_password
    assert ("User name and password do not match." in wrong_name) or name in {"x" * 151, "\x00"}
    assert not is_signed_in(browser)


def test_a_name_that_nobody_has_is_not_kept() -> None:
    sign_in(make_browser(), "my secret password", "x")

    assert list(AuditEntry.objects.values_list("action", "actor")) == [("sign-in failed", "unknown name")]
    assert "my secret password" not in str(AuditEntry.objects.values())


def test_nobody_is_sent_to_another_site() -> None:
    for address in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert sign_in(make_browser(), make_user(), next=address).headers["Location"] == "/"


def test_the_session_s_key_changes_at_the_sign_in() -> None:
    user, browser = make_user(), make_browser()
    session = browser.session
    session["before"] = 1
    session.save()
    before = browser.cookies[real_settings.SESSION_COOKIE_NAME].value

    sign_in(browser, user)

    assert browser.cookies[real_settings.SESSION_COOKIE_NAME].value != before
    assert not is_signed_in(Client(headers={"Cookie": f"{real_settings.SESSION_COOKIE_NAME}={before}"}))


def test_the_cookie_stays_only_if_asked_for() -> None:
    user = make_user()
    forgetting, remembering = make_browser(), make_browser()
    sign_in(forgetting, user)
    sign_in(remembering, user, remember="on")

    cookies = [browser.cookies[real_settings.SESSION_COOKIE_NAME] for browser in (forgetting, remembering)]

    assert [cookie["max-age"] for cookie in cookies] == ["", 12 * 3600]
    assert {(cookie["httponly"], cookie["samesite"]) for cookie in cookies} == {(True, "Lax")}


def test_nobody_signs_up_or_asks_for_mail() -> None:
    for path in (
        "/signup/",
        "/account/signup/",
        "/password/reset/",
        "/account/email/",
        "/3rdparty/",
        "/confirm-email/",
    ):
        assert make_browser().get(path).status_code == 404


def test_failures_hold_up_the_name_for_a_while_and_nobody_else(valkey: ValkeyServer) -> None:
    user, other = make_user(), make_user()
    office = make_browser()

    said = [sign_in(office, user, "wrong").content.decode() for _ in range(5)]
    held_up = sign_in(office, user)

    assert all("do not match" in page for page in said)
    assert "Wait five minutes" in held_up.content.decode()
    assert not is_signed_in(office)
    assert sign_in(office, other).status_code == 302  # the same address, another name


def test_an_address_is_held_up_only_after_many_failures(valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    began = time.time()  # the limiter's clock stands: sixty tries take a slow machine longer than its minute
    standing = SimpleNamespace(time=lambda: began, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("allauth.core.internal.ratelimit.time", standing)
    office = make_browser()
    for number in range(60):
        assert "do not match" in sign_in(office, f"invented-{number}", "wrong").content.decode()

    assert "Too many failed tries" in sign_in(office, make_user()).content.decode()
    assert sign_in(make_browser(), make_user()).status_code == 302


def test_one_network_of_ipv6_is_held_up_like_one_address(settings: Settings, valkey: ValkeyServer) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/ip"}
    for number in range(3):
        guest = make_browser(REMOTE_ADDR=f"2001:db8:0:1:{number}::1")
        assert "do not match" in sign_in(guest, f"invented-{number}", "wrong").content.decode()

    neighbour, stranger = (make_browser(REMOTE_ADDR=f"2001:db8:0:{network}:ffff::1") for network in (1, 2))
    assert "Too many failed tries" in sign_in(neighbour, make_user()).content.decode()
    assert sign_in(stranger, make_user()).status_code == 302


def test_the_limits_of_an_address_are_for_a_minute_at_most() -> None:
    per_address = [
        rate for text in real_settings.ACCOUNT_RATE_LIMITS.values() for rate in text.split(",") if "/ip" in rate
    ]

    assert per_address == ["300/m/ip", "60/m/ip"]


def test_without_redis_people_sign_in_and_limits_hold(valkey: ValkeyServer) -> None:
    user, other = make_user(), make_user()
    valkey.stop()
    try:
        browser = make_browser()
        assert sign_in(browser, user).status_code == 302
        for _ in range(5):
            sign_in(make_browser(), other, "wrong")
        assert "Wait five minutes" in sign_in(make_browser(), other).content.decode()
    finally:
        valkey.start()


def test_signing_out_needs_the_button() -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)

    assert "Sign out?" in browser.get("/logout/").content.decode()
    assert is_signed_in(browser)
    assert browser.post("/logout/").headers["Location"] == "/login/"
    assert not is_signed_in(browser)
    assert actions_of(user)[-1] == "signed out"


def test_the_other_sessions_can_be_signed_out() -> None:
    user = make_user()
    here, there = make_browser(), make_browser()
    sign_in(here, user)
    sign_in(there, user)
    assert here.get("/account/sessions/").content.decode().count("saved__row") == 2

    here.post("/account/sessions/")

    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert actions_of(user)[-1] == "other sessions signed out"
    assert UserSession.objects.filter(user=user).count() == 1


def test_a_new_password_signs_out_everywhere_else() -> None:
    user = make_user()
    here, there = make_browser(), make_browser()
    sign_in(here, user)
    sign_in(there, user)
    fields = {"oldpassword": PASSWORD, "password1": "quite another password", "password2": "quite another password"}

    refused = here.post("/account/password/", fields | {"oldpassword": "wrong"})
    answer = here.post("/account/password/", fields)

    assert "That is not the password you have now." in refused.content.decode()
    assert answer.status_code == 302
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert actions_of(user)[-1] == "password changed"
    assert sign_in(make_browser(), user, "quite another password").status_code == 302


@pytest.mark.parametrize("password", ["short", "123456789012345", "passwordpassword"])
def test_weak_passwords_are_refused(password: str) -> None:
    browser = make_browser()
    sign_in(browser, make_user())

    fields = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert (browser.post("/account/password/", fields).status_code == 302) is (password == "passwordpassword")


def test_a_second_factor_is_asked_for(valkey: ValkeyServer) -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    secret = add_app(browser)
    other = make_browser()

    halfway = sign_in(other, user)
    was_in = is_signed_in(other)
    wrong = other.post("/login/code/", {"code": "000000"})
    right = other.post("/login/code/", {"code": code_of(secret)})

    assert (halfway.headers["Location"], was_in) == ("/login/code/", False)
    assert "That code is wrong" in wrong.content.decode()
    assert right.status_code == 302
    assert is_signed_in(other)
    assert actions_of(user)[-4:] == ["second factor added", "second factor added", "wrong second factor", "signed in"]
    assert AuditEntry.objects.first().detail == {"by": ["password", "authenticator app"]}  # type: ignore[union-attr]


def test_a_code_works_once() -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    secret = add_app(browser)
    code = code_of(secret)

    answers = []
    for other in (make_browser(), make_browser()):
        sign_in(other, user)
        answers.append(other.post("/login/code/", {"code": code}).status_code)

    assert answers == [302, 200]


def test_guessing_codes_is_held_up(valkey: ValkeyServer) -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    secret = add_app(browser)
    other = make_browser()
    sign_in(other, user)

    for _ in range(5):
        other.post("/login/code/", {"code": "000000"})
    held_up = other.post("/login/code/", {"code": code_of(secret)})

    assert "Wait five minutes" in held_up.content.decode()
    assert not is_signed_in(other)


def test_a_recovery_code_works_once_in_its_place() -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    add_app(browser)
    codes = browser.get("/account/factors/codes/download/").content.decode().split()
    assert len(codes) == 10

    answers = []
    for other in (make_browser(), make_browser()):
        sign_in(other, user)
        answers.append(other.post("/login/code/", {"code": codes[0]}).status_code)

    assert answers == [302, 200]


def test_second_factors_are_sealed_in_the_database(settings: Settings) -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    secret = add_app(browser)

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    settings.SECRET_KEY = "another-" * 9
    other = make_browser()
    sign_in(other, user)
    assert other.post("/login/code/", {"code": code_of(secret)}).status_code == 200
    assert not is_signed_in(other)


def test_factors_change_only_after_the_password_once_more() -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)

    for path in ("app/add/", "keys/add/", "codes/renew/"):
        assert browser.get(f"/account/factors/{path}").headers["Location"].startswith("/account/confirm/")
    confirm(browser)
    assert browser.get("/account/factors/app/add/").status_code == 200


def test_the_confirmation_grows_old(settings: Settings) -> None:
    browser = make_browser()
    sign_in(browser, make_user())
    confirm(browser)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -timedelta(seconds=1).total_seconds()

    assert browser.get("/account/factors/app/add/").status_code == 302


def test_removing_the_app_takes_the_codes_too() -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    add_app(browser)

    assert browser.post("/account/factors/app/remove/").status_code == 302

    assert not Authenticator.objects.filter(user=user).exists()
    assert actions_of(user)[-2:] == ["second factor added", "second factor removed"]
    assert sign_in(make_browser(), user).headers["Location"] == "/"


def test_a_required_second_factor_is_set_up_before_anything_else(settings: Settings) -> None:
    settings.MFA_REQUIRED = frozenset({"lead"})
    user, other = make_user(), make_user()
    give_role(user, LEAD)
    give_role(other, VIEWER)
    browser = make_browser()
    sign_in(browser, user)

    assert browser.get("/queues/").headers["Location"] == "/account/factors/"
    assert browser.post("/saved-views/save/").headers["Location"] == "/account/factors/"
    assert not is_signed_in(browser)
    assert lacking_factor([user, other]) == {user.pk}
    add_app(browser)
    assert is_signed_in(browser)
    assert "Your role needs" not in browser.get("/account/factors/").content.decode()
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    assert not is_signed_in(browser)  # its recovery codes alone do not do


def test_required_of_administrators_is_of_superusers(settings: Settings) -> None:
    settings.MFA_REQUIRED = frozenset({"admin", "manager"})
    admin, manager, neither = make_user(is_superuser=True), make_user(), make_user(is_staff=True)
    give_role(manager, MANAGER)

    assert lacking_factor([admin, manager, neither]) == {admin.pk, manager.pk}


def test_pages_of_half_a_sign_in_need_one() -> None:
    assert make_browser().get("/login/code/").headers["Location"] == "/login/"
