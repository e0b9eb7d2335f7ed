"""What one value of sources.toml must be. Each reader returns the value or raises Mistake, which names the mend."""

import difflib
import ipaddress
import os
import re
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from realtime.schema import TABLE_ALIASES, TABLES

MAX_SECRET_BYTES = 64 * 1024
MAX_BUNDLE_BYTES = 16 * 1024 * 1024
DISPENSABLE_TABLES = ("support_session_attribute", "presentation_session", "attendee")
"""Whoever leaves them out misses what they tell; without any other table boards would say what is not so."""
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
PRINTABLE = re.compile(r"[\x21-\x7e]+")


class Mistake(Exception):
    """A value is wrong; the text says how it should be and never quotes a secret."""


def read_words(value: Any) -> str:
    """Return a text that is neither empty nor something else."""
    if not isinstance(value, str):
        raise Mistake("it must be text in quotes")
    if not value.strip():
        raise Mistake("it is empty")
    return value


def read_address(value: Any) -> str:
    """Return scheme, host and port of an appliance's address."""
    address, path = split_address(value)
    if path:
        raise Mistake("leave out everything after the host and port")
    return address


def read_base(value: Any) -> str:
    """Return the base address of a vendor's API, which may have a path, without a slash at its end."""
    address, path = split_address(value)
    return address + path


def split_address(value: Any) -> tuple[str, str]:
    """Return scheme, host and port of an address, and its path without a slash at the end."""
    text = read_words(value)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Mistake('it is no address; write it like "https://support.example.com"') from None
    host = (parts.hostname or "").rstrip(".")
    if not re.fullmatch(r"[^\s/\\%?#@\x00-\x1f]+", host) or any(ord(sign) <= 32 for sign in text) or port == 0:
        raise Mistake('it is no address; write it like "https://support.example.com"')
    refuse_scheme(parts, host)
    refuse_extras(parts)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else ""), parts.path.rstrip("/")


def refuse_scheme(parts: SplitResult, host: str) -> None:
    """Insist on TLS, except to this very machine."""
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return
    if parts.scheme == "http":
        raise Mistake("http would send the secret in the clear; use https (http is for a simulator on this machine)")
    raise Mistake("it must begin with https://")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_extras(parts: SplitResult) -> None:
    """Refuse what an address may hold besides scheme, host and port."""
    if "@" in parts.netloc:
        raise Mistake("it must not hold a user name or password; these have their own keys")
    if parts.query or parts.fragment:
        raise Mistake("leave out the question mark or # and everything after it")


def read_client_id(value: Any) -> str:
    """Return an OAuth client id: visible ASCII without a colon, which would end it in the Basic header."""
    text = read_words(value).strip()
    if not PRINTABLE.fullmatch(text) or ":" in text:
        raise Mistake("it holds signs that a client ID never has; copy it again")
    return text


def read_secret(value: Any) -> str:
    """Return a secret as written."""
    return checked_secret(read_words(value))


def read_secret_variable(value: Any) -> str:
    """Return the secret from the environment variable of that name."""
    name = read_words(value)
    if not VARIABLE.fullmatch(name):
        # Not quoted: somebody may have written the secret itself here.
        raise Mistake("it must be the name of an environment variable, of A-Z, 0-9 and _")
    if not os.environ.get(name):
        raise Mistake(f"the environment variable {name} is not set or empty; set it where this program is started")
    return checked_secret(os.environ[name])


def read_secret_file(folder: Path, value: Any) -> str:
    """Return the secret from a file, relative to `folder`, without its trailing newline."""
    try:
        content = read_bytes(folder / read_words(value), MAX_SECRET_BYTES)
        return checked_secret(content.decode().rstrip("\r\n"))
    except UnicodeDecodeError:
        raise Mistake("the file is not text; it must hold the secret only") from None
    except OSError as error:
        # The name is not quoted: somebody may have written the secret itself here.
        raise Mistake(f"the file cannot be read ({error.strerror}); relative paths start at {folder}") from None


def checked_secret(secret: str) -> str:
    """Return the secret if it can be one."""
    if not secret:
        raise Mistake("the secret is empty")
    if not PRINTABLE.fullmatch(secret):
        raise Mistake("the secret holds a space, a line break or another sign that no secret has; copy it again")
    return secret


def read_certificates(folder: Path, value: Any) -> Path:
    """Return the path of a PEM file that holds at least one certificate."""
    path = (folder / read_words(value)).absolute()
    try:
        read_bytes(path, MAX_BUNDLE_BYTES)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise Mistake(f"{path} holds no certificate; it must be a PEM file (-----BEGIN CERTIFICATE-----)") from None
    except OSError as error:
        raise Mistake(f"{path} cannot be read ({error.strerror}); mend the path or its permissions") from None
    return path


def read_bytes(path: Path, limit: int) -> bytes:
    """Return a small file's content. Raises OSError."""
    if "\0" in str(path):
        raise Mistake("it is no file name")
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Mistake("the file is far too large for what it should hold")
    return content


def read_tables(value: Any) -> tuple[str, ...]:
    """Return the names of tables to subscribe to, each once."""
    if not isinstance(value, list) or not value:
        raise Mistake("it must be a list of table names; leave it out to get all tables")
    tables = tuple(dict.fromkeys(known_table(name) for name in value))
    missing = [name for name in TABLES if name not in tables and name not in DISPENSABLE_TABLES]
    if missing:
        raise Mistake(
            f"boards need {', '.join(missing)} too; add what is missing, or leave the key out to get all tables"
        )
    return tables


def known_table(value: Any) -> str:
    """Return a table's name as the appliance spells it."""
    name = TABLE_ALIASES.get(value, value) if isinstance(value, str) else str(value)
    if name in TABLES:
        return name
    nearest = difflib.get_close_matches(name, TABLES, n=1)
    mend = f'did you mean "{nearest[0]}"?' if nearest else f"known are {', '.join(TABLES)}"
    raise Mistake(f'there is no table "{name}"; {mend}')
