"""System checks say what is wrong with an installation."""

from pathlib import Path

from django.core.checks import run_checks
from pytest_django import Settings

EXAMPLE = """
[helpdesk]
vendor = "beyondtrust"
url = "https://support.example.com"
client_id = "{0}"
client_secret = "{0}"
"""


def said(settings: Settings, sources: Path) -> list[tuple[str | None, str]]:
    """Return what our checks say about a sources file."""
    settings.SOURCES_FILE = sources
    return [(message.id, message.msg) for message in run_checks() if str(message.id).startswith("dashboard.")]


def test_a_sound_installation_has_nothing_to_say(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(EXAMPLE.format("0123456789abcdef0123456789abcdef"), encoding="utf-8")

    assert said(settings, path) == []


def test_a_missing_sources_file_is_a_warning_with_the_mend(settings: Settings, tmp_path: Path) -> None:
    [(identity, message)] = said(settings, tmp_path / "sources.toml")

    assert identity == "dashboard.W001"
    assert "copy sources.example.toml" in message


def test_every_mistake_in_the_sources_file_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text('[helpdesk]\nvendor = "beyondtrust"\nclientid = "x"\n', encoding="utf-8")

    messages = said(settings, path)

    assert {identity for identity, _ in messages} == {"dashboard.W001"}
    assert any('unknown key "clientid"' in message for _, message in messages)


def test_a_short_key_is_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.SECRET_KEY = "short"

    assert ("dashboard.E001", "SECRET_KEY is shorter than 50 characters.") in said(settings, tmp_path)
