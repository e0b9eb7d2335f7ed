"""The settings under which tests run: the product's own, with a private folder, key, database and Valkey address.

The values are put into the environment, so that processes which a test starts with `dashboard.settings` share them.
"""

import os
import secrets
import tempfile
from pathlib import Path

from dashboard.demo.environment import FOREIGN

# Short, because the path of a unix socket may have 107 bytes only. `conftest.py` makes the folder and removes it.
TEST_FOLDER = Path(os.environ.setdefault("TEST_FOLDER", f"{tempfile.gettempdir()}/sd-{secrets.token_hex(4)}"))
FOLDER = TEST_FOLDER / os.environ.get("PYTEST_XDIST_WORKER", "main")

# A shell may name an installation's settings, and proxies, through which nobody reaches this machine's own servers.
proxies = {name for name in os.environ if name.upper().endswith("_PROXY")}
for name in ({"PORT", *FOREIGN} | proxies) - {"DJANGO_SETTINGS_MODULE"}:
    os.environ.pop(name, None)
os.environ |= {
    "NO_PROXY": "127.0.0.1,localhost",
    "SECRET_KEY": "only-for-tests-" + "k" * 50,
    "VAR_DIR": str(FOLDER),
    "DATABASE_URL": f"sqlite:///{FOLDER}/dashboard.sqlite3",
    "REDIS_URL": f"unix://{FOLDER}/valkey.sock",
    "SOURCES_FILE": str(FOLDER / "sources.toml"),
    "LOG_LEVEL": "INFO",
    "LOG_FORMAT": "console",
    "TIME_ZONE": "UTC",
}

from dashboard.settings import *  # noqa: E402, F403
from dashboard.settings import DATABASES, INSTALLED_APPS, STORAGES  # noqa: E402

# A file, not memory: threads and other processes see the same database, with the locks that an installation has.
DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "test.sqlite3")}
INSTALLED_APPS.append("tests")  # its `flush` in place of Django's
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # else each test client would read all static files anew
