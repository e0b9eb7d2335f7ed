"""Settings from the environment: what is read, what is refused and how it is said."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard import environment
from tests.services.process import ROOT

PRINT_SETTINGS = """
import json, sys
from dashboard import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def settings_under(names: tuple[str, ...], **variables: str) -> Any:
    """Return settings as a new process with this environment reads them."""
    done = subprocess.run(
        [sys.executable, "-c", PRINT_SETTINGS, *names],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "k" * 50, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return orjson.loads(done.stdout)


def test_the_default_listens_and_answers_on_loopback_only() -> None:
    names = ("HOST", "PORT", "ALLOWED_HOSTS", "SOCKET_ORIGINS", "DEBUG", "SESSION_COOKIE_SECURE")

    assert settings_under(names) == {
        "HOST": "127.0.0.1",
        "PORT": 8000,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1"],
        "SOCKET_ORIGINS": ["http://localhost:8000", "http://127.0.0.1:8000"],
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": False,
    }


def test_the_public_address_decides_hosts_origins_and_cookies() -> None:
    names = (
        *("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SOCKET_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"),
        *("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "TRUSTED_PROXIES"),
    )

    assert settings_under(names, DASHBOARD_URL="https://Support.example.com:8443/") == {
        "ALLOWED_HOSTS": ["support.example.com"],
        "CSRF_TRUSTED_ORIGINS": ["https://support.example.com:8443"],
        "SOCKET_ORIGINS": ["https://support.example.com:8443"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-dashboard_session",
        "CSRF_COOKIE_NAME": "__Host-dashboard_csrf",
        "TRUSTED_PROXIES": 1,
    }


def test_single_sign_on_is_read_with_its_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret\n", encoding="utf-8")
    given = {
        "OIDC_URL": "https://login.example.com",
        "OIDC_CLIENT_ID": "x",
        "OIDC_CLIENT_SECRET_FILE": f"{tmp_path}/secret",
    }

    found = settings_under(("SOCIALACCOUNT_PROVIDERS",), **given, OIDC_VIEWERS="*", OIDC_SCOPES="openid groups")

    provider = found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]
    assert (provider["SCOPE"], provider["OAUTH_PKCE_ENABLED"]) == (["openid", "groups"], True)
    assert provider["APPS"][0]["secret"] == "the secret"
    assert settings_under(("OIDC", "SOCIALACCOUNT_PROVIDERS")) == {"OIDC": None, "SOCIALACCOUNT_PROVIDERS": {}}


def test_databases_and_redis_live_in_the_var_folder_unless_given(tmp_path: Path) -> None:
    found = settings_under(("DATABASES", "REDIS_URL"), VAR_DIR=str(tmp_path))

    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "dashboard.sqlite3")
    assert found["REDIS_URL"] == f"unix://{tmp_path}/valkey.sock"


@pytest.mark.parametrize(("given", "zone"), [({}, "UTC"), ({"TIME_ZONE": "Europe/Berlin"}, "Europe/Berlin")])
def test_the_site_s_time_zone_is_utc_unless_given(given: dict[str, str], zone: str) -> None:
    assert settings_under(("TIME_ZONE",), **given) == {"TIME_ZONE": zone}


@pytest.mark.parametrize(
    ("function", "value", "sentence"),
    [
        (environment.read_port, "0", 'X is "0". Give a port from 1 to 65535.'),
        (environment.read_port, "80a", 'X is "80a". Give a port from 1 to 65535.'),
        (environment.read_port, "٣", 'X is "٣". Give a port from 1 to 65535.'),
        (environment.read_number, "-1", 'X is "-1". Give a number from 1 to 999999.'),
        (environment.read_number, "0", 'X is "0". Give a number from 1 to 999999.'),
        (environment.read_number, "1000000", "Give a number from 1 to 999999."),
        (environment.read_flag, "maybe", 'X is "maybe". Give one of: 0, 1, false, no, off, on, true, yes.'),
        (environment.read_choice, "LOUD", 'X is "LOUD". Give one of: INFO, DEBUG.'),
        (environment.read_choices, "one,Two,three", 'X is "one,Two,three". Give some of, with commas: one, two.'),
        (environment.read_zone, "Europe/Berln", 'X is "Europe/Berln". Give a time zone as the IANA names it: Europe/'),
        (environment.read_zone, "localtime", 'X is "localtime". Give a time zone as the IANA names it'),
        (environment.read_zone, "../../etc/passwd", "Give a time zone as the IANA names it"),
        (environment.read_origin, "support.example.com", 'X is "support.example.com". Give the address'),
        (environment.read_origin, "https://a.example/path", 'X is "https://a.example/path". Give the address'),
        (environment.read_origin, "https://user:pw@a.example", "Give the address"),
        (environment.read_origin, "https://a.example:99999", "Give the address"),
        (environment.read_redis_url, "http://localhost", "X must start with redis://, rediss:// or unix://."),
        (environment.read_database, "mysql://localhost/db", "X must start with sqlite:// or postgres://."),
        (environment.read_database, "postgres:desk", "X must start with sqlite:// or postgres://."),
        (environment.read_database, "postgres://localhost", "X names no database: postgres://user"),
        (environment.read_secret_key, " ", "X is missing. Make one with"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, function: Any, value: str, sentence: str
) -> None:
    monkeypatch.setenv("X", value)
    defaults: dict[Any, dict[str, Any]] = {
        environment.read_port: {"default": 8000},
        environment.read_flag: {"default": False},
        environment.read_number: {"default": 5, "least": 1},
        environment.read_choice: {"choices": ("INFO", "DEBUG"), "default": "INFO"},
        environment.read_choices: {"choices": ("one", "two")},
        environment.read_zone: {"default": "UTC"},
        environment.read_redis_url: {"default": ""},
        environment.read_database: {"default": ""},
    }

    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        function("X", **defaults.get(function, {}))


def test_a_secret_may_come_from_a_file_without_its_newline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n", encoding="utf-8")
    monkeypatch.delenv("X", raising=False)
    monkeypatch.setenv("X_FILE", str(tmp_path / "secret"))

    assert environment.read_secret("X") == "s3cret"


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_secret_file_that_is_missing_or_empty_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("X_FILE", str(path))

    with pytest.raises(ImproperlyConfigured, match="X_FILE names"):
        environment.read_secret("X")


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X", "one")
    monkeypatch.setenv("X_FILE", str(tmp_path / "other"))

    with pytest.raises(ImproperlyConfigured, match="X and X_FILE are both set"):
        environment.read_secret("X")


def test_a_refused_database_address_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "postgres://user:hunter2@host:port/db")

    with pytest.raises(ImproperlyConfigured) as refused:
        environment.read_database("X", "")
    assert "hunter2" not in str(refused.value)


def test_postgresql_is_pooled_and_its_connections_are_checked() -> None:
    database = environment.database_settings("postgres://user:pw@db.example:5433/desk?sslmode=require")

    assert (database["ENGINE"], database["HOST"], database["PORT"], database["NAME"]) == (
        "django.db.backends.postgresql",
        "db.example",
        5433,
        "desk",
    )
    assert database["OPTIONS"]["sslmode"] == "require"
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (0, True)


SECRET_READERS = ("read_secret", "read_secret_key", "read_redis_url", "read_database")  # the others hand a name on


def test_the_secrets_are_those_that_are_read_as_such_and_that_the_manual_marks() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "dashboard").rglob("*.py")))
    manual = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")

    read = re.findall(rf'\b(?:{"|".join(SECRET_READERS)})\(\s*"([A-Z_]+)"', code)
    assert set(read) == set(re.findall(r"`([A-Z_]+)` \*", manual)) == set(environment.SECRETS)
    assert len(re.findall(r"= read_secret\(name", code)) == len(SECRET_READERS) - 1
