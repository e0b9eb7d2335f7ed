"""Which build runs: a page that stays open for months compares it with the one it was loaded from."""

from functools import cache
from hashlib import sha256

from django.conf import settings

FOLDERS = ("dashboard", "realtime", "static", "templates")
KINDS = frozenset({".py", ".html", ".css", ".js", ".svg"})


@cache
def build() -> str:
    """Return the same short text in every process that runs the same files, and another for others.

    `BUILD` in the environment takes its place, for releases that have a name.
    """
    if settings.BUILD:
        return str(settings.BUILD)
    digest = sha256()
    for folder in FOLDERS:
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in KINDS and path.is_file():
                digest.update(path.relative_to(settings.BASE_DIR).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
