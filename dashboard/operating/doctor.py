"""Looks at an installation as a whole, area by area: what is well, what is not, and the mend."""

import os
import platform
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.utils import timezone
from redis.exceptions import RedisError

from dashboard.build import build
from dashboard.environment import SECRETS
from dashboard.operating.forgetting import left_sources
from dashboard.operating.processes import MISSED, missing_kinds, needed_kinds
from dashboard.operating.readiness import open_redis, unapplied_migrations
from dashboard.sources import SourcesRefused, configured_sources, known_sources
from realtime.heartbeat import Kind, running_kinds
from realtime.models import Link
from realtime.outbound.probe import Finding, Result

CLOCK_SECONDS = 2.0
FREE_BYTES = 1024**3
FREE_SHARE = 0.05

Report = Iterator[tuple[str, Finding]]


def well(name: str, detail: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(name, Result.OK, detail)


def ill(name: str, detail: str) -> Finding:
    """Return that something is not."""
    return Finding(name, Result.FAILED, detail)


def examine() -> Report:
    """Yield the findings with their area, one after the other. Raises nothing: what cannot be asked is a finding."""
    for finding in look_at_settings():
        yield "settings", finding
    for finding in look_at_secret_files():
        yield "secrets", finding
    for finding in look_at_database():
        yield "database", finding
    yield "redis", look_at_redis()
    yield "disk", look_at_disk(settings.VAR_DIR)
    yield "static files", look_at_static_files()
    yield "versions", look_at_versions()


def look_at_settings() -> Iterator[Finding]:
    """Run the checks of an installation, and read sources.toml."""
    messages = checks.run_checks(include_deployment_checks=True)
    told = [one for one in messages if not one.is_silenced() and one.level >= checks.WARNING]
    found = [one for one in told if one.id != "dashboard.W001"]  # sources.toml, which is read below
    yield from (ill(str(one.id), " ".join(str(part) for part in (one.msg, one.hint) if part)) for one in found)
    if not found:
        yield well("checks", "none complains")
    try:
        yield well("sources.toml", f"{len(configured_sources())} source(s)")
    except SourcesRefused as refused:
        yield from (ill("sources.toml", problem) for problem in refused.problems)


def look_at_secret_files() -> Iterator[Finding]:
    """Look who may read the files that hold secrets."""
    named = {f"{name}_FILE": path for name in SECRETS if (path := os.environ.get(f"{name}_FILE", "").strip())}
    for name, path in {**named, "sources.toml": str(settings.SOURCES_FILE)}.items():
        try:
            mode = stat.S_IMODE(Path(path).stat().st_mode)
        except OSError as error:
            yield ill(name, f"{path} cannot be looked at: {error.strerror}")
            continue
        if mode & stat.S_IRWXO:
            yield ill(name, f"{path} has mode {mode:04o}, so every user of this machine may read it: chmod o= {path}")
        else:
            yield well(name, f"{path} has mode {mode:04o}")


def look_at_database() -> Iterator[Finding]:
    """Ask the database for its version, its migrations, its clock and the processes' heartbeats."""
    try:
        missing = unapplied_migrations()
        yield well("connection", f"{connection.vendor} {'.'.join(map(str, connection.get_database_version()))} answers")
        if missing:
            yield ill("migrations", f"{len(missing)} missing, first {missing[0]}; run manage.py migrate")
            return
        yield well("migrations", "all applied")
        yield look_at_clock()
        yield from look_at_sources()
        yield from look_at_processes()
    except DatabaseError as error:
        yield ill("connection", f"does not answer ({type(error).__name__}); see DATABASE_URL")
    finally:
        connection.close()


def look_at_clock() -> Finding:
    """Compare our clock with the database's."""
    theirs = MigrationRecorder.Migration.objects.annotate(at=Now()).values_list("at", flat=True)[0]
    seconds = (timezone.now() - theirs).total_seconds()
    words = f"is {seconds:+.1f} s off the database's"
    return well("clock", words) if abs(seconds) <= CLOCK_SECONDS else ill("clock", f"{words}; have both set by NTP")


def look_at_sources() -> Iterator[Finding]:
    """Say which sources have trouble, whose clocks differ, and of which only rows are left."""
    try:
        left = left_sources()
    except SourcesRefused:
        left = []  # `look_at_settings` says why
    for link in Link.objects.order_by("source"):
        offset = link.clock_offset_seconds or 0.0
        if link.source in left:
            yield ill(link.source, f"is no longer in sources.toml; manage.py forget {link.source} ends it for good")
        elif link.error:
            yield ill(link.source, link.error)
        elif abs(offset) > 60:
            yield ill(link.source, f"its clock is {offset:+.0f} s off ours; have both set by NTP")
        else:
            yield well(link.source, link.state)


def look_at_processes() -> Iterator[Finding]:
    """Say which processes run, and which should."""
    running, needed = running_kinds(), (Kind.WEB, *needed_kinds(known_sources()))
    yield from (well(f"{kind} process", "runs") for kind in needed if kind in running)
    for kind in missing_kinds(needed, running):
        yield ill(f"{kind} process", f"{MISSED[kind].words} {MISSED[kind].action}")


def look_at_redis() -> Finding:
    """Ask Redis for its version."""
    try:
        with open_redis() as redis:
            info = redis.info("server")
    except (OSError, RedisError) as error:
        return ill("connection", f"does not answer ({type(error).__name__}); see REDIS_URL")
    return well("connection", f"version {info.get('valkey_version') or info.get('redis_version')} answers")


def look_at_disk(folder: Path) -> Finding:
    """Look at the room that is left where SQLite and Valkey write."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        return ill("room", f"{folder} cannot be looked at: {error.strerror}; see VAR_DIR")
    words = f"{usage.free / 1024**3:.1f} GiB of {usage.total / 1024**3:.1f} GiB free in {folder}"
    is_enough = usage.free >= min(FREE_BYTES, usage.total * FREE_SHARE)
    return well("room", words) if is_enough else ill("room", f"{words}; make room")


def look_at_static_files() -> Finding:
    """Compare what is collected with what there is."""
    root = Path(settings.STATIC_ROOT)
    sources = [(storage.path(name), root / name) for name, storage in FileSystemFinder().list([])]
    differing = [own for own, copy in sources if not copy.is_file() or Path(own).read_bytes() != copy.read_bytes()]
    if differing:
        return ill("collected", f"{len(differing)} of {len(sources)} are missing or old: manage.py collectstatic")
    return well("collected", f"{len(sources)} files")


def look_at_versions() -> Finding:
    """Name what runs."""
    return well("running", f"build {build()}, Python {platform.python_version()}, Django {django.get_version()}")
