"""`manage.py doctor`: one table, and exit status 1 where something is not well."""

from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from realtime.heartbeat import Kind, write_heartbeat
from realtime.models import Link
from tests.services.valkey import ValkeyServer

SOURCES = '[helpdesk]\nvendor = "beyondtrust"\nurl = "https://help.example.com"\nclient_id = "a"\nclient_secret = "b"\n'


@pytest.fixture
def installation(db: None, valkey: ValkeyServer, settings: Settings, tmp_path: Path) -> Path:
    """A source whose mirror and pages run; returns its sources.toml."""
    settings.SOURCES_FILE = tmp_path / "sources.toml"
    settings.SOURCES_FILE.write_text(SOURCES, encoding="utf-8")
    settings.SOURCES_FILE.chmod(0o640)
    for kind in (Kind.WEB, Kind.MIRROR):
        write_heartbeat(kind)
    return tmp_path / "sources.toml"


def findings() -> dict[str, tuple[str, str]]:
    """Return result and detail of each finding but the settings': those of tests are no installation's."""
    out = StringIO()
    with suppress(CommandError):
        call_command("doctor", stdout=out)
    found = {}
    for line in out.getvalue().splitlines()[1:]:
        head, result, detail = next(
            (line.split(f"  {word}  ", 1)[0], word, line.split(f"  {word}  ", 1)[1].strip())
            for word in ("ok    ", "failed")
            if f"  {word}  " in line
        )
        name = " ".join(head.split())
        if not name.startswith("settings security"):
            found[name] = (result.strip(), detail)
    return found


def test_a_sound_installation_is_well(installation: Path) -> None:
    found = findings()

    assert {name for name, (result, _) in found.items() if result != "ok"} <= {"static files collected"}
    assert found["redis connection"][1].startswith("version ")
    assert found["database migrations"] == ("ok", "all applied")
    assert found["database mirror process"] == ("ok", "runs")
    assert "mode 0640" in found["secrets sources.toml"][1]


def test_what_is_ill_is_named_with_its_mend(
    installation: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installation.chmod(0o644)
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"
    settings.STATIC_ROOT = tmp_path / "nothing"
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "missing"))
    Link.objects.create(source="helpdesk", state="refused", error="helpdesk: the secret is wrong.")
    installation.write_text(SOURCES + '[see]\nvendor = "seeit"\naccess_token = "b"\n', encoding="utf-8")

    found = findings()

    ill = {name: detail for name, (result, detail) in found.items() if result == "failed"}
    assert set(ill) == {
        "secrets sources.toml",
        "secrets SECRET_KEY_FILE",
        "database helpdesk",
        "database beat process",
        "redis connection",
        "static files collected",
    }
    assert "chmod o=" in ill["secrets sources.toml"]
    assert "collectstatic" in ill["static files collected"]
    assert "celery -A dashboard.celery beat" in ill["database beat process"]


def test_the_exit_status_says_it_too(installation: Path, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/valkey.sock"

    with pytest.raises(CommandError, match="not well"):
        call_command("doctor", stdout=StringIO())


def test_a_source_that_is_no_longer_configured_is_named_with_the_command_that_ends_it(installation: Path) -> None:
    for source in ("helpdesk", "old"):
        Link.objects.create(source=source, state="live")

    found = findings()

    assert found["database helpdesk"] == ("ok", "live")
    assert found["database old"][0] == "failed"
    assert "manage.py forget old" in found["database old"][1]
