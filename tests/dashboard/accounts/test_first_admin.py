"""The first administrator: from the environment, by a link, and back in after a loss."""

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.models import AuditEntry, OneTimeLink
from tests.dashboard.accounts.signing_in import PASSWORD, add_app, is_signed_in, make_browser, make_user, sign_in

pytestmark = pytest.mark.django_db

CHOSEN = {"new_password1": "chosen by the admin", "new_password2": "chosen by the admin"}


def ensure(*arguments: str) -> str:
    """Run the command; return what it says."""
    out = StringIO()
    call_command("ensure_admin", *arguments, stdout=out)
    return out.getvalue()


def link_in(text: str) -> str:
    """Return the path of the link that the command printed."""
    found = re.search(r"http://localhost:8000(/login/once/[\w-]{43}/)", text)
    assert found, text
    return found[1]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing about an administrator in the environment."""
    for name in ("ADMIN_USERNAME", "ADMIN_PASSWORD", "ADMIN_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_makes_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_USERNAME", "root")
    monkeypatch.setenv("ADMIN_PASSWORD", "from the environment")

    first = ensure()
    monkeypatch.setenv("ADMIN_PASSWORD", "another one entirely")
    second = ensure()

    user = User.objects.get()
    assert (user.username, user.is_superuser, user.check_password("from the environment")) == ("root", True, True)
    assert "root was made" in first
    assert "Nothing was changed" in second
    assert "from the environment" not in first + str(AuditEntry.objects.values())


def test_the_password_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file, with a newline\n", encoding="utf-8")
    monkeypatch.setenv("ADMIN_PASSWORD_FILE", str(tmp_path / "password"))

    ensure()

    assert User.objects.get(username="admin").check_password("from a file, with a newline")


def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "admin")

    with pytest.raises(CommandError, match="ADMIN_PASSWORD is not good enough"):
        ensure()
    assert not User.objects.exists()


def test_somebody_else_s_account_is_not_made_an_administrator() -> None:
    User.objects.create_user("admin", password=PASSWORD)

    with pytest.raises(CommandError, match="no administrator"):
        ensure()
    assert not User.objects.filter(is_superuser=True).exists()


def test_a_link_lets_in_once() -> None:
    path = link_in(ensure())
    browser, late = make_browser(), make_browser()

    looked = browser.get(path)  # as a program that previews links does
    weak = browser.post(path, {"new_password1": "short", "new_password2": "short"})
    used = browser.post(path, CHOSEN)
    again = late.post(path, CHOSEN | {"new_password1": "by somebody else!", "new_password2": "by somebody else!"})

    assert (looked.status_code, weak.status_code, used.status_code, again.status_code) == (200, 200, 302, 410)
    assert (is_signed_in(browser), is_signed_in(late)) == (True, False)
    assert User.objects.get().check_password("chosen by the admin")
    assert {"one-time link made", "one-time link used"} <= set(AuditEntry.objects.values_list("action", flat=True))
    assert "Nothing was changed" in ensure()


def test_the_database_does_not_hold_the_link() -> None:
    secret = link_in(ensure()).split("/")[-2]

    assert secret not in str(list(OneTimeLink.objects.values())) + str(list(AuditEntry.objects.values()))


def test_a_link_ends_by_time_by_a_newer_one_and_with_its_user() -> None:
    first, second = link_in(ensure()), link_in(ensure())
    assert [make_browser().get(path).status_code for path in (first, second)] == [410, 200]
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert make_browser().post(second, CHOSEN).status_code == 410
    third = link_in(ensure())
    User.objects.update(is_active=False)
    assert make_browser().post(third, CHOSEN).status_code == 410
    assert make_browser().get("/login/once/invented/").status_code == 410


def test_a_link_needs_the_form_s_token() -> None:
    path = link_in(ensure())

    assert make_browser(enforce_csrf_checks=True).post(path, CHOSEN).status_code == 403
    assert not User.objects.get().has_usable_password()


def test_whoever_lost_the_second_factor_gets_in_again() -> None:
    user, browser = make_user(), make_browser()
    sign_in(browser, user)
    add_app(browser)

    path = link_in(ensure("--recover", user.username))
    other = make_browser()
    other.post(path, CHOSEN)

    assert is_signed_in(other)
    assert not is_signed_in(browser)  # the password is another one
    assert sign_in(make_browser(), user, "chosen by the admin").headers["Location"] == "/"


def test_only_accounts_that_are_there_are_recovered() -> None:
    with pytest.raises(CommandError, match="no active account nobody"):
        ensure("--recover", "nobody")
