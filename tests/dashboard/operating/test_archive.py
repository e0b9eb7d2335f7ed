"""Backup and restore: a round trip within and between SQLite and PostgreSQL; nothing is replaced unasked."""

import json
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from dashboard.audit import Action, record
from dashboard.models import AuditEntry, PollRun, Team
from dashboard.operating.archive import archived_models
from dashboard.permission import give_role
from dashboard.roles import MANAGER
from realtime.heartbeat import Kind, write_heartbeat
from realtime.models import AccessToken, Heartbeat, Link, Queue
from realtime.outbound.seal import seal
from realtime.source import Appliance
from tests.services.database import default_database, empty, migrate
from tests.services.valkey import ValkeyServer

AT = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)
APPLIANCE = Appliance("helpdesk", "https://help.example.com", "a", "b")
SECRET = "an-access-token-nobody-may-read"


def fill() -> None:
    """Put in something of each kind: odd text, times to the microsecond, JSON, relations, secrets."""
    user = User.objects.create_user("ärger\u2028\n\t\"'", password="a password")
    give_role(user, MANAGER)
    team = Team.objects.create(name="Night")
    team.members.add(user)
    Queue.objects.create(key="helpdesk:1", source="helpdesk", created_at=AT, extra={"odd": [1, None, "é"]}, name="")
    Link.objects.create(source="helpdesk", seq=2**40, state_since=AT, clock_offset_seconds=-0.1, oddities={"x": 1})
    AccessToken.objects.create(source="helpdesk", token_sealed=seal(APPLIANCE, SECRET), expires_at=AT)
    PollRun.objects.bulk_create(PollRun(source="voice", started_at=AT, seconds=0.1) for _ in range(1201))
    record(Action.USER_ADDED, "x", user=user, detail={"a": 1})


def everything() -> dict[str, list[Any]]:
    """Return all that is kept, by model."""
    return {
        model._meta.label_lower: list(
            model._base_manager.order_by("pk").values_list(*(field.attname for field in model._meta.concrete_fields))
        )
        for model in archived_models()
    }


def test_a_round_trip_brings_every_row_back(each_database: str, valkey: ValkeyServer, tmp_path: Path) -> None:
    fill()
    before = everything()
    call_command("backup", str(tmp_path / "copy.zip"), verbosity=0)
    User.objects.all().delete()
    PollRun.objects.create(source="later", started_at=AT, seconds=1)
    record(Action.USER_DELETED, "later", actor="somebody")

    call_command("restore", str(tmp_path / "copy.zip"), "--force", verbosity=0)

    assert everything() == before
    assert PollRun.objects.create(source="next", started_at=AT, seconds=1).pk > before["dashboard.pollrun"][-1][0]
    assert User.objects.get().check_password("a password")
    assert stat.S_IMODE((tmp_path / "copy.zip").stat().st_mode) == 0o600


@pytest.mark.parametrize("towards", ["postgresql", "sqlite"])
def test_a_copy_of_one_database_fits_the_other(
    towards: str, migrated_postgres_url: str, transactional_db: None, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    sqlite_url = f"sqlite:///{tmp_path}/other.sqlite3"
    first, second = (
        (sqlite_url, migrated_postgres_url) if towards == "postgresql" else (migrated_postgres_url, sqlite_url)
    )
    with default_database(sqlite_url):
        migrate()
    with default_database(first):
        fill()
        before = everything()
        call_command("backup", str(tmp_path / "copy.zip"), verbosity=0)
        empty()
    with default_database(second):
        call_command("restore", str(tmp_path / "copy.zip"), verbosity=0)
        after = everything()
        Team.objects.create(name="Day")
        empty()

    assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
    assert after == before


def test_secrets_stay_sealed_and_sessions_stay_out(
    transactional_db: None, valkey: ValkeyServer, tmp_path: Path
) -> None:
    fill()
    client = Client()
    client.force_login(User.objects.get())
    write_heartbeat(Kind.WEB)

    call_command("backup", str(tmp_path / "copy.zip"), verbosity=0)

    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        text = b"\n".join(archive.read(name) for name in archive.namelist()).decode()
    assert "helpdesk" in text
    assert SECRET not in text
    assert client.cookies["dashboard_session"].value not in text
    assert "web@" not in text


def test_nothing_is_replaced_unasked(transactional_db: None, valkey: ValkeyServer, tmp_path: Path) -> None:
    fill()
    copy = tmp_path / "copy.zip"
    call_command("backup", str(copy), verbosity=0)

    with pytest.raises(CommandError, match="exists"):
        call_command("backup", str(copy))
    with pytest.raises(CommandError, match="in use"):
        call_command("restore", str(copy))
    write_heartbeat(Kind.MIRROR)
    with pytest.raises(CommandError, match=r"running \(mirror\)"):
        call_command("restore", str(copy), "--force")
    Heartbeat.objects.update(seen_at=F("seen_at") - timedelta(minutes=1))
    call_command("restore", str(copy), "--force", verbosity=0)


def alter(path: Path, name: str, change: Any) -> Path:
    """Return a copy of an archive with one file altered."""
    altered = path.with_name("altered.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(altered, "w") as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return altered


def of_another_version(manifest: bytes) -> bytes:
    """Return the manifest of a version with one more migration."""
    content = json.loads(manifest)
    return json.dumps(content | {"migrations": [*content["migrations"], "dashboard.9999_future"]}).encode()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("manifest.json", of_another_version, "another version"),
        ("manifest.json", lambda text: b"{", "cannot be brought back"),
        ("dashboard.pollrun.jsonl", lambda text: b"\n".join(text.split(b"\n")[:1000]), "damaged"),
        ("auth.user.jsonl", lambda text: b"[1, 2]\n", "cannot be brought back"),
    ],
)
def test_a_bad_archive_changes_nothing(
    transactional_db: None, valkey: ValkeyServer, tmp_path: Path, name: str, change: Any, words: str
) -> None:
    fill()
    call_command("backup", str(tmp_path / "copy.zip"), verbosity=0)
    bad = alter(tmp_path / "copy.zip", name, change)
    before = everything()

    with pytest.raises(CommandError, match=words):
        call_command("restore", str(bad), "--force")

    assert everything() == before
    assert AuditEntry.objects.filter(at__gt=timezone.now() - timedelta(minutes=5)).exists()


def test_no_archive_at_all_is_named(transactional_db: None, valkey: ValkeyServer, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive", encoding="utf-8")

    for name in ("text.zip", "nothing.zip"):
        with pytest.raises(CommandError, match=f"{name} cannot be brought back"):
            call_command("restore", str(tmp_path / name))
