"""Read the settings that an installation gives by environment variable, and refuse what makes no sense.

Every secret may come as `X_FILE`, the path of a file that holds it. `docs/operating.md` lists all variables.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from dashboard.accounts.oidc import OidcRefused, OidcSettings, understand_oidc
from dashboard.zones import known_zones

SECRETS = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ADMIN_PASSWORD", "OIDC_CLIENT_SECRET", "METRICS_TOKEN")
"""The variables that `read_secret` reads: each may name a file instead, by the same name with `_FILE`."""

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})
BUILD_NAME = r"[0-9A-Za-z.+_-]{0,40}"
DATABASE_SCHEMES = frozenset({"sqlite", "postgres", "postgresql"})
REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})


def read_text(name: str, default: str = "") -> str:
    """Return a variable's text; an empty one counts as not given."""
    return os.environ.get(name, "").strip() or default


def read_secret(name: str, default: str = "") -> str:
    """Return a secret from the variable or from the file that `<name>_FILE` names, without its last newline."""
    path = read_text(f"{name}_FILE")
    if not path:
        return read_text(name, default)
    if read_text(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error}.") from error
    if not secret:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return secret


def read_flag(name: str, *, default: bool) -> bool:
    """Return a yes or no."""
    text = read_text(name).lower()
    if not text:
        return default
    if text in YES | NO:
        return text in YES
    raise ImproperlyConfigured(f'{name} is "{text}". Give one of: {", ".join(sorted(YES | NO))}.')


def read_build(name: str) -> str:
    """Return what a build is called; displays send it back."""
    text = read_text(name)
    if not re.fullmatch(BUILD_NAME, text):
        raise ImproperlyConfigured(f'{name} is "{text}". Give up to 40 letters, digits and . + _ -')
    return text


def read_choice(name: str, choices: Collection[str], default: str) -> str:
    """Return one of a few words; upper and lower case do not matter."""
    text = read_text(name, default)
    for choice in choices:
        if text.lower() == choice.lower():
            return choice
    raise ImproperlyConfigured(f'{name} is "{text}". Give one of: {", ".join(choices)}.')


def read_choices(name: str, choices: Collection[str]) -> frozenset[str]:
    """Return some of a few words, given with commas between them; upper and lower case do not matter."""
    words = frozenset(word for piece in read_text(name).split(",") if (word := piece.strip().lower()))
    if words <= set(choices):
        return words
    raise ImproperlyConfigured(f'{name} is "{read_text(name)}". Give some of, with commas: {", ".join(choices)}.')


def read_port(name: str, default: int) -> int:
    """Return a TCP port."""
    text = read_text(name, str(default))
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ImproperlyConfigured(f'{name} is "{text}". Give a port from 1 to 65535.')


def read_count(name: str, default: int) -> int:
    """Return how many of something there shall be."""
    text = read_text(name, str(default))
    if text.isascii() and text.isdigit() and 0 < int(text) < 1000:
        return int(text)
    raise ImproperlyConfigured(f'{name} is "{text}". Give a number from 1 to 999.')


def read_number(name: str, default: int, least: int = 0) -> int:
    """Return a limit, or how many of something there are."""
    text = read_text(name, str(default))
    if text.isascii() and text.isdigit() and len(text) < 7 and int(text) >= least:
        return int(text)
    raise ImproperlyConfigured(f'{name} is "{text}". Give a number from {least} to 999999.')


def read_zone(name: str, default: str) -> str:
    """Return a time zone's name."""
    text = read_text(name, default)
    if text in known_zones():
        return text
    raise ImproperlyConfigured(f'{name} is "{text}". Give a time zone as the IANA names it: Europe/Berlin, or UTC.')


def read_origin(name: str) -> str | None:
    """Return scheme, host and port of a web address (`https://support.example.com`), or None when it is not given."""
    text = read_text(name)
    if not text:
        return None
    try:
        address = urlsplit(text)
        fits = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:
        fits = False
    else:
        fits = fits and not (address.username or address.query or address.fragment) and address.path in {"", "/"}
    if not fits:
        raise ImproperlyConfigured(
            f'{name} is "{text}". Give the address that browsers use, without a path: https://support.example.com'
        )
    return f"{address.scheme}://{address.netloc.lower()}"


def read_redis_url(name: str, default: str) -> str:
    """Return the address of a Redis or Valkey server."""
    url = read_secret(name, default)
    if url.partition("://")[0] not in REDIS_SCHEMES:
        raise ImproperlyConfigured(f"{name} must start with redis://, rediss:// or unix://.")
    return url


def read_database(name: str, default: str) -> dict[str, Any]:
    """Return Django's settings of the database that a URL names."""
    url = read_secret(name, default)
    if url.partition("://")[0] not in DATABASE_SCHEMES:
        raise ImproperlyConfigured(f"{name} must start with sqlite:// or postgres://.")
    try:
        database = database_settings(url)
    except (ValueError, environ.ImproperlyConfigured):
        raise ImproperlyConfigured(f"{name} is not a database address.") from None  # it may hold a password
    if not database["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database: postgres://user:password@host:5432/database")
    make_folder(name, database)
    return database


def make_folder(name: str, database: dict[str, Any]) -> None:
    """Make the folder of an SQLite file, which SQLite itself does not; only one level, so that a typo makes no tree."""
    if database["ENGINE"] != "django.db.backends.sqlite3" or database["NAME"] == ":memory:":
        return
    folder = Path(database["NAME"]).parent
    if not folder.parent.exists():
        return
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} is in {folder}, which cannot be made: {error.strerror}.") from error


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's settings of a database, tuned for one writer and many readers."""
    database: dict[str, Any] = environ.Env.db_url_config(url)
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options |= {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            "transaction_mode": "IMMEDIATE",  # a transaction that starts by reading could not be upgraded to write
            "timeout": 20,
        }
        return database
    # Each request has its own thread under ASGI, so a connection kept by a thread is lost with it: use a pool.
    options["pool"] = {"min_size": 1, "max_size": 20, "timeout": 3, "reconnect_timeout": 3}
    return database | {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}


def read_oidc() -> OidcSettings | None:
    """Return the settings of single sign-on, None where there is none."""
    given = {
        "URL": read_text("OIDC_URL"),
        "CLIENT_ID": read_text("OIDC_CLIENT_ID"),
        "CLIENT_SECRET": read_secret("OIDC_CLIENT_SECRET"),
        "NAME": read_text("OIDC_NAME", "single sign-on"),
        "SCOPES": read_text("OIDC_SCOPES", "openid profile email"),
        "ROLE_CLAIM": read_text("OIDC_ROLE_CLAIM", "groups"),
        "MANAGERS": read_text("OIDC_MANAGERS"),
        "LEADS": read_text("OIDC_LEADS"),
        "VIEWERS": read_text("OIDC_VIEWERS"),
    }
    try:
        return understand_oidc(given)
    except OidcRefused as error:
        raise ImproperlyConfigured(str(error)) from error


def read_secret_key(name: str) -> str:
    """Return the key that signs sessions and seals stored tokens."""
    key = read_secret(name)
    if not key:
        raise ImproperlyConfigured(
            f"{name} is missing. Make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` "
            f"and give it as {name}, or as a file named by {name}_FILE. (`make demo` makes its own.)"
        )
    return key
