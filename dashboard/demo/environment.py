"""The settings of a demo: everything of its own, in `var/demo`, whatever the shell's environment holds."""

import atexit
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from dashboard.environment import SECRETS
from dashboard.valkey import LONGEST_SOCKET_PATH

BASE_DIR = Path(__file__).resolve().parent.parent.parent
APPLIANCE = "helpdesk"  # what the demo calls its source of that kind
CLIENT_ID = "demo"
POLL_SECONDS = 5
ORGANIZER_KEYS = ["4000000000000000001", "4000000000000000002", "4000000000000000003"]  # the simulated ones
SECRET_NAME = "DEMO_CLIENT_SECRET"  # noqa: S105  # the variable's name
FOREIGN = (
    *SECRETS,
    *(f"{name}_FILE" for name in SECRETS),
    *("DASHBOARD_URL", "HOST", "DEBUG", "SOURCES_FILE", "DJANGO_SETTINGS_MODULE", "TRUSTED_PROXIES", "BUILD"),
    *("ADMIN_USERNAME", "SESSION_IDLE_MINUTES", "SESSION_HOURS", "MFA_REQUIRED"),
    *("OIDC_URL", "OIDC_CLIENT_ID", "OIDC_NAME", "OIDC_SCOPES", "OIDC_ROLE_CLAIM"),
    *("OIDC_MANAGERS", "OIDC_LEADS", "OIDC_VIEWERS"),
    *("SOCKETS_PER_USER", "SOCKETS_PER_ADDRESS", "WORKER_PROCESSES", "AUDIT_DAYS", "HISTORY_DAYS"),
    *("TIME_ZONE", "LOG_LEVEL", "LOG_FORMAT"),
)
"""What an installation's settings may say in the shell that starts a demo."""


def enter_demo(environment: MutableMapping[str, str]) -> Path:
    """Turn an environment into the demo's and return its folder.

    `DEMO_DATABASE_URL` and `DEMO_REDIS_URL` (`make demo DATABASE_URL=…`) put the demo on a database or Redis of yours;
    the plain names are not read, so that a demo never writes into what a shell happens to point to.
    """
    folder = Path(environment.get("VAR_DIR") or BASE_DIR / "var").absolute() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in FOREIGN:
        environment.pop(name, None)
    environment.update(
        DJANGO_SETTINGS_MODULE="dashboard.settings",
        VAR_DIR=str(folder),
        SECRET_KEY_FILE=str(keep_secret_key(folder)),
        SOURCES_FILE=str(folder / "sources.toml"),
        DEMO_CLIENT_SECRET=secrets.token_urlsafe(32),
    )
    if database := environment.get("DEMO_DATABASE_URL"):
        environment["DATABASE_URL"] = database
    environment["REDIS_URL"] = environment.get("DEMO_REDIS_URL") or f"unix://{choose_socket(folder)}"
    return folder


def keep_secret_key(folder: Path) -> Path:
    """Return the file with the demo's key, made on the first start: sessions outlive a restart."""
    path = folder / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    return path


def choose_socket(folder: Path) -> Path:
    """Return where the demo's Valkey listens: in its folder, or in a short temporary one when that path is too long."""
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    short = tempfile.mkdtemp(prefix="sd-")
    atexit.register(shutil.rmtree, short, ignore_errors=True)
    return Path(short) / "valkey.sock"


VENDOR_TABLES = {
    "seeit": f'[camera]\nvendor = "seeit"\naccess_token_env = "{SECRET_NAME}"\n',
    "gototraining": (
        f'[trainings]\nvendor = "gototraining"\naccess_token_env = "{SECRET_NAME}"\n'
        f"organizer_keys = {json.dumps(ORGANIZER_KEYS)}\n"
    ),
    "takecontrol": f'[remote]\nvendor = "takecontrol"\nprivate_key_env = "{SECRET_NAME}"\n',
    "evovoice": f'[phones]\nvendor = "evovoice"\nusername = "simulator"\npassword_env = "{SECRET_NAME}"\n',
}


def source_tables(urls: Mapping[str, str]) -> str:
    """Return the `sources.toml` of a demo: one simulated account of each vendor, by the addresses in `urls`."""
    tables = [
        "# Written by `make demo` on each start.\n"
        f"[{APPLIANCE}]\n"
        'vendor = "beyondtrust"\n'
        f'url = "{urls["simulator"]}"\n'
        f'client_id = "{CLIENT_ID}"\n'
        f'client_secret_env = "{SECRET_NAME}"\n'
    ]
    for vendor, table in VENDOR_TABLES.items():
        if vendor in urls:
            tables.append(f'{table}url = "{urls[vendor]}"\ninterval = {POLL_SECONDS}\n')
    return "\n".join(tables)
